"""Parts of an answer and groups of records, each scored by itself."""

import pytest

from assay.core.annotation import DecidedBy, Decision, Outcome, Request, RequestOptions, answer
from assay.core.record import Record, TextPart, text_record
from assay.core.schema import Choice, Form, MultiChoice, Schema
from assay.core.task import Task
from assay.core.value import Span, Value
from assay.ledger import MemoryLedger
from assay.report import Reference, entities_of
from assay.report.breakdown import (
    LEAST_SLICE,
    MOST_LABELS,
    given,
    joined,
    part_costs,
    parts,
    slices,
)

YES_NO = Choice(["yes", "no"])
FACE = Form({"hat": YES_NO, "smile": YES_NO})
RECORD = text_record("r", "text")


def request(schema: Schema, focus: tuple[str, ...] = ()) -> Request:
    return Request(Task("t", "q?", schema), RECORD, "m", RequestOptions(focus=focus))


@pytest.mark.parametrize(
    ("before", "said", "focus", "after"),
    [
        (None, "yes", (), "yes"),
        ("no", "yes", (), "yes"),
        ("no", None, (), None),
        ("no", "yes", ("a",), "yes"),
        (None, None, ("hat",), None),
        ({"hat": "no"}, None, ("hat",), {"hat": "no"}),
        (None, {"hat": "yes", "smile": "no"}, ("hat",), {"hat": "yes"}),
        ({"hat": "no", "smile": "no"}, {"hat": "yes", "smile": "yes"}, ("hat",),
         {"hat": "yes", "smile": "no"}),
        (None, frozenset("ab"), ("a",), frozenset("a")),
        (frozenset("bc"), frozenset("a"), ("a", "b"), frozenset("ac")),
        (frozenset("bc"), frozenset("abx"), ("a", "b"), frozenset("abc")),
    ],
)  # fmt: skip
def test_an_answer_to_a_part_changes_that_part_alone(
    before: Value | None, said: Value | None, focus: tuple[str, ...], after: Value | None
) -> None:
    outcome = Outcome.ABSTAINED if said is None else Outcome.ANSWERED
    assert joined(before, answer(request(FACE, focus), outcome, value=said)) == after


def test_a_bill_is_shared_among_the_attributes_that_were_asked() -> None:
    held = MemoryLedger()
    both, hat = request(FACE), request(FACE, ("hat",))
    held.add([answer(both, Outcome.ANSWERED, value={"hat": "yes", "smile": "no"}, cost_nanos=7)])
    held.add([answer(hat, Outcome.ANSWERED, value={"hat": "yes"}, cost_nanos=10)])
    [costs] = part_costs(held, both.task).values()
    assert sorted(costs) == ["hat", "smile"]
    assert costs["hat"] + costs["smile"] == 17
    assert costs["hat"] in (13, 14)
    assert part_costs(held, Task("t", "q?", YES_NO)) == {}


def test_each_attribute_is_scored_where_the_reference_has_it() -> None:
    reference = Reference("gold", {
        "1": {"hat": "yes", "smile": "yes"}, "2": {"hat": "no"}, "3": {"hat": "yes"}, "4": "odd",
    })  # fmt: skip
    values = {"1": {"hat": "yes", "smile": "no"}, "2": {"smile": "no"}, "3": None, "4": "odd"}
    found = parts(values, reference, FACE)
    described = {
        part: (s.on_answered.hits, s.on_answered.n, s.on_all.n) for part, s in found.items()
    }
    assert described == {"hat": (1, 1, 3), "smile": (0, 1, 1)}
    assert all(score.reference == "gold" for score in found.values())


def test_each_label_is_scored_as_given_or_not() -> None:
    reference = Reference("gold", {"1": frozenset("a"), "2": frozenset("b"), "3": frozenset()})
    values = {"1": frozenset("ab"), "2": None, "3": frozenset()}
    found = parts(values, reference, MultiChoice(["a", "b"]))
    described = {
        part: (s.on_answered.hits, s.on_answered.n, s.on_all.n) for part, s in found.items()
    }
    assert described == {"a": (2, 2, 3), "b": (1, 2, 3)}
    assert found["a"].baseline_value == "no"


def test_plain_answers_have_no_parts_and_no_overlap_has_no_score() -> None:
    assert parts({"1": "yes"}, Reference("gold", {"1": "yes"}), YES_NO) == {}
    assert parts({"1": {"hat": "no"}}, Reference("gold", {"2": {"hat": "no"}}), FACE) == {}


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        (None, []),
        ("yes", ["yes"]),
        (2.0, ["2"]),
        (frozenset("a"), ["a"]),
        (frozenset(), ["none of them"]),
        ((), ["none of them"]),
        ((Span(0, 1, "x"), Span(2, 3, "x")), ["x"]),
        ({"hat": "yes", "tags": frozenset(), "smile": "no"},
         ["hat: yes", "tags: none of them", "smile: no"]),
    ],
)  # fmt: skip
def test_labels_of_an_answer_are_counted_once(value: Value | None, labels: list[str]) -> None:
    assert given(value) == labels


def test_only_spans_of_records_that_were_asked_are_compared() -> None:
    one, two = Span(0, 1, "x"), Span(2, 3, "x")
    reference = Reference("gold", {"1": (one, two), "2": (one,), "3": "odd"})
    found = entities_of({"1": (one,), "3": (one,)}, reference)
    assert found is not None
    assert (found.answered.n, found.exact.gold, found.exact.matches) == (1, 2, 1)
    assert found.reference == "gold"
    assert entities_of({"9": (one,)}, reference) is None


def decided(groups: dict[str, int], route: tuple[str, ...] = ()) -> list[tuple[Record, Decision]]:
    """So many records of each language; the first of each is wrong."""
    return [
        (
            Record(f"{language}{i}", (TextPart("x"),), language, "web"),
            Decision(f"{language}{i}", "no" if i == 0 else "yes", decided_by=DecidedBy.MODEL,
                     route=route),
        )
        for language, n in groups.items() for i in range(n)
    ]  # fmt: skip


def sliced(
    pairs: list[tuple[Record, Decision]], truth: Value = "yes"
) -> dict[str, dict[str, tuple[int, int]]]:
    held = MemoryLedger()
    held.add_records([record for record, _ in pairs])
    reference = Reference("gold", {record.id: truth for record, _ in pairs})
    found = slices(held, [decision for _, decision in pairs], reference)
    return {
        kind: {value: (s.on_all.hits, s.on_all.n) for value, s in scored.items()}
        for kind, scored in found.items()
    }


def test_groups_of_ten_records_are_told_and_smaller_ones_are_not() -> None:
    found = sliced(decided({"en": LEAST_SLICE, "de": LEAST_SLICE + 1, "fr": LEAST_SLICE - 1}))
    assert found == {"language": {"en": (9, 10), "de": (10, 11)}}
    assert sliced(decided({"en": 3, "de": 3})) == {}
    assert sliced(decided({"en": 30})) == {}


@pytest.mark.parametrize(
    ("languages", "described"), [(MOST_LABELS, True), (MOST_LABELS + 1, False)]
)
def test_more_groups_than_a_table_holds_are_not_told(languages: int, described: bool) -> None:
    found = sliced(decided({f"l{i}": LEAST_SLICE for i in range(languages)}))
    assert [len(groups) for groups in found.values()] == ([20] if described else [])


def test_true_labels_are_groups_too_and_records_without_a_language_are_in_none() -> None:
    pairs = decided({"": 24})
    held = MemoryLedger()
    held.add_records([record for record, _ in pairs])
    truth = {record.id: "yes" if i % 2 else "no" for i, (record, _) in enumerate(pairs)}
    found = slices(held, [d for _, d in pairs], Reference("gold", truth))
    assert {k: {v: s.on_all.hits for v, s in g.items()} for k, g in found.items()} == {
        "label": {"no": 1, "yes": 12}
    }
    assert slices(held, [d for _, d in pairs], None) == {}


def test_ways_of_deciding_are_groups_of_ten_at_least() -> None:
    pairs = decided({"en": 10}, ("fast",)) + decided({"de": 9}, ("slow",))
    assert sliced(pairs)["route"] == {"fast": (9, 10)}
    few = decided({"en": 9}, ("fast",)) + decided({"de": 9}, ("slow",))
    assert sliced(few) == {}
