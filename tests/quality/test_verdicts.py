"""Judged answers: what a table of them says, and which of them a promise may rest on."""

import math
from pathlib import Path

import pytest

from assay.core.annotation import Source
from assay.core.errors import InputError
from assay.core.value import Value
from assay.data.gold import Purpose
from assay.quality.verdicts import (
    Constant,
    Verdict,
    assigned,
    canonical,
    certifying,
    columns,
    constant,
    grouped,
    read_verdicts,
    same,
    side_by_side,
    spelling,
)

HEAD = "record,annotator,tag,label,reference,confidence,confidence_source,purpose"


def verdict(
    record: str, sure: float | None = 0.5, right: bool | None = True, **more: object
) -> Verdict:
    made: dict[str, object] = {"annotator": "m", "tag": "", "label": "a"} | more
    return Verdict(record, confidence=sure, right=right, **made)  # type: ignore[arg-type]


def table(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "judged.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def test_a_table_of_labels_and_references_is_read(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "r1,m,t,a,a,0.9,stated,Calibration",
        "r2,m,t,a,b,,,",
        "r3,m,t,,b,0.2,,monitoring",
        "r4,m,t,a,,0.3,,",
        "r5,m,t,b;a,a; b,nan,,",
    )
    known = Verdict(
        "r1", "m", "t", "a", 0.9, True, True, Source.STATED, Purpose.CALIBRATION, "a"
    )  # fmt: skip
    assert read_verdicts(path) == [
        known,
        Verdict("r2", "m", "t", "a", None, False, reference="b"),
        Verdict(
            "r3", "m", "t", "", 0.2, False, answered=False, purpose=Purpose.MONITORING,
            reference="b",
        ),
        Verdict("r4", "m", "t", "a", 0.3, None),
        Verdict("r5", "m", "t", "b;a", None, True, reference="a; b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "right"),
    [("1", True), ("TRUE", True), ("yes", True), ("right", True), ("0", False), ("False", False),
     ("no", False), ("wrong", False), ("", None)],
)  # fmt: skip
def test_a_table_of_right_and_wrong_is_read(tmp_path: Path, word: str, right: bool | None) -> None:
    path = table(tmp_path, f"r1,0.5,{word}", f"r2,,{word}", head="record,confidence,correct")
    said, silent = read_verdicts(path)
    assert (said.right, said.answered, said.confidence, said.label) == (right, True, 0.5, "")
    assert (silent.right, silent.answered, silent.confidence) == (right, False, None)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",m,,a,a,0.5,,", ":2: the record is missing"),
        ("r1,m,,a,a,sure,,", ":2: confidence 'sure' is not a number"),
        ("r1,m,,a,a,inf,,", ":2: confidence 'inf' is endless"),
        ("r1,m,,a,a,0.5,guessed,", ":2: confidence_source 'guessed' is none of"),
        ("r1,m,,a,a,0.5,,training", ":2: purpose 'training' is none of"),
        ("r1,m,,a,a,0.5,,monitoring\nr1,n,,a,a,0.5,,", "record 'r1' has two purposes"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_verdicts(table(tmp_path, row))


def test_tables_without_what_is_needed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no records"):
        read_verdicts(table(tmp_path))
    for head, missing in (("record,confidence,label", "reference"), ("record,tag,correct", "conf")):
        with pytest.raises(InputError, match=missing):
            read_verdicts(table(tmp_path, "r1,a,1", head=head))
    bad = table(tmp_path, "r1,0.5,maybe", head="record,confidence,correct")
    with pytest.raises(InputError, match=r":2: correct is yes or no \(or 1 or 0\), not 'maybe'"):
        read_verdicts(bad)


@pytest.mark.parametrize(
    ("said", "reference", "tolerance", "equal"),
    [
        ("a", "a", 0.0, True), ("a", "b", 9.0, False), ("2", "2.0", 0.0, True),
        ("2", "2.5", 0.5, True), ("2.5", "2", 0.5, True), ("2", "2.6", 0.5, False),
        ("-1", "1", 1.0, False), ("a", "1", 9.0, False),
    ],
)  # fmt: skip
def test_numbers_are_the_same_within_the_tolerance(
    said: Value, reference: Value, tolerance: float, equal: bool
) -> None:
    assert same(said, reference, tolerance) is equal


def test_sets_and_json_say_the_same_in_any_order() -> None:
    assert canonical("b; a") == canonical("a;b") == "a;b"
    assert canonical('[{"x": 1, "y": 2}, "a"]') == canonical('["a", {"y": 2, "x": 1}]')
    assert canonical('{"y": 2, "x": 1}') == canonical('{"x": 1, "y": 2}')
    assert canonical('["a"]') != canonical('["b"]')
    assert canonical("[not json; at all") == "[not json; at all"


def test_silence_is_never_accepted_and_no_confidence_at_all_takes_all_or_none() -> None:
    rows = [verdict("a", 0.7), verdict("b", None, False), verdict("c", 0.9, answered=False)]
    sure, right = columns([*rows, verdict("d", 0.1, None)])
    assert sure.tolist() == [0.7, -math.inf, -math.inf]
    assert right.tolist() == [True, False, True]
    sure, _ = columns([verdict("a", None), verdict("b", None, answered=False)])
    assert sure.tolist() == [0.0, -math.inf]


def test_answers_are_grouped_by_annotator_and_tag_and_a_second_one_is_refused() -> None:
    rows = [verdict("a"), verdict("a", tag="x"), verdict("b"), verdict("a", annotator="n")]
    found = grouped(rows)
    assert {key: [v.record for v in some] for key, some in found.items()} == {
        ("m", ""): ["a", "b"], ("m", "x"): ["a"], ("n", ""): ["a"],
    }  # fmt: skip
    with pytest.raises(InputError, match="record 'a' is there twice of 'm'"):
        grouped([verdict("a"), verdict("a")])
    with pytest.raises(InputError, match=r"twice$"):
        grouped([verdict("a", annotator=""), verdict("a", annotator="")])


def test_promises_rest_on_monitoring_gold_then_on_calibration_gold() -> None:
    by = {p: verdict(str(p), purpose=p) for p in Purpose}
    assert certifying([*by.values()]) == [by[Purpose.MONITORING]]
    rest = [v for p, v in by.items() if p is not Purpose.MONITORING]
    assert certifying(rest) == [by[Purpose.CALIBRATION]]
    plain = [verdict("a"), verdict("b")]
    assert certifying(plain) == plain
    with pytest.raises(InputError, match="all labels are evaluation gold"):
        certifying([by[Purpose.EVALUATION], verdict("a")])


def test_half_of_the_records_calibrate_by_their_names_alone() -> None:
    made = assigned([verdict(f"r{i}") for i in range(1_000)])
    first = [v for v in made if v.purpose is Purpose.CALIBRATION]
    assert 430 < len(first) < 570
    assert {v.purpose for v in made} == {Purpose.CALIBRATION, Purpose.EVALUATION}
    assert assigned([verdict("r7", annotator="n")])[0].purpose is made[7].purpose


def test_the_constant_is_the_most_frequent_reference_or_the_one_named() -> None:
    references = ["x", "y", "y", "z;x", "y"]
    rows = [verdict(str(i), reference=r) for i, r in enumerate(references)]
    rows.append(verdict("open", right=None, reference="x"))
    assert constant(rows) == Constant("y", 0.6, 5)
    assert constant(rows, "x; z") == Constant("x; z", 0.2, 5)
    assert constant(rows[:2]) == Constant("y", 0.5, 2)  # of equals the last by name
    assert constant([*rows, verdict("bare")]) is None
    assert constant([]) is None
    assert Constant("y", 0.6, 5).as_json() == {"label": "y", "share": 0.6, "n": 5}


def test_a_chain_has_a_row_a_link_over_the_same_records() -> None:
    groups = {
        ("m", ""): [verdict("a", 0.9), verdict("b", 0.4, False), verdict("c", 1.0, None)],
        ("n", ""): [verdict("b", 0.8, annotator="n"), verdict("a", 0.7, False, annotator="n")],
    }
    sure, right = side_by_side(groups, ("m", "n"))
    assert sure.tolist() == [[0.9, 0.4], [0.7, 0.8]]
    assert right.tolist() == [[True, False], [False, True]]
    with pytest.raises(InputError, match="no labelled answer of 'o'; there are m, n"):
        side_by_side(groups, ("m", "o"))
    for more in ("m", "n"):
        other = {k: [*v, verdict("z", annotator=more)] if k[0] == more else v
                 for k, v in groups.items()}  # fmt: skip
        with pytest.raises(InputError, match="not every link was asked about record 'z'"):
            side_by_side(other, ("m", "n"))
    blind = groups | {("n", ""): [verdict(r, None, annotator="n") for r in "ab"]}
    with pytest.raises(InputError, match="'n' gives no confidence"):
        side_by_side(blind, ("m", "n"))


def test_labels_that_look_alike_are_said_and_numbers_are_not() -> None:
    rows = [verdict("a", label="Cat", reference="cat"), verdict("b", label="1", reference="1.0")]
    described = " ".join(spelling(rows))
    assert "Cat" in described
    assert "1.0" not in described
    assert spelling([verdict("a", label="cat"), verdict("b", label="dog")]) == []
