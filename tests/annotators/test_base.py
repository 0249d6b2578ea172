"""What all annotators share: ending what is held, and the line that says what went wrong."""

import pytest

from assay.annotators.base import Annotator, HoldsNothing, end, failed, reason
from assay.annotators.classifier import fit_ngrams
from assay.annotators.fitted import in_blocks
from assay.annotators.hub import Hub
from assay.annotators.llm import LLM
from assay.annotators.people import Panel
from assay.annotators.recorded import Recorded
from assay.annotators.rule import rule
from assay.annotators.scored import Scored
from assay.core.annotation import DecidedBy, Outcome, Request
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from tests.annotators.test_classifier import PAIRS, SCHEMA
from tests.annotators.test_hub_told import Told as Saying
from tests.annotators.test_llm import Told
from tests.annotators.test_picture import ZERO
from tests.annotators.test_scored import Counting
from tests.annotators.test_tagger import TAGGER

TASK = Task("t", "?", Choice(["a", "b"]))


class Closing:
    """Ended by `close`, at once."""

    def __init__(self, bad: Exception | None = None) -> None:
        self.ended = 0
        self.bad = bad

    def close(self) -> None:
        self.ended += 1
        if self.bad is not None:
            raise self.bad


class Awaited(Closing):
    """Ended by `aclose`, which goes before `close`."""

    async def aclose(self) -> None:
        self.close()
        self.ended += 10


async def test_each_is_ended_in_its_own_way_and_one_that_fails_hides_none() -> None:
    plain, awaited = Closing(), Awaited()
    await end(plain, awaited, object(), HoldsNothing())
    assert (plain.ended, awaited.ended) == (1, 11)
    first, second, last = Closing(ValueError("first")), Awaited(KeyError("second")), Closing()
    with pytest.raises(ValueError, match="first"):
        await end(first, second, last)
    assert (first.ended, second.ended, last.ended) == (1, 1, 1)
    await end()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (ValueError("no such\n  thing"), "ValueError: no such thing"),
        (KeyError(), "KeyError"),
        (ValueError("half \ud83d"), "ValueError: half \ufffd"),
        (ValueError("x" * 1_000), "ValueError: " + "x" * 288),
    ],
)
def test_what_went_wrong_is_one_short_line(bad: Exception, said: str) -> None:
    assert reason(bad) == said
    made = failed(Request(TASK, text_record("r", "x"), "m"), bad)
    assert (made.outcome, made.error) == (Outcome.FAILED, said)


def test_what_it_was_fitted_on_is_set_apart_block_by_block() -> None:
    asked = [Request(TASK, text_record(f"r{i}", f"{i}"), "m") for i in range(5)]
    known = {asked[1].record.digest, asked[4].record.digest}
    blocks = list(in_blocks(iter(asked), 2, known))
    assert [[r.record.id for r in fresh] for _, fresh in blocks] == [["r0"], ["r2", "r3"], []]
    assert [[a.record for a in silent] for silent, _ in blocks] == [["r1"], [], ["r4"]]
    assert list(in_blocks([], 2, known)) == []


async def test_people_are_waited_for_one_of_them_unless_more_are_wanted() -> None:
    panel = Panel("experts")
    assert (panel.id, panel.annotators_per_record, panel.decided_by) == (
        "experts",
        1,
        DecidedBy.PEOPLE,
    )
    asked = [Request(TASK, text_record("r", "x"), "experts")]
    assert [a async for a in panel.annotate(asked)] == []


MODELS: dict[str, Annotator] = {
    "llm": LLM(Told()),
    "scored": Scored(Counting()),
    "hub": Hub(Saying()),  # type: ignore[arg-type]
    "classifier": fit_ngrams(PAIRS, SCHEMA),
    "tagger": TAGGER,
    "rule": rule("vader"),
    "recorded": Recorded("old", {}),
    "picture": ZERO,
}


@pytest.mark.parametrize("who", MODELS.values(), ids=MODELS)
def test_models_say_that_they_are_and_who(who: Annotator) -> None:
    assert who.decided_by is DecidedBy.MODEL
    assert who.id
    assert isinstance(who.id, str)


def test_recorded_people_go_by_their_name() -> None:
    people = Recorded("ann", {}, DecidedBy.PEOPLE)
    assert (people.id, people.decided_by) == ("ann", DecidedBy.PEOPLE)
