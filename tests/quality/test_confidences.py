"""Confidences that tell nothing apart are pointed out."""

from assay.quality.confidences import note, notes, unsaid
from assay.quality.verdicts import Verdict


def test_every_way_to_say_nothing_has_its_line() -> None:
    assert "m gives no confidence" in str(note("m", [None, None]))
    assert "1 of 3 answers of m carry no confidence" in str(note("m", [None, 0.5, 0.6]))
    assert "all 3 answers of m carry the confidence 0.5" in str(note("m", [0.5] * 3))
    assert note("m", [0.5, 0.6]) is None
    assert note("m", []) is None


def test_only_labelled_answers_count() -> None:
    def answer(record: str, sure: float | None, right: bool | None) -> Verdict:
        return Verdict(record, "m", "", "a", sure, right)

    found = [answer("1", None, True), answer("2", 0.5, None)]
    assert unsaid(found)
    assert len(notes({("m", ""): found})) == 1
    assert not unsaid([answer("1", None, True), answer("2", 0.5, True)])
    assert not unsaid([])
