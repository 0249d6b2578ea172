"""What is told while a run goes on."""

import io

import pytest
from rich.console import Console

from assay.annotators.people import Panel
from assay.annotators.recorded import Recorded
from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Request, answer
from assay.core.cost import NANOS
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.run import Progress, plain
from assay.run.ask import Askable
from assay.run.each import answers_each
from assay.run.eta import Eta
from assay.run.live import drawn, shown
from assay.run.progress import KINDS, Tally, span
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
    progress.eta = Eta(each)
    progress.eta.begin(ids(0, 100))
    progress.eta.begin(ids(100, 200))
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
    clock.now = 4.9
    assert progress.left is None
    assert not [part for part in progress.parts("EUR") if "left" in part]
    clock.now = 5.0
    assert progress.left is not None


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
    eta = Eta()
    eta.begin(ids(0, 10))
    for _ in range(5):
        eta.came([given(name) for name in [*ids(0, 10), "elsewhere"]])
    eta.end(ids(0, 10))
    assert eta.open(100) == 90


@pytest.mark.parametrize(
    ("seconds", "described"),
    [(0.4, "0 s"), (89, "89 s"), (90, "1.5 min"), (1_200, "20 min"), (6_000, "1.7 h"),
     (90_000, "25 h")],
)  # fmt: skip
def test_a_span_is_told_in_the_unit_that_fits(seconds: float, described: str) -> None:
    assert span(seconds) == described


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


def test_whatever_changes_is_shown() -> None:
    seen: list[tuple[bool, str | None, int, int]] = []
    progress = Progress(4, lambda p: seen.append((p.behind, p.paused, p.asked, p.records)))
    count(progress)
    progress.wait(True)
    progress.wait(False)
    progress.trouble("paused: busy")
    progress.trouble(None)
    progress.block([Decision("r", "a", decided_by=DecidedBy.MODEL)], ["r"])
    assert seen == [
        (False, None, 1, 0), (True, None, 1, 0), (False, "paused: busy", 1, 0),
        (False, None, 1, 0), (False, None, 1, 1),
    ]  # fmt: skip
    assert not progress.behind


def test_decided_and_waiting_are_counted_apart() -> None:
    progress = Progress()
    made = [
        Decision("a", "x", decided_by=DecidedBy.MODEL),
        Decision("b", None, waiting_for="panel"),
        Decision("c", None),
    ]
    progress.block(made, ["a", "b", "c", "d"])
    assert (progress.decided, progress.waiting, progress.records) == (1, 1, 4)


def test_a_pause_and_a_wait_stand_alone() -> None:
    progress = one()
    progress.behind = True
    assert progress.parts("EUR") == ["waiting for another run over these records"]
    progress.paused = "paused: busy"
    assert progress.parts("EUR") == ["paused: busy"]


def test_what_is_told_of_a_run_under_way() -> None:
    clock, progress = under_way(2_000, 1)
    assert progress.parts("EUR") == ["0 of 2,000 records", "0 answers", "0/s"]
    for i, name in enumerate(ids(0, 100)):
        request = Request(TASK, text_record(name, name), "m")
        outcome = Outcome.ANSWERED if i % 4 else Outcome.ABSTAINED
        value = "a" if i % 4 else None
        progress.answered("m", answer(request, outcome, value=value, cost_nanos=NANOS))
    progress.replayed("n", [given("r0", "n")])
    clock.now = 10.0
    assert progress.parts("EUR") == [
        "100 of 2,000 records", "100 answers", "10/s", "75% answered", "100.00 EUR",
        "about 3.2 min left",
    ]  # fmt: skip
    assert Progress(None, clock=clock).parts("EUR")[0] == "0 records"
    assert (progress.seconds, progress.cost) == (10.0, 100 * NANOS)


def test_more_records_than_were_expected_are_all_that_were_expected() -> None:
    progress = Progress(3)
    progress.block([], ids(0, 5))
    assert (progress.finished, progress.records) == (3, 5)
    assert Progress(None).left is None


def test_that_a_run_pauses_and_goes_on_is_said_at_once_on_plain_lines() -> None:
    clock, out = Clock(), io.StringIO()
    progress = Progress(4, plain("EUR", out, clock), clock)
    progress.trouble("paused: busy")
    progress.trouble("paused: busy")
    clock.now = 4.9
    progress.trouble("paused: busy")
    progress.trouble(None)
    progress.trouble(None)
    lines = out.getvalue().splitlines()
    assert lines == ["paused: busy", "0 of 4 records, 0 answers, 0/s"]
    clock.now = 9.9
    progress.trouble(None)
    assert len(out.getvalue().splitlines()) == 3


def test_a_tally_in_json() -> None:
    made = Tally(replayed=2, outdated=1)
    for i in range(12):
        request = Request(TASK, text_record("r", "x"), "m")
        made.count(answer(request, Outcome.FAILED, error=f"e{i}", cost_nanos=NANOS // 8))
    made.count(given("r"))
    said = made.as_json()
    assert said["outcomes"] == {
        "answered": 1, "abstained": 0, "refused": 0, "unparsed": 0, "failed": 12
    }  # fmt: skip
    assert said["errors"] == {f"e{i}": 1 for i in range(10)}
    assert (said["answer_rate"], said["cost"], said["retries"]) == (1.0, 1.5, 0)
    assert (said["replayed"], said["outdated"]) == (2, 1)


@pytest.mark.parametrize(
    ("seconds", "described"),
    [(599, "10.0 min"), (600, "10 min"), (5_399, "90 min"), (5_400, "1.5 h"), (36_000, "10 h"),
     (36_000_000, "10,000 h")],
)  # fmt: skip
def test_a_tenth_is_told_below_ten(seconds: float, described: str) -> None:
    assert span(seconds) == described


def test_a_pace_is_that_of_the_answers_that_records_need() -> None:
    eta = Eta(2)
    assert eta.open(10) == 20.0
    eta.begin(["a", "b"])
    eta.came([given("a"), given("a"), given("a"), given("b"), given("elsewhere")])
    assert (eta.early, eta.open(10)) == (1, 17.0)
    eta.end(["a"])
    assert (eta.early, eta.ended, eta.open(10)) == (0, 1, 17.0)
    eta.end(["b"])
    assert (eta.early, eta.ended, eta.open(10)) == (0, 2, 16.0)
    assert eta.open(1) == 0.0
    learnt = Eta()
    assert learnt.open(10) is None
    learnt.begin(["a", "b", "c"])
    learnt.came([given("a", "m"), given("a", "n"), given("b", "m"), given("b", "m")])
    assert (learnt.early, learnt.open(10)) == (0, None)
    learnt.end(["a"])
    assert learnt.open(10) == 2.0 * 9 - 1
    learnt.end(["b", "c"])
    assert learnt.open(10) == 7.0
