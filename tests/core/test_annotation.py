"""Answers and decisions: what they must hold, and which revision counts."""

from dataclasses import replace

import pytest

from assay.core.annotation import (
    DEFAULT_OPTIONS,
    WORDS,
    Annotation,
    DecidedBy,
    Decision,
    Outcome,
    Request,
    RequestOptions,
    Source,
    answer,
    latest,
)
from assay.core.cost import NO_USAGE
from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task

TASK = Task("t", "?", Choice(["a", "b"]))
REQUEST = Request(TASK, text_record("r", "x"), "m")


def said(value: str | None = "a", **fields: object) -> Annotation:
    outcome = Outcome.UNPARSED if value is None else Outcome.ANSWERED
    return answer(REQUEST, outcome, value=value, **fields)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_value_exists_if_and_only_if_answered(outcome: Outcome) -> None:
    value, other = ("a", None) if outcome is Outcome.ANSWERED else (None, "a")
    assert answer(REQUEST, outcome, value=value).answered is (outcome is Outcome.ANSWERED)
    with pytest.raises(InputError, match=f"record 'r': outcome {outcome} with value {other!r}"):
        answer(REQUEST, outcome, value=other)


def test_only_what_failed_is_asked_again() -> None:
    assert [o for o in Outcome if not o.final] == [Outcome.FAILED]


def test_a_confidence_needs_its_source() -> None:
    with pytest.raises(InputError, match="record 'r': a confidence needs its source"):
        said(confidence=0.0)
    assert said(confidence=0.0, confidence_source=Source.STATED).confidence == 0.0
    assert said(confidence_source=Source.STATED).confidence is None


def test_every_source_has_words() -> None:
    assert {source.words for source in Source} == set(WORDS.values())
    assert len(WORDS) == len(Source)


def test_an_answer_carries_how_it_was_asked() -> None:
    example = Example(text_record("e", "y"), "b")
    options = RequestOptions(("a",), (example,), 2, "a hint", ("k1", "k2"))
    request = replace(REQUEST, options=options)
    made = answer(request, Outcome.ANSWERED, value="a", raw="A")
    assert (made.key, made.task, made.record, made.annotator) == (request.key, TASK.id, "r", "m")
    assert (made.focus, made.examples, made.replica, made.saw) == (("a",), ("e",), 2, ("k1", "k2"))
    assert (made.raw, made.by, made.revision, made.cost_nanos) == ("A", None, 0, 0)
    assert (made.seconds, made.at, made.usage, made.run) == (0.0, 0.0, NO_USAGE, "")
    plain = said()
    assert (plain.focus, plain.examples, plain.replica, plain.saw) == ((), (), 0, ())


def test_an_answer_depends_on_what_it_saw_and_was_made_from() -> None:
    made = said(made_from=("k2",))
    assert made.origins == {REQUEST.key, "k2"}
    assert replace(made, saw=("k1",)).origins == {REQUEST.key, "k1", "k2"}


def test_a_stamp_is_set_once_and_a_second_makes_a_copy() -> None:
    made = said()
    assert made.stamped("one", 5.0) is made
    assert (made.run, made.at) == ("one", 5.0)
    again = made.stamped("two", 6.0)
    assert (again.run, again.at, made.run, made.at) == ("two", 6.0, "one", 5.0)


def test_the_last_revision_of_each_person_counts_in_the_order_of_first_appearance() -> None:
    first, other = said(by="ann"), said("b", by="bob")
    second, old = replace(first, value="b", revision=1), replace(first, revision=0, raw="old")
    assert latest([first, other, second]) == [second, other]
    assert latest([second, first]) == [second]
    assert latest([first, old]) == [old]  # of equal revisions the later one
    assert latest([first, replace(first, key="k2")]) == [first, replace(first, key="k2")]
    assert latest([]) == []


def test_a_plain_way_has_no_digest_and_every_other_has_its_own() -> None:
    assert DEFAULT_OPTIONS.digest == RequestOptions().digest == ""
    request_options = [
        RequestOptions(("a",)),
        RequestOptions(replica=1),
        RequestOptions(hint="h"),
        RequestOptions(saw=("k",)),
        RequestOptions(("a", "b")),
    ]
    assert len({w.digest for w in request_options}) == len(request_options)
    assert all(len(w.digest) == 32 for w in request_options)


def test_the_key_of_a_request_is_what_ledgers_know_it_by() -> None:
    """A change of it asks, and pays for, everything anew."""
    assert REQUEST.key == "695b006f87e3e1a29bf0dd3783c3de22"
    assert (
        replace(REQUEST, options=RequestOptions(("a",), (), 1, "h", ("k",))).key
        == "dd972748a415f005c1ce0bb8ee6e73cf"
    )
    example = Example(text_record("e", "y"), "b", "because")
    assert example.digest == "242b317a2eb53a22863bfb8834ef09dd"


def test_the_key_is_worked_out_once() -> None:
    request = replace(REQUEST)
    assert request.key is request.key


def test_lengths_keep_names_apart_in_the_key() -> None:
    one, other = Request(TASK, REQUEST.record, "mx"), Request(TASK, REQUEST.record, "m")
    assert one.key != other.key
    assert Request(TASK, text_record("x r", "x"), "m").key != REQUEST.key


def test_a_decided_value_says_who_decided() -> None:
    for value, who in (("a", None), (None, DecidedBy.MODEL)):
        with pytest.raises(InputError, match="record 'r': a decided value needs `decided_by`"):
            Decision("r", value, decided_by=who)


def test_a_decision_in_json() -> None:
    made = Decision("r", frozenset("ba"), 0.5, Source.RANK, DecidedBy.BOTH, ("x", "y"), {"a": 1.0})
    assert made.as_json() == {
        "record": "r",
        "value": {"set": ["a", "b"]},
        "confidence": 0.5,
        "confidence_source": "rank",
        "decided_by": "both",
        "route": ["x", "y"],
        "waiting_for": None,
    }
    assert Decision("r", None, waiting_for="crowd").as_json()["value"] is None


def test_a_decision_and_an_answer_show_themselves() -> None:
    made = Decision("r", "a", decided_by=DecidedBy.MODEL, route=("x", "y"))
    assert repr(made) == "Decision(record='r', value='a', decided_by='model', route='x > y')"
    assert repr(Decision("r", None)) == "Decision(record='r')"
    shown = said(by="ann", confidence=0.5, confidence_source=Source.STATED)
    assert repr(shown) == (
        "Annotation(record='r', annotator='m', outcome='answered', value='a', confidence=0.5, "
        "by='ann')"
    )
