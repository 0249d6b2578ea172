"""What a reader recognised or left out of a file, said once to whoever runs the command."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Told:
    """The listener, and the lines it has heard."""

    say: Callable[[str], None]
    lines: set[str] = field(default_factory=set)


_current: ContextVar[Told | None] = ContextVar("told", default=None)


@contextmanager
def telling(say: Callable[[str], None]) -> Iterator[None]:
    """A block whose notes go to `say`, each once."""
    before = _current.set(Told(say))
    try:
        yield
    finally:
        _current.reset(before)


def tell(line: str) -> None:
    """Say a line once in a command; in Python, where nobody listens, it is logged as
    a warning."""
    told = _current.get()
    if told is None:
        logging.getLogger("assay").warning(line)
    elif line not in told.lines:
        told.lines.add(line)
        told.say(line)
