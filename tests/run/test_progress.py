"""What is told while a run goes on."""

import io

from rich.console import Console

from assay.core.annotation import Decision, Outcome, Request, answer
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.run import Progress, plain
from assay.run.live import drawn, shown
from assay.run.progress import KINDS

TASK = Task("t", "which?", Choice(["a", "b"]))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def one(error: str | None = None) -> Progress:
    progress = Progress(total=4, clock=Clock())
    count(progress, error)
    return progress


def count(progress: Progress, error: str | None = None) -> None:
    request = Request(TASK, text_record("r", "x"), "m")
    if error is None:
        progress.answered("m", answer(request, Outcome.ANSWERED, value="a"))
    else:
        progress.answered("m", answer(request, Outcome.FAILED, error=error))


def test_plain_lines_come_every_few_seconds_only() -> None:
    clock, out = Clock(), io.StringIO()
    progress = Progress(4, plain("EUR", out, clock), clock)
    for second in range(12):
        clock.now = float(second)
        count(progress)
    assert out.getvalue().count("\n") == 2


def test_the_time_left_follows_the_records_done() -> None:
    clock = Clock()
    progress = Progress(40, clock=clock)
    assert progress.left is None
    clock.now = 5.0
    progress.block([Decision("r", None)], 10)
    assert progress.left == 15.0


def test_failures_do_not_count_into_the_answer_rate() -> None:
    progress = one("timeout")
    assert progress.tallies["m"].answer_rate is None
    count(progress)
    assert progress.tallies["m"].answer_rate == 1.0


def test_endlessly_different_errors_do_not_fill_the_memory() -> None:
    progress = Progress()
    for i in range(2 * KINDS):
        count(progress, f"error {i}")
    errors = progress.tallies["m"].errors
    assert len(errors) == KINDS + 1
    assert errors.total() == 2 * KINDS


def test_a_terminal_sees_a_bar_with_rate_and_answers() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    console.print(drawn(one(), "EUR"))
    assert isinstance(console.file, io.StringIO)
    assert "0 of 4 records · 1 answers" in console.file.getvalue()


def test_without_a_terminal_nothing_is_redrawn() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    with shown("EUR", console) as show:
        show(one())
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""


def test_a_live_picture_is_drawn_on_a_terminal() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with shown("EUR", console) as show:
        show(one())
    assert isinstance(console.file, io.StringIO)
    assert "4 records" in console.file.getvalue()
