import json
import math

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import cohen_kappa_score

from assay.core.annotation import Outcome, Request, answer
from assay.core.cost import Prices
from assay.core.errors import InputError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.quality.agreement.base import Resampling
from assay.quality.costs import Costs, PriceList, Rates, costs
from assay.quality.replacement.alt_test import AltTest, NotTested, Rules
from assay.quality.replacement.compare import Comparison, Sides, compare, cost_of_1000
from assay.quality.replacement.reference import (
    Measure,
    Side,
    compare_to_reference,
    majority,
    means,
    steps,
)

TASK = Task("t", "?", Choice(["0", "1", "2"]))
Said = dict[str, dict[str, object]]
QUICK = Measure(resampling=Resampling(100))


def panel(n: int = 120, who: int = 4, accuracy: float = 0.85, seed: int = 0) -> Said:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    return {
        f"p{k}": {
            f"r{i}": str(t if rng.random() < accuracy else rng.integers(3))
            for i, t in enumerate(truth)
        }
        for k in range(who)
    }


def sides(people: Said, models: Said, measure: Measure = QUICK) -> Sides:
    return Sides(people, models, measure)


def no_nan(found: Comparison) -> dict[str, object]:
    described: dict[str, object] = json.loads(json.dumps(found.as_json(), allow_nan=False))
    return described


def test_each_is_held_against_the_majority_of_the_others_with_kappa_and_alpha() -> None:
    people = panel()
    model = panel(seed=0, who=5)["p4"]
    found = compare(sides(people, {"m": model}))
    first = found.comparisons[0]
    true = majority(people)
    both = [r for r in model if r in true]
    said, given = [model[r] for r in both], [true[r] for r in both]
    assert first.coefficients["cohen"].value == pytest.approx(cohen_kappa_score(said, given))
    assert first.agreement is not None
    assert first.agreement.value == pytest.approx(np.mean([model[r] == true[r] for r in both]))
    assert first.coefficients["krippendorff"].low is not None
    assert [b.kind for b in found.comparisons] == ["model", *["person"] * 4]
    assert found.comparisons[1].reference == "majority of the other people"
    assert not isinstance(found.among_people, str)
    no_nan(found)


def test_a_scale_is_told_by_distance_and_correlation_with_the_mean() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(3, 1, 80)
    people: Said = {
        f"p{k}": {f"r{i}": f"{t + rng.normal(0, 0.5):.3f}" for i, t in enumerate(truth)}
        for k in range(3)
    }
    model: dict[str, object] = {f"r{i}": f"{t + 1:.3f}" for i, t in enumerate(truth)}
    measure = Measure("interval", resampling=Resampling(100))
    found = compare(sides(people, {"m": model}, measure), Rules(score="neg-rmse"))
    b = found.comparisons[0]
    mean = means(people)
    x, y = [float(str(model[r])) for r in mean], list(mean.values())
    assert b.coefficients["pearson"].value == pytest.approx(pearsonr(x, y).statistic)
    assert b.coefficients["spearman"].value == pytest.approx(spearmanr(x, y).statistic)
    assert b.distance is not None
    assert b.distance.value == pytest.approx(math.dist(x, y) / len(x) ** 0.5)
    assert b.baseline == pytest.approx(np.std(y))
    shifted: dict[str, object] = {r: f"{float(str(v)) + 5}" for r, v in model.items()}
    warned = compare_to_reference(Side("m", "model"), shifted, people, measure).warning
    assert warned is not None
    assert "further from the mean" in warned


def test_one_person_gives_agreement_and_says_why_there_is_no_test() -> None:
    people = panel(who=1)
    found = compare(sides(people, {"m": people["p0"]}))
    assert found.comparisons[0].agreement is not None
    assert found.comparisons[0].agreement.value == 1.0
    assert isinstance(found.tests[0], NotTested)
    described = no_nan(found)
    assert described["replacement_test"][0]["passed"] is None  # type: ignore[index]
    assert "at least two people, there is 1" in found.tests[0].verdict
    assert isinstance(found.among_people, str)


def test_a_silent_model_is_named_and_does_not_stop_the_others() -> None:
    people = panel()
    found = compare(sides(people, {"good": people["p0"], "silent": {}}))
    assert isinstance(found.tests[0], AltTest)
    assert found.tests[1].verdict == "silent: not possible because it gave no answers"
    assert found.comparisons[1].n == 0
    no_nan(found)


@pytest.mark.parametrize(
    ("people", "models", "expected"),
    [
        ({}, {"m": {"r": "a"}}, "labels of people; there are none"),
        ({"p": {"r": "a"}}, {"m": {}}, "labels of models; m gave no answers"),
        ({"p": {"r": "a"}}, {"m": {"s": "a"}}, "m and the people share no record"),
    ],
)
def test_where_nothing_can_be_compared_there_is_one_clear_line(
    people: Said, models: Said, expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        compare(sides(people, models))


def test_all_one_class_gives_no_nan_and_says_that_passing_proves_little() -> None:
    people: Said = {f"p{k}": {f"r{i}": "a" for i in range(80)} for k in range(3)}
    found = compare(sides(people, {"m": people["p0"]}))
    kappa = found.comparisons[0].coefficients["cohen"]
    assert (kappa.value, kappa.why) == (None, "both gave one label only")
    [test] = found.tests
    assert isinstance(test, AltTest)
    assert (test.won, test.passed) == (True, None)
    assert "cannot be determined" in test.verdict
    assert "always 'a' is too" in test.verdict
    no_nan(found)


def test_people_who_agree_no_more_than_chance_show_nothing() -> None:
    rng = np.random.default_rng(4)
    people: Said = {f"p{k}": {f"r{i}": "ab"[rng.integers(2)] for i in range(300)} for k in range(3)}
    found = compare(sides(people, {"m": {f"r{i}": "ab"[rng.integers(2)] for i in range(300)}}))
    [test] = found.tests
    assert isinstance(test, AltTest)
    assert test.won
    assert test.passed is None
    assert "no more than chance" in test.verdict
    assert not isinstance(found.among_people, str)
    assert found.among_people.beyond_chance is None


def test_slices_repeat_the_comparison_and_small_ones_are_named() -> None:
    people, model = panel(200), panel(200, who=5)["p4"]
    language = {f"r{i}": "en" if i < 120 else "mr" if i < 195 else "de" for i in range(200)}
    given = Sides(people, {"m": model}, QUICK, {"language": language})
    found = compare(given)
    assert [(s.value, s.records) for s in found.slices] == [("en", 120), ("mr", 75)]
    assert all(isinstance(s.tests[0], AltTest) for s in found.slices)
    assert (
        "1 of 3 groups by language are not shown: under 10 records, or more than 20 groups"
        in found.notes
    )


def test_with_an_expert_everybody_is_held_against_the_expert() -> None:
    people = panel()
    found = compare(sides(people, {"m": people["p0"]}), Rules(expert="p0"))
    assert {b.reference for b in found.comparisons} == {"expert p0"}
    assert [b.name for b in found.comparisons] == ["m", "p1", "p2", "p3"]
    assert found.comparisons[0].agreement is not None
    assert found.comparisons[0].agreement.value == 1.0
    assert isinstance(found.tests[0], AltTest)
    assert found.tests[0].people == 3


def test_people_who_agree_little_are_a_low_bar() -> None:
    rng = np.random.default_rng(0)
    people: Said = {f"p{k}": {f"r{i}": str(rng.integers(2)) for i in range(60)} for k in range(3)}
    limits = compare(sides(people, {"m": people["p0"]})).limits
    assert any("the people agree little" in limit for limit in limits)


def priced(rates: dict[str, Rates]) -> Costs:
    """Four answers of one annotator."""
    requests = [Request(TASK, text_record(f"r{i}", "x"), "m") for i in range(4)]
    answers = [answer(r, Outcome.ANSWERED, value="0") for r in requests]
    return costs(answers, [], PriceList("spring", "EUR", rates))


def test_what_an_annotator_costs_is_told_a_thousand_records() -> None:
    people = panel(20)
    whole, free = priced({"m": Rates(Prices(human_label=1.0))}), priced({})
    found = compare(Sides(people, {"m": panel(20, 5)["p4"]}, QUICK, costs={"m": whole, "n": free}))
    described = found.as_json()["costs"]
    assert isinstance(described, dict)
    assert described["m"] == {
        "currency": "EUR", "price_list": "spring", "records": 4, "total": 4.0,
        "per_1000_records": 1000.0, "not_counted": list(whole.not_counted),
    }  # fmt: skip
    assert (described["n"]["total"], described["n"]["per_1000_records"]) == (0.0, 0.0)
    assert (cost_of_1000(whole), cost_of_1000(free)) == ("1,000.00 EUR", None)


def test_people_of_whom_only_counts_are_known_are_not_tested_against() -> None:
    people = panel(20, 3)
    model = {r: v for r, v in panel(30, 4)["p3"].items() if r not in ("r0", "r1")}
    found = compare(Sides(people, {"m": model}, QUICK, named=False))
    (test,) = found.tests
    assert isinstance(test, NotTested)
    assert (test.model, test.people, test.records) == ("m", 3, 18)
    assert "counts of votes do not say who voted" in test.why
    assert [c.name for c in found.comparisons] == ["m"]


def test_steps_spelt_in_two_ways_are_the_same_step() -> None:
    people: Said = {
        who: {f"r{i}": str((i + k * (i % 5 == 0)) % 4) for i in range(40)}
        for k, who in enumerate(("a", "b", "c"))
    }
    plain = {r: str(v) for r, v in people["a"].items()}
    spelt: dict[str, object] = {r: f"{float(v):.1f}" for r, v in plain.items()}
    how = Measure("ordinal", resampling=Resampling(0))
    same, other = (compare(Sides(people, {"m": m}, how)) for m in (dict(plain), spelt))
    assert same.comparisons == other.comparisons


def test_steps_are_ordered_as_told_by_number_or_by_name() -> None:
    assert steps(Measure(), ["10", "9", "b", "9"]) == ("10", "9", "b")
    assert steps(Measure("ordinal"), ["10", "9", "2"]) == ("2", "9", "10")
    assert steps(Measure("ordinal", ("low", "mid", "high")), ["high", "low"]) == (
        "low", "mid", "high",
    )  # fmt: skip
    with pytest.raises(InputError, match="label 'odd' is not in the order given: low, high"):
        steps(Measure("ordinal", ("low", "high")), ["odd", "low"])
    with pytest.raises(InputError, match="unknown order of a, b: use --order"):
        steps(Measure("ordinal"), ["b", "a"])
    with pytest.raises(SpecError, match="unknown kind 'odd'"):
        Measure("odd")
