import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.annotation import Annotation, Outcome, Request, Source, answer
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.strategies.principles import Limits, Principle, breaches, kept

SCHEMA = Choice(["good", "bad"])
RECORD = text_record("r", "The soup was cold and the waiter shouted at us.")
GOOD = 'The guest was shouted at and the soup "was cold".'


def said(
    rationale: str | None = GOOD,
    value: str = "bad",
    source: Source | None = Source.CALIBRATED,
    record: Record = RECORD,
) -> Annotation:
    request = Request(Task("t", "?", SCHEMA), record, "m")
    return answer(
        request,
        Outcome.ANSWERED,
        value=value,
        rationale=rationale,
        confidence=None if source is None else 0.9,
        confidence_source=source,
    )


def test_a_contribution_that_keeps_all_principles_breaks_none() -> None:
    assert breaches(said(), RECORD, SCHEMA) == ()


@pytest.mark.parametrize(
    ("annotation", "principle", "says"),
    [
        (said(source=None), Principle.SINCERITY, "no confidence"),
        (said(source=Source.STATED), Principle.SINCERITY, "not calibrated"),
        (said(rationale=None), Principle.SINCERITY, "no rationale"),
        (said('The waiter said "go home" to us.'), Principle.SINCERITY, "'go home'"),
        (said(value="ugly"), Principle.RELATION, "not a label"),
        (said("It sounds very negative overall."), Principle.RELATION, "nothing of the record"),
        (said("soup " * 41), Principle.MANNER, "41 words"),
        (said("Cold soup."), Principle.QUANTITY, "2 words"),
        (said("Cold soup. " * 61), Principle.QUANTITY, "122 words"),
    ],
)
def test_each_principle_is_checked(annotation: Annotation, principle: Principle, says: str) -> None:
    (found,) = breaches(annotation, RECORD, SCHEMA)
    assert found.principle is principle
    assert says in found.why


def test_too_many_suggestions_are_more_than_enough() -> None:
    (found,) = breaches(said(), RECORD, SCHEMA, suggestions=["a", "b", "c", "d"])
    assert str(found) == "quantity: 4 suggestions; 3 are the most"


def test_an_unanswered_request_breaks_manner() -> None:
    request = Request(Task("t", "?", SCHEMA), RECORD, "m")
    (found,) = breaches(answer(request, Outcome.UNPARSED), RECORD, SCHEMA)
    assert found.principle is Principle.MANNER


def test_scripts_without_spaces_relate_by_signs() -> None:
    record = text_record("r", "汤是冷的，服务员对我们大喊大叫。")
    fine = breaches(said("服务员 对客人 大喊大叫 所以差", record=record), record, SCHEMA)
    assert fine == ()
    off = breaches(said("这 很 不好 哦", record=record), record, SCHEMA)
    assert [b.principle for b in off] == [Principle.RELATION]


def test_limits_can_be_loosened() -> None:
    loose = Limits(rationale=False, confidence=frozenset({Source.STATED}))
    assert breaches(said(None, source=Source.STATED), RECORD, SCHEMA, loose) == ()


def test_shares_kept_count_contributions_not_breaches() -> None:
    each = [breaches(a, RECORD, SCHEMA) for a in (said(), said(None, source=None), said("Cold."))]
    found = kept(each)
    assert (found[Principle.SINCERITY].hits, found[Principle.SINCERITY].n) == (2, 3)
    assert found[Principle.MANNER].hits == 3
    assert kept([])[Principle.MANNER].value is None


@given(st.text(max_size=200), st.text(max_size=100))
def test_any_text_can_be_checked(rationale: str, text: str) -> None:
    record = text_record("r", text)
    breaches(said(rationale, record=record), record, SCHEMA)
