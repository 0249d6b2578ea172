"""The columns of votes: who said what about which unit, and nothing for silence."""

import numpy as np

from assay.core.annotation import (
    DEFAULT_OPTIONS,
    Annotation,
    Outcome,
    Request,
    RequestOptions,
    answer,
)
from assay.core.record import text_record
from assay.core.schema import Choice, Form, MultiChoice, Scale, Schema
from assay.core.task import Task
from assay.core.value import Value
from assay.core.votes import Codes, Votes, votes_of, with_numbers_alike


def said(
    schema: Schema,
    record: str,
    who: str,
    value: Value | None,
    options: RequestOptions = DEFAULT_OPTIONS,
    **more: object,
) -> Annotation:
    request = Request(Task("t", "?", schema), text_record(record, record), who, options)
    outcome = Outcome.UNPARSED if value is None else Outcome.ANSWERED
    return answer(request, outcome, value=value, **more)


def rows(votes: Votes) -> list[tuple[str, str, str, str]]:
    columns = zip(votes.record, votes.unit, votes.annotator, votes.label, strict=True)
    return [
        (votes.records[r], votes.units[u], votes.annotators[a], votes.labels[x])
        for r, u, a, x in columns
    ]


CHOICE, TAGS = Choice(["a", "b"]), MultiChoice(["x", "y"])


def test_every_answer_is_a_row_and_silence_is_none() -> None:
    given = [
        said(CHOICE, "r1", "m", "a"),
        said(CHOICE, "r2", "m", None),
        said(CHOICE, "r1", "n", "b"),
        said(CHOICE, "r3", "n", "b"),
    ]
    votes = votes_of(CHOICE, given)
    assert rows(votes) == [("r1", "", "m", "a"), ("r1", "", "n", "b"), ("r3", "", "n", "b")]
    assert len(votes) == 3
    assert votes.records == ("r1", "r3")
    assert (votes.weight, votes.named) == (None, True)
    assert [c.dtype for c in (votes.record, votes.unit, votes.annotator, votes.label)] == [
        np.dtype(np.int32)
    ] * 4
    assert len(votes_of(CHOICE, [])) == 0


def test_a_person_of_a_panel_votes_under_their_own_name() -> None:
    given = [said(CHOICE, "r", "panel", "a", by=who) for who in ("ann", "bob")]
    assert votes_of(CHOICE, given).annotators == ("ann", "bob")


def test_what_was_not_asked_or_not_said_is_no_vote() -> None:
    tags = [
        said(TAGS, "r", "m", frozenset("x"), RequestOptions(focus=("x",))),
        said(TAGS, "r", "n", frozenset()),
    ]
    assert rows(votes_of(TAGS, tags)) == [
        ("r", "x", "m", "yes"),
        ("r", "x", "n", "no"),
        ("r", "y", "n", "no"),
    ]
    form = Form({"f": CHOICE, "g": CHOICE})
    parts = [said(form, "r", "m", {"f": "a"}), said(form, "r", "n", {"g": "b"})]
    assert rows(votes_of(form, parts)) == [("r", "f", "m", "a"), ("r", "g", "n", "b")]


def test_who_was_shown_another_answer_is_marked() -> None:
    alone = said(CHOICE, "r", "m", "a")
    shown = said(CHOICE, "r", "n", "a", RequestOptions(saw=("key",)))
    drawn = said(CHOICE, "r", "o", "a", made_from=(alone.key,))
    apart = said(CHOICE, "r", "p", "a", made_from=("of another record",))
    votes = votes_of(CHOICE, [alone, shown, drawn, apart])
    assert votes.saw is not None
    assert votes.saw.tolist() == [False, True, True, False]


def test_codes_number_names_in_order_of_first_use() -> None:
    codes = Codes()
    assert [codes[name] for name in ("b", "a", "b", "c")] == [0, 1, 0, 2]
    assert tuple(codes) == ("b", "a", "c")


def test_spellings_of_one_number_become_one_label() -> None:
    scale = Scale(1, 5)
    votes = votes_of(scale, [said(scale, f"r{i}", "m", float(i)) for i in (1, 2, 3)])
    assert with_numbers_alike(votes) is votes
    spelt = Votes(
        ("r",), ("",), ("m",), ("01", "2", "1.0", "1"), *(np.zeros(4, np.int32),) * 3,
        np.arange(4, dtype=np.int32),
    )  # fmt: skip
    merged = with_numbers_alike(spelt)
    assert (merged.labels, merged.label.tolist()) == (("1", "2"), [0, 1, 0, 0])


def test_records_stand_together_in_the_order_of_first_appearance() -> None:
    given = [said(CHOICE, r, who, "a") for r, who in (("q", "m"), ("p", "m"), ("q", "n"))]
    assert [(r, who) for r, _, who, _ in rows(votes_of(CHOICE, given))] == [
        ("q", "m"),
        ("q", "n"),
        ("p", "m"),
    ]
