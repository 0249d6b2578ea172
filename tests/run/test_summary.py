"""What a run says of itself at its end."""

from dataclasses import replace

import pytest

from assay.core.annotation import DecidedBy, Decision, Outcome, Request, answer
from assay.core.cost import NANOS, Usage
from assay.core.cut import cut_at
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.run.progress import OTHER, Progress, Tally, span
from assay.run.stop import Reason, Stop
from assay.run.summary import GO_ON, Summary

REQUEST = Request(Task("t", "?", Choice(["a"])), text_record("r", "x"), "m")


def tally(
    *outcomes: Outcome, error: str | None = "down", attempts: int = 1, tokens: int = 9
) -> Tally:
    made = Tally()
    for outcome in outcomes:
        value = "a" if outcome is Outcome.ANSWERED else None
        failed = error if outcome is Outcome.FAILED else None
        usage = Usage(tokens, attempts=attempts)
        made.count(
            answer(REQUEST, outcome, value=value, error=failed, usage=usage, cost_nanos=NANOS)
        )
    return made


A, F, U = Outcome.ANSWERED, Outcome.FAILED, Outcome.UNPARSED


def summary(
    reason: Reason | None = None,
    message: str = "",
    decided: int = 3,
    tallies: dict[str, Tally] | None = None,
) -> Summary:
    return Summary(
        "run1",
        1_200,
        decided,
        2,
        tallies or {},
        NANOS // 2,
        3 * NANOS,
        61.25,
        reason,
        message,
        "EUR",
    )


def test_an_answer_rate_is_of_all_but_the_failed() -> None:
    assert tally(A, A, U, F).answer_rate == pytest.approx(2 / 3)
    assert tally(F).answer_rate is None
    assert Tally().answer_rate is None


def test_retries_are_the_attempts_beyond_the_first() -> None:
    assert tally(A, A, attempts=3).retries == 4
    assert tally(A, attempts=0).retries == 0
    assert tally(A, U).cost == 2 * NANOS


def test_reasons_of_failure_are_counted_up_to_a_number_of_kinds() -> None:
    made = tally(F, F, error="down")
    made.count(answer(REQUEST, F))
    assert made.errors == {"down": 2, "no reason given": 1}
    for i in range(200):
        made.count(answer(REQUEST, F, error=f"at {i}"))
    assert len(made.errors) == 201
    assert made.errors[OTHER] == 2
    made.count(answer(REQUEST, F, error="down"))
    assert made.errors["down"] == 3


@pytest.mark.parametrize(
    ("reason", "decided", "failed", "code"),
    [
        (None, 3, False, 0),
        (None, 3, True, 0),
        (None, 0, True, 3),
        (None, 0, False, 0),
        (Reason.BUDGET, 3, False, 3),
        (Reason.TIME, 3, False, 3),
        (Reason.MODEL, 3, False, 3),
        (Reason.INTERRUPTED, 3, False, 130),
    ],
)
def test_the_exit_code_says_how_it_ended(
    reason: Reason | None, decided: int, failed: bool, code: int
) -> None:
    made = summary(reason, decided=decided, tallies={"m": tally(F) if failed else tally(A)})
    assert made.exit_code == code


def test_the_lines_say_what_was_done_what_it_cost_and_what_to_do() -> None:
    replayed = tally(A, A, U, F)
    replayed.replayed, replayed.outdated = 2, 1
    described = summary(
        Reason.BUDGET, "of the budget", tallies={"m": replayed, "n": tally(F, error="slow")}
    ).lines()
    assert described[0] == "1,200 records: 3 decided, 2 waiting for people, 1,195 unresolved"
    assert described[1].startswith(
        "m: 2 answered (66.7% of requests), 1 unparsed, 1 failed; 2 from cache; 1 of these differ"
    )
    assert described[2] == "n: 0 answered, 1 failed"
    assert described[3] == "cost 0.500 EUR in this run, 3.00 EUR in total; 61.2 s"
    assert described[4] == "failed, to be retried in the next run: down (1); slow (1)"
    assert described[5:] == [
        "stopped: the budget is exhausted: of the budget",
        GO_ON,
    ]
    assert "USD" in summary().lines("USD")[1]


def test_a_run_that_went_well_says_no_more_than_it_did() -> None:
    one = tally(A, attempts=2)
    described = Summary("r", 1, 1, 0, {"m": one}, 0, 0, 1.0).lines()
    assert described == [
        "1 record: 1 decided, 0 waiting for people, 0 unresolved",
        "m: 1 answered (100.0% of requests)",
        "cost 0.00 USD in this run, 0.00 USD in total; 1.0 s; 1 retry",
    ]
    assert summary(Reason.TIME).lines()[-2] == "stopped: the time limit is reached"


def test_answers_without_a_count_of_tokens_are_pointed_out() -> None:
    made = tally(A, A, U, F, tokens=0)
    made.count(answer(REQUEST, A, value="a", usage=Usage(0, 0, 1, attempts=1), cost_nanos=1))
    made.count(answer(REQUEST, A, value="a", usage=Usage(attempts=1)))
    made.count(answer(REQUEST, A, value="a", cost_nanos=1))
    assert made.uncounted == made.as_json()["uncounted"] == 3
    line = summary(tallies={"m": made}).lines()[1]
    assert line.endswith("no token counts for 3, which are billed at the most they can have cost")


def test_the_most_frequent_reasons_of_failure_are_told() -> None:
    made = Tally()
    for i, count in enumerate([1, 4, 2, 3]):
        for _ in range(count):
            made.count(answer(REQUEST, F, error=f"e{i}"))
    line = next(x for x in summary(tallies={"m": made}).lines() if x.startswith("failed"))
    assert line.endswith("e1 (4); e3 (3); e2 (2)")


def test_the_cut_answers_are_counted_at_their_number_of_tokens() -> None:
    made = Tally()
    for tokens in (64, 64, 1024):
        made.count(answer(REQUEST, Outcome.UNPARSED, error=cut_at(tokens)))
    made.count(answer(REQUEST, Outcome.UNPARSED, error="no label"))
    lines = summary(tallies={"m": made}).lines()
    assert lines[-2:] == [
        "2 answers were cut at 64 tokens: raise `max_tokens`",
        "1 answer was cut at 1,024 tokens: raise `max_tokens`",
    ]
    assert made.as_json()["cut"] == 3


def test_a_summary_in_json_and_shown() -> None:
    made = summary(Reason.MODEL, "gone", tallies={"m": tally(A, F)})
    assert made.as_json() == {
        "run": "run1",
        "records": 1200,
        "decided": 3,
        "waiting": 2,
        "undecided": 1195,
        "annotators": {"m": made.tallies["m"].as_json()},
        "cost": 0.5,
        "spent": 3.0,
        "seconds": 61.25,
        "unpriced": [],
        "retries": 0,
        "reason": "model",
        "message": "gone",
    }
    assert made.tallies["m"].as_json() == {
        "outcomes": {"answered": 1, "abstained": 0, "refused": 0, "unparsed": 0, "failed": 1},
        "answer_rate": 1.0,
        "replayed": 0,
        "outdated": 0,
        "retries": 0,
        "uncounted": 0,
        "cost": 2.0,
        "cut": 0,
        "errors": {"down": 1},
    }
    assert summary().as_json()["reason"] is None
    assert "undecided=1195" in repr(made)
    assert "cost='0.500 EUR'" in repr(made)


def test_a_cost_without_prices_is_unknown() -> None:
    made = replace(summary(tallies={"m": tally(A)}), cost_nanos=0, spent_nanos=0)
    open_ = made.without_prices(["m", "never asked"])
    assert open_.unpriced == ("m",)
    assert (open_.cost, open_.spent) == (None, None)
    assert "cost unknown (no `prices` for m); " in "\n".join(open_.lines())
    described = open_.as_json()
    assert (described["cost"], described["spent"]) == (None, None)
    assert described["annotators"]["m"]["cost"] is None  # type: ignore[index]
    part = replace(open_, cost_nanos=10**9, spent_nanos=2 * 10**9).lines()
    assert any("1.00 EUR plus an unknown amount (no `prices` for m) in this run" in p for p in part)


def test_a_summary_is_taken_from_progress_and_stop() -> None:
    times = iter([10.0, 15.0])
    progress = Progress(5, clock=lambda: next(times))
    progress.eta.begin(["r", "s", "p"])
    progress.tally("m").cost = 7
    made = [
        Decision("r", "a", decided_by=DecidedBy.MODEL),
        Decision("s", None),
        Decision("p", None, waiting_for="crowd"),
    ]
    progress.block(made, ["r", "s", "p"])
    found = Summary.of("x", progress, 9, Stop(None, 1, lambda: 0.0), "CHF")
    assert (found.records, found.decided, found.waiting, found.undecided) == (3, 1, 1, 1)
    assert (found.cost_nanos, found.spent_nanos, found.seconds) == (7, 9, 5.0)
    assert (found.reason, found.message, found.currency) == (None, "", "CHF")


@pytest.mark.parametrize(
    ("seconds", "described"),
    [(0, "0 s"), (89.4, "89 s"), (90, "1.5 min"), (599, "10.0 min"), (600, "10 min"),
     (5399, "90 min"), (5400, "1.5 h"), (36_000, "10 h"), (3_600_000, "1,000 h")],
)  # fmt: skip
def test_a_span_of_time_is_told_in_its_unit(seconds: float, described: str) -> None:
    assert span(seconds) == described
