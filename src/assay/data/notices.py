"""What a reader recognised or left out of a file, said once to whoever runs the command."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Notices:
    """The listener, and the lines it has received."""

    say: Callable[[str], None]
    lines: set[str] = field(default_factory=set)


_current: ContextVar[Notices | None] = ContextVar("notices", default=None)


@contextmanager
def notices_shown(say: Callable[[str], None]) -> Iterator[None]:
    """A block whose notes go to `say`, each once."""
    before = _current.set(Notices(say))
    try:
        yield
    finally:
        _current.reset(before)


def notify(line: str) -> None:
    """Say a line once in a command; in Python, where nobody listens, it is logged as
    a warning."""
    notices = _current.get()
    if notices is None:
        logging.getLogger("assay").warning(line)
    elif line not in notices.lines:
        notices.lines.add(line)
        notices.say(line)
