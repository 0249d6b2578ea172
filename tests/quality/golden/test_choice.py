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


def information(certainty: float, guess: float, commitment: float) -> float:
    q = guess + commitment * (certainty - guess)
    return (certainty - guess) ** 2 / (q * (1 - q))


def test_every_figure_of_a_candidate_follows_from_the_votes() -> None:
    labels = {"r1": ["a", "a", "b"], "r2": ["b", "b"], "r3": []}
    found = rank(labels, {"r1": "a", "r2": "b", "r3": "a", "r4": "a"}, 0.6)
    one, two = sorted(found.candidates, key=lambda c: c.record)
    mean = 4 / 5  # of all votes on the two, those with gold
    assert (one.record, one.label, one.votes, one.agreeing, one.guess) == ("r1", "a", 3, 2, 0.4)
    assert (two.record, two.label, two.votes, two.agreeing, two.guess) == ("r2", "b", 2, 2, 0.6)
    assert one.certainty == pytest.approx((2 + mean) / 4)
    assert two.certainty == pytest.approx((2 + mean) / 3)
    assert one.information == pytest.approx(information(one.certainty, 0.4, 0.6))
    assert two.information == pytest.approx(information(two.certainty, 0.6, 0.6))
    assert (found.useless, found.commitment) == (0, 0.6)
    first, both = found.candidates[0], one.information + two.information
    assert first.information == max(one.information, two.information)
    assert found.error(1) == pytest.approx(first.information**-0.5)
    assert found.error(2) == pytest.approx(both**-0.5)
    assert found.error(0) is None
    asked = found.questions(1)
    assert (asked.certainty.tolist(), asked.guess.tolist()) == ([first.certainty], [first.guess])
    assert one.as_json()["agreeing"] == 2


@pytest.mark.parametrize(
    ("names", "guess"), [(["a", "b", "c", "d"], 0.25), (["a", "b"], 0.5), (["a"], 0.5)]
)
def test_an_even_guess_is_one_of_the_labels(names: list[str], guess: float) -> None:
    found = rank({"r": ["a"] * 5, "x": names}, {"r": "a"}, guess="even")
    assert found.candidates[0].guess == guess
    assert rank({"r": ["a"]}, {"r": "a"}).commitment == 0.8


def test_equal_candidates_stand_in_the_order_of_their_names() -> None:
    labels = {name: ["a", "a"] for name in ("r2", "r10", "r1")} | {"x": ["b"]}
    found = rank(labels, dict.fromkeys(("r2", "r10", "r1"), "a"), guess={"a": 0.5})
    assert [c.record for c in found.candidates] == ["r1", "r10", "r2"]


@pytest.mark.parametrize("commitment", [0.0, 1.0])
def test_nobody_is_watched_at_the_ends_of_commitment(commitment: float) -> None:
    with pytest.raises(InputError, match="commitment lies between 0 and 1"):
        rank({"r": ["a"]}, {"r": "a"}, commitment)
