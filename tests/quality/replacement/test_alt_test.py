import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, false_discovery_control, ttest_1samp

from assay.core.errors import InputError, SpecError
from assay.quality.replacement.alt_test import NotPossible, Rules, alt_test, doubted
from assay.quality.replacement.rejections import one_sided, rejections

EPSILON = {"wax": 0.1, "mtbench": 0.2, "framing": 0.15, "cebab_aspects": 0.1, "lesion": 0.15}
ROW = re.compile(r"\| (\w+) \| ([\w.-]+) \| ([\d.]+) \| ([\d.]+) \|")


def published(folder: Path) -> list[tuple[str, str, float, float]]:
    rows = ROW.findall((folder / "README.md").read_text(encoding="utf-8"))
    return [(s, m, float(w), float(a)) for s, m, w, a in rows]


def test_all_published_rows_come_out_to_two_decimals(shared_data: Path) -> None:
    rows = published(shared_data)
    assert len(rows) == 28
    for name, model, winning, advantage in rows:
        folder = shared_data / "alttest" / name
        people = json.loads((folder / "human_annotations.json").read_text(encoding="utf-8"))
        models = json.loads((folder / "llm_annotations.json").read_text(encoding="utf-8"))
        score = "neg-rmse" if name == "lesion" else "accuracy"
        found = alt_test(
            model, models[model], people, Rules(EPSILON[name], score, test="published")
        )
        assert found.winning_rate == pytest.approx(winning, abs=0.005001)
        assert found.advantage_probability == pytest.approx(advantage, abs=0.005001)


def people(n: int, who: int, accuracy: float, seed: int) -> dict[str, dict[str, object]]:
    rng = np.random.default_rng(seed)
    return {f"p{k}": {f"r{i}": int(rng.random() >= accuracy) for i in range(n)} for k in range(who)}


def test_a_copy_of_the_truth_passes_and_a_coin_does_not() -> None:
    rng = np.random.default_rng(0)
    panel = people(200, 4, 0.85, 1)
    truth = {f"r{i}": 0 for i in range(200)}
    coin = {f"r{i}": int(rng.integers(2)) for i in range(200)}
    assert alt_test("good", truth, panel).passed
    assert not alt_test("coin", coin, panel).passed


def test_the_test_keeps_its_error_for_a_model_far_worse_than_people() -> None:
    rng = np.random.default_rng(3)
    passed = 0
    for run in range(100):
        panel = people(60, 3, 0.9, run)
        bad = {f"r{i}": int(rng.random() < 0.35) for i in range(60)}
        passed += alt_test("bad", bad, panel).won
    assert passed <= 10


def test_benjamini_yekutieli_agrees_with_scipy() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        p = list(rng.uniform(0, 0.05, 8))
        expected = (false_discovery_control(p, method="by") <= 0.05).tolist()
        assert rejections(np.array(p), 0.05).tolist() == expected
        assert rejections(np.array([*p, np.inf]), 0.05).tolist() == [*expected, False]


def test_one_person_cannot_be_compared_with_other_people() -> None:
    with pytest.raises(NotPossible, match="at least two people, there is 1"):
        alt_test("m", {"r": 1}, {"p": {"r": 1}})


def test_too_few_shared_records_are_named() -> None:
    with pytest.raises(NotPossible, match="the most is 5"):
        alt_test("m", {f"r{i}": 0 for i in range(5)}, people(5, 3, 0.9, 0))


def test_people_with_few_records_are_left_out_and_named() -> None:
    panel = people(50, 3, 0.9, 0)
    panel["rare"] = {"r1": 0}
    assert alt_test("m", {f"r{i}": 0 for i in range(50)}, panel).left_out == ("rare",)


def test_an_unknown_score_and_words_for_numbers_are_clear_errors() -> None:
    panel = people(50, 3, 0.9, 0)
    with pytest.raises(SpecError, match="unknown score 'f1'"):
        Rules(score="f1")
    with pytest.raises(InputError, match="'good' is not a number"):
        alt_test("m", {f"r{i}": "good" for i in range(50)}, panel, Rules(score="neg-rmse"))


def test_a_model_that_never_differs_gives_no_nan() -> None:
    same: dict[str, dict[str, object]] = {
        f"p{k}": {f"r{i}": 1 for i in range(40)} for k in range(3)
    }
    found = alt_test("m", {f"r{i}": 1 for i in range(40)}, same, Rules(test="published"))
    assert all(a.p == 0.0 for a in found.against)
    assert "--test exact holds" in " ".join(found.limits)
    exact = alt_test("m", {f"r{i}": 1 for i in range(40)}, same)
    assert all(0.9**40 <= a.p < 0.05 for a in exact.against)


def test_thirty_records_without_a_difference_do_not_show_an_allowance_of_a_fiftieth() -> None:
    same: dict[str, dict[str, object]] = {
        f"p{k}": {f"r{i}": 1 for i in range(30)} for k in range(3)
    }
    found = alt_test("m", {f"r{i}": 1 for i in range(30)}, same, Rules(0.02))
    assert found.passed is False
    assert [a.p for a in found.against] == pytest.approx([0.98**30] * 3)


@pytest.mark.parametrize("epsilon", [0.01, 0.02, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("n", [30, 100])
def test_a_model_at_the_boundary_passes_no_more_often_than_it_may(epsilon: float, n: int) -> None:
    """The people always agree, and the model differs from them on a share epsilon."""
    losses = np.arange(n + 1)
    passes = []
    for lost in losses:
        model = {f"r{i}": "b" if i < lost else "a" for i in range(n)}
        panel = {f"p{k}": dict.fromkeys(model, "a") for k in range(3)}
        passes.append(bool(alt_test("m", model, panel, Rules(epsilon)).passed))
        if not passes[-1]:
            break
    chance = binom.pmf(losses[: len(passes)], n, epsilon) @ np.array(passes, float)
    assert chance <= 0.05


def test_where_a_constant_wins_too_it_cannot_be_told() -> None:
    panel = people(200, 3, 0.97, 1)
    truth = {f"r{i}": 0 for i in range(200)}
    won = alt_test("good", truth, panel)
    found = doubted(won, alt_test("always 0", truth, panel))
    assert (won.passed, found.passed, found.result) == (True, None, "cannot be determined")
    assert "cannot be determined" in found.verdict
    assert found.as_json()["passed"] is None


def test_a_third_person_with_one_answer_does_not_lift_the_warning() -> None:
    panel = people(60, 2, 0.9, 0) | {"third": {"r1": 0}}
    found = alt_test("m", {f"r{i}": 0 for i in range(60)}, panel)
    assert "take three" in " ".join(found.limits)


def test_p_values_are_those_of_the_one_sided_t_test() -> None:
    rng = np.random.default_rng(2)
    differences = rng.choice([-1.0, 0.0, 1.0], (20, 40), p=[0.3, 0.5, 0.2])
    n = np.full(20, 40)
    found = one_sided(n, differences.sum(axis=1), (differences**2).sum(axis=1), 0.1)
    expected = ttest_1samp(differences, 0.1, axis=1, alternative="less").pvalue
    assert found == pytest.approx(expected)


def test_a_model_without_answers_or_shared_records_is_told_so() -> None:
    panel = people(40, 3, 0.9, 0)
    with pytest.raises(NotPossible, match="gave no answers"):
        alt_test("m", {}, panel)
    with pytest.raises(NotPossible, match="share no record"):
        alt_test("m", {"elsewhere": 0}, panel)


def test_with_an_expert_model_and_people_are_held_against_the_expert_alone() -> None:
    rng = np.random.default_rng(1)
    truth: dict[str, object] = {f"r{i}": int(rng.integers(3)) for i in range(200)}
    crowd = {
        f"p{k}": {r: v if rng.random() < 0.7 else "other" for r, v in truth.items()}
        for k in range(3)
    }
    # the crowd shares a mistake that the expert does not make
    for said in crowd.values():
        said |= {f"r{i}": "shared" for i in range(60)}
    everybody = {"ann": truth, **crowd}
    found = alt_test("m", truth, everybody, Rules(0.0, expert="ann"))
    assert (found.people, found.winning_rate, found.advantage_probability) == (3, 1.0, 1.0)
    assert "the expert ann" in found.limits[0]
    wins = [a.person_wins for a in found.against]
    agreement = [np.mean([said[r] == v for r, v in truth.items()]) for said in crowd.values()]
    assert wins == pytest.approx(agreement)


def test_an_expert_alone_is_not_enough_and_an_unknown_one_is_a_mistake() -> None:
    one = people(40, 1, 0.9, 0)
    with pytest.raises(NotPossible, match="only person"):
        alt_test("m", one["p0"], one, Rules(expert="p0"))
    with pytest.raises(SpecError, match="no person 'eve'"):
        alt_test("m", one["p0"], people(40, 3, 0.9, 0), Rules(expert="eve"))


def test_the_limits_of_a_verdict_are_told() -> None:
    panel = people(40, 2, 0.9, 0)
    limits = " ".join(alt_test("m", panel["p0"], panel).limits)
    assert "take three" in limits
    assert "40 records for a person are few" in limits


@pytest.mark.parametrize("score", ["accuracy", "neg-rmse"])
def test_work_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch, score: str) -> None:
    panel = people(40, 5, 0.8, 1)
    model = people(40, 1, 0.7, 2)["p0"]
    whole = alt_test("m", model, panel, Rules(score=score))
    for size in (1, 7, 19, 20, 21):
        monkeypatch.setattr("assay.quality.replacement.alt_test.PAIRS_AT_ONCE", size)
        assert alt_test("m", model, panel, Rules(score=score)) == whole
