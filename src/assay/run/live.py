"""Progress on a terminal; separate, because a run without one does not need rich."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from assay.core.printable import safe
from assay.core.redact import hide
from assay.run.progress import Progress, Show, plain

EVERY = 0.1  # seconds between two pictures


@contextmanager
def shown(currency: str, console: Console | None = None) -> Iterator[Show]:
    """A `show` for `Progress`: live on a terminal, plain lines elsewhere."""
    stream = sys.stderr if console is None else console.file
    # it draws by what a terminal obeys, on the stream below the one that lets nothing such through
    console = console or Console(file=getattr(stream, "unfiltered", stream))
    if not console.is_terminal:
        yield plain(currency, stream)
        return
    with Live(console=console, auto_refresh=False, transient=True) as picture:
        yield _live(picture, currency)


def _live(picture: Live, currency: str, clock: Callable[[], float] = time.monotonic) -> Show:
    last = 0.0

    def show(progress: Progress) -> None:
        nonlocal last
        if clock() - last >= EVERY:
            last = clock()
            picture.update(drawn(progress, currency), refresh=True)

    return show


def drawn(progress: Progress, currency: str) -> Table:
    row = Table.grid(padding=(0, 1))
    line = Text(safe(hide(" · ".join(progress.parts(currency)))))
    if progress.total:
        row.add_row(ProgressBar(progress.total, progress.finished, width=24), line)
    else:
        row.add_row(line)
    return row
