import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm, t, ttest_1samp

from assay.core.errors import InputError
from assay.quality.ppi import NO_WIDER, by_group, difference, mean, prevalence, share

Floats = NDArray[np.float64]


def drawn(human: int, rest: int, right: float, seed: int) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    truth = rng.random(human + rest) < 0.3
    said = np.where(rng.random(human + rest) < right, truth, ~truth).astype(np.float64)
    return truth[:human].astype(np.float64), said[:human], said[human:]


def test_estimates_are_those_of_the_ppi_python_package() -> None:
    found = mean(*drawn(100, 2_000, 0.85, 0))
    # ppi_py 0.2.3 on the same numbers, with and without power tuning
    assert found.classical.value == pytest.approx(0.274, abs=1e-9)
    assert found.classical.low == pytest.approx(0.19045, abs=0.003)
    assert found.classical.high == pytest.approx(0.35755, abs=0.003)
    assert found.tuned.value == pytest.approx(0.26197, abs=0.001)
    assert found.tuned.low == pytest.approx(0.19273, abs=0.003)
    assert found.tuned.high == pytest.approx(0.33121, abs=0.003)


def test_human_only_is_the_students_interval_of_a_mean() -> None:
    rng = np.random.default_rng(1)
    human = rng.normal(3, 1, 40)
    found = mean(human, rng.normal(size=40), rng.normal(size=400)).human_only
    low, high = ttest_1samp(human, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_a_perfect_model_is_worth_many_labels_and_a_useless_one_none() -> None:
    truth, _, rest = drawn(100, 5_000, 1.0, 2)
    perfect = share(truth, truth, rest)
    assert perfect.gain > 5
    assert perfect.tuned.width < 0.5 * perfect.human_only.width
    coin = np.random.default_rng(3).integers(0, 2, 5_100).astype(np.float64)
    useless = share(truth, coin[:100], coin[100:])
    assert useless.tuned.width == pytest.approx(useless.human_only.width, rel=NO_WIDER - 1)


def test_a_biased_model_is_mended_and_the_naive_estimate_warned_of() -> None:
    found = share(*drawn(400, 20_000, 0.7, 4))
    assert found.naive.value > 0.4
    assert found.tuned.low <= 0.3 <= found.tuned.high
    assert found.bias > 0.05
    assert "the human labels rule out" in str(found.warning)


@settings(max_examples=80, deadline=None)
@given(
    human=st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=10, max_size=40),
    rest=st.lists(st.floats(0, 1), min_size=1, max_size=80),
)
def test_shares_stay_shares_and_ppi_is_never_much_wider_than_human_only(
    human: list[tuple[int, float]], rest: list[float]
) -> None:
    y, f = (np.array(column, dtype=np.float64) for column in zip(*human, strict=True))
    found = share(y, f, np.array(rest))
    assert found.tuned.width <= NO_WIDER * found.human_only.width + 1e-12
    for interval in (found.human_only, found.classical, found.tuned):
        assert 0 <= interval.low <= interval.value + 1e-12
        assert interval.value <= interval.high + 1e-12 <= 1 + 2e-12
    assert 0 <= found.weight <= 1
    json.dumps(found.as_json(), allow_nan=False)


def test_a_label_that_no_person_gave_has_an_interval_not_a_nan() -> None:
    found = share(np.zeros(50), np.zeros(50), np.append(np.zeros(500), 1.0))
    assert found.human_only.value == 0
    assert 0 < found.tuned.high < 0.1
    same = mean(np.ones(20), np.ones(20), np.ones(100))
    assert (same.tuned.low, same.tuned.high) == (1.0, 1.0)


def test_coverage_by_simulation() -> None:
    held = 0
    for seed in range(400):
        found = share(*drawn(60, 1_000, 0.9, 1_000 + seed)).tuned
        held += found.low <= 0.3 <= found.high
    assert held >= 0.95 * 400 - 3 * (400 * 0.05 * 0.95) ** 0.5


def spoken(n: int, labelled: int, seed: int) -> tuple[dict[str, str], dict[str, str | None]]:
    rng = np.random.default_rng(seed)
    truth = ["abc"[i] for i in rng.choice(3, n, p=[0.6, 0.3, 0.1])]
    model: dict[str, str | None] = {
        f"r{i}": t if rng.random() < 0.8 else "abc"[int(rng.integers(3))]
        for i, t in enumerate(truth)
    }
    chosen = rng.choice(n, labelled, replace=False)
    return {f"r{i}": truth[i] for i in chosen}, model


def test_prevalence_of_every_label_and_silence_of_the_model_costs_no_validity() -> None:
    human, model = spoken(5_000, 300, 5)
    silent: dict[str, str | None] = {r: None if int(r[1:]) % 3 else v for r, v in model.items()}
    for answers in (model, silent):
        found = prevalence(human, answers)
        assert list(found) == ["a", "b", "c"]
        assert all(
            f.tuned.low <= p <= f.tuned.high
            for f, p in zip(found.values(), (0.6, 0.3, 0.1), strict=True)
        )
    assert prevalence(human, silent)["a"].naive.value < 0.3


def test_groups_differ_by_the_truth_and_not_by_the_models_bias() -> None:
    human, model = spoken(6_000, 600, 6)
    group = {r: "new" if int(r[1:]) % 2 else "old" for r in model}
    bent = {r: "a" if group[r] == "new" else v for r, v in model.items()}
    found = by_group(human, bent, group, "a")
    told = difference(("new", found["new"]), ("old", found["old"]))
    assert told.naive.low > 0.2
    assert told.tuned.low <= 0 <= told.tuned.high
    assert told.tuned.width <= 1.05 * told.human_only.width
    json.dumps(told.as_json(), allow_nan=False)


def test_records_that_do_not_meet_are_refused() -> None:
    human, model = spoken(100, 20, 7)
    with pytest.raises(InputError, match="same record ids"):
        prevalence({f"x{r}": v for r, v in human.items()}, model)
    with pytest.raises(InputError, match="is in no group"):
        by_group(human, model, {}, "a")
    group = {r: "rare" if i < 5 else "many" for i, r in enumerate(model)}
    with pytest.raises(InputError, match="group 'rare': 10 human labels or more"):
        by_group(human, model, group, "a")


@pytest.mark.parametrize(
    ("human", "model", "rest", "message"),
    [
        ([1.0] * 5, [1.0] * 5, [1.0], "there are 5"),
        ([1.0] * 20, [1.0] * 19, [1.0], "do not pair up"),
        ([1.0] * 20, [1.0] * 20, [], "people labelled every record"),
        ([1.0] * 20, [1.0] * 20, [np.nan], "missing"),
        ([0.5] * 20, [1.0] * 20, [1.0], "people say 0 or 1"),
        ([1.0] * 20, [1.0] * 20, [1.5], "the model 0 to 1"),
    ],
)
def test_bad_input_is_told(
    human: list[float], model: list[float], rest: list[float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        share(np.array(human), np.array(model), np.array(rest))


def test_all_four_answers_of_a_mean_are_their_formulas() -> None:
    rng = np.random.default_rng(8)
    y, rest = rng.normal(3, 1, 30), rng.normal(2.8, 1.2, 200)
    f = y + rng.normal(0.2, 0.6, 30)
    found = mean(y, f, rest)
    n, m, v = 30, 200, np.cov(y, f)
    reach = t.ppf(0.975, n - 1)
    naive = (f.sum() + rest.sum()) / (n + m)
    half = norm.ppf(0.975) * np.sqrt(rest.var(ddof=1) / (n + m))
    assert (found.naive.value, found.naive.low) == pytest.approx((naive, naive - half))
    assert found.naive.high == pytest.approx(naive + half)
    weight = v[0, 1] / (v[1, 1] + n / m * rest.var(ddof=1))
    assert found.weight == pytest.approx(weight)

    def error(w: float, freedom: float = 1.0) -> float:
        off = v[0, 0] - 2 * w * v[0, 1] + w**2 * v[1, 1]
        return float(np.sqrt(freedom * off / n + w**2 * rest.var(ddof=1) / m))

    for told, w, free in ((found.human_only, 0.0, 1.0), (found.classical, 1.0, 1.0),
                          (found.tuned, weight, (n - 1) / (n - 2))):  # fmt: skip
        value = y.mean() + w * (rest.mean() - f.mean())
        assert told.value == pytest.approx(value)
        assert told.low == pytest.approx(value - reach * error(w, free))
        assert told.high == pytest.approx(value + reach * error(w, free))
        assert told.width == told.high - told.low
        assert told.as_json() == {"value": told.value, "interval": [told.low, told.high]}
        assert str(told) == f"{told.value:.4f} [{told.low:.4f}, {told.high:.4f}]"
    assert found.gain == pytest.approx(error(0.0) ** 2 / error(weight, (n - 1) / (n - 2)) ** 2)
    assert found.bias == found.naive.value - found.tuned.value
