"""What is told while a run goes on."""

import io

import pytest
from rich.console import Console

from assay.annotators.people import Panel
from assay.annotators.recorded import Recorded
from assay.core.annotation import Annotation, Outcome, Request, answer
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.run import Progress, plain
from assay.run.ask import Askable
from assay.run.each import answers_each
from assay.run.live import drawn, shown
from assay.run.pace import Pace
from assay.run.progress import KINDS, SOON, span
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain
from assay.strategies.prior import PriorCorrected
from assay.strategies.single import Single
from assay.strategies.vote import Vote

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


def ids(first: int, last: int) -> list[str]:
    return [f"r{i}" for i in range(first, last)]


def given(record: str, who: str = "m") -> Annotation:
    return answer(Request(TASK, text_record(record, record), who), Outcome.ANSWERED, value="a")


def under_way(total: int, each: int | None) -> tuple[Clock, Progress]:
    """Two blocks of a hundred have begun, none has ended."""
    clock = Clock()
    progress = Progress(total, clock=clock)
    progress.pace = Pace(each)
    progress.pace.begin(ids(0, 100))
    progress.pace.begin(ids(100, 200))
    return clock, progress


def test_records_of_blocks_under_way_count_as_soon_as_they_have_their_answers() -> None:
    clock, progress = under_way(200, 2)
    for name in ids(0, 30):
        progress.answered("m", given(name, "m"))
    assert (progress.finished, progress.records) == (0, 0)
    for name in ids(20, 50):
        progress.answered("n", given(name, "n"))
    assert progress.finished == 10
    clock.now = 10.0
    assert progress.rate == 6.0
    assert progress.left == pytest.approx((400 - 60) / 6.0)
    progress.block([], ids(0, 100))
    assert (progress.finished, progress.records) == (100, 100)


def test_the_time_left_is_right_before_a_block_has_ended_and_at_its_end() -> None:
    clock, progress = under_way(200, 1)
    for i, name in enumerate(f"r{i % 2 * 100 + i // 2}" for i in range(200)):
        clock.now = (i + 1) / 4  # four answers a second, to the blocks in turn
        progress.answered("m", given(name))
        if progress.left is not None:
            assert progress.left == pytest.approx((200 - i - 1) / 4)
    progress.block([], ids(0, 100))
    progress.block([], ids(100, 200))
    assert (progress.left, progress.finished) == (0.0, 200)


def test_a_figure_waits_until_it_means_something() -> None:
    clock, progress = under_way(200, 1)
    for count_, seconds, known in ((9, 8.0, False), (1, 8.0, True)):
        for _ in range(count_):
            progress.answered("m", given(f"r{progress.asked}"))
        clock.now = seconds
        assert (progress.left is not None) == known
    clock.now = SOON - 0.1
    assert progress.left is None
    assert not [part for part in progress.parts("EUR") if "left" in part]


def test_where_answers_a_record_are_not_known_those_of_finished_blocks_tell() -> None:
    clock, progress = under_way(1_000, None)
    for who, asked in (("m", ids(0, 160)), ("n", ids(0, 50))):  # half of the first block asks on
        for name in asked:
            progress.answered(who, given(name, who))
    clock.now = 21.0  # ten answers a second
    assert progress.left is None, "a chain may ask on"
    progress.block([], ids(0, 100))
    assert progress.left == pytest.approx((1.5 * 900 - 60) / 10)
    assert progress.finished == 100


def test_what_is_replayed_is_done_and_takes_no_time() -> None:
    clock, progress = under_way(200, 1)
    clock.now = 4.0
    progress.replayed("m", [given(name) for name in ids(0, 100)])
    assert (progress.finished, progress.rate) == (100, 0.0)
    for name in ids(100, 150):
        progress.answered("m", given(name))
    clock.now = 14.0
    assert progress.left == pytest.approx(50 / (50 / 10))


def test_answers_that_are_asked_for_again_and_again_count_once() -> None:
    clock, progress = under_way(200, 1)
    fit = [given(name) for name in [*ids(0, 20), "elsewhere"]]
    for one in fit:
        progress.answered("m", one)
    for _ in range(5):
        progress.replayed("m", fit)
    clock.now = 10.0
    assert progress.finished == 20
    assert progress.left == pytest.approx(180 / 2.1)
    progress.block([], ids(0, 100))
    progress.replayed("m", fit)
    assert progress.finished == 100


def test_they_count_once_too_where_answers_a_record_are_learnt() -> None:
    pace = Pace()
    pace.begin(ids(0, 10))
    for _ in range(5):
        pace.came([given(name) for name in [*ids(0, 10), "elsewhere"]])
    pace.end(ids(0, 10))
    assert pace.open(100) == 90


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (89, "89 s"), (90, "1.5 min"), (1_200, "20 min"), (6_000, "1.7 h"),
     (90_000, "25 h")],
)  # fmt: skip
def test_a_span_is_told_in_the_unit_that_fits(seconds: float, told: str) -> None:
    assert span(seconds) == told


RAW = Recorded("m", {})


@pytest.mark.parametrize(
    ("strategy", "each"),
    [
        (Single("m"), 1),
        (Single("prior"), 1),
        (Vote(("m", "n")), 2),
        (Vote(("m", "prior"), replicas=3), 6),
        (Vote(("m", "n"), referee="people"), None),
        (Vote(("m", "team")), None),
        (Single("people"), None),
        (Chain(("m", "n")), None),
    ],
)
def test_how_many_answers_a_record_takes(strategy: Strategy, each: int | None) -> None:
    who: dict[str, Askable] = {
        "m": RAW,
        "n": Recorded("n", {}),
        "prior": PriorCorrected("m", tuple(text_record(i, i) for i in "ab")),
        "team": Vote(("m", "n")),
        "people": Panel("people"),
    }
    assert answers_each(strategy, who) == each


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
