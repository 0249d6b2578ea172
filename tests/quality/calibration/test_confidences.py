"""Confidences that tell nothing apart are pointed out."""

from assay.core.annotation import Source
from assay.quality.calibration.confidences import left_out, note, notes, unsaid
from assay.quality.verdicts import Verdict


def test_every_way_to_say_nothing_has_its_line() -> None:
    assert "m gives no confidence" in str(note("m", [None, None]))
    assert "1 of 3 answers of m carry no confidence" in str(note("m", [None, 0.5, 0.6]))
    assert "all 3 answers of m carry the confidence 0.5" in str(note("m", [0.5] * 3))
    assert note("m", [0.5, 0.6]) is None
    assert note("m", []) is None


def test_a_model_that_scores_labels_is_not_advised_to_score_labels() -> None:
    found = str(note("m", [0.5] * 3, {Source.LIKELIHOOD}))
    assert "mapping: likelihood" not in found
    assert "label scores are the same for every record" in found
    assert "mapping: likelihood" in str(note("m", [0.5] * 3, {Source.STATED}))


def test_only_labelled_answers_count() -> None:
    def answer(record: str, sure: float | None, right: bool | None) -> Verdict:
        return Verdict(record, "m", "", "a", sure, right)

    found = [answer("1", None, True), answer("2", 0.5, None)]
    assert unsaid(found)
    assert len(notes({("m", ""): found})) == 1
    assert not unsaid([answer("1", None, True), answer("2", 0.5, True)])
    assert not unsaid([])


def test_calibration_is_told_what_it_does_not_see_and_cannot_change() -> None:
    some = [Verdict(str(i), "m", "", "a", s, True) for i, s in enumerate((0.9, 0.9, None))]
    level, missing = left_out({("m", ""): some})
    assert level.startswith("all confidences of m are 0.9: a calibrator can set their level")
    assert missing == "1 of 3 answers of m carry no confidence and are left out"
    assert left_out({("", "t"): [Verdict("1", "", "t", "a", s, True) for s in (0.9, 0.8)]}) == []
