import pytest

from assay.core.errors import InputError
from assay.quality.golden.choice import rank


def test_certain_questions_come_first_and_few_votes_do_not_pass_for_certain() -> None:
    labels = {"sure": ["a"] * 9, "two": ["b"] * 2, "split": ["a"] * 5 + ["b"] * 4}
    found = rank(labels, {"sure": "a", "two": "b", "split": "a"}, guess="even")
    assert [c.record for c in found.candidates] == ["sure", "two", "split"]
    assert found.candidates[1].certainty < found.candidates[0].certainty < 1


def test_what_careless_annotators_get_right_as_well_is_useless() -> None:
    labels = {"common": ["no"] * 9 + ["yes"], "rare": ["yes"] * 9 + ["no"]}
    labels |= {f"r{i}": ["no"] * 10 for i in range(20)}
    found = rank(labels, {"common": "no", "rare": "yes"})
    assert [c.record for c in found.candidates] == ["rare"]
    assert found.useless == 1


def test_more_questions_narrow_the_estimate() -> None:
    labels = {f"r{i}": ["a", "a", "b"] if i % 3 else ["a"] * 3 for i in range(30)}
    found = rank(labels, dict.fromkeys(labels, "a"), guess={"a": 0.5})
    errors = [found.error(n) or 0.0 for n in (5, 10, 30)]
    assert errors == sorted(errors, reverse=True)
    assert len(found.questions(5)) == 5


def test_a_measured_guess_rate_must_know_every_label() -> None:
    with pytest.raises(InputError, match="'a'"):
        rank({"r": ["a"]}, {"r": "a"}, guess={"b": 0.5})
    with pytest.raises(InputError, match="no record"):
        rank({"r": ["a"]}, {"x": "a"})
