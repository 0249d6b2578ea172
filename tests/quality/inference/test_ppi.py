import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import beta

from assay.core.errors import InputError
from assay.quality.inference.ppi import (
    NO_WIDER,
    Clusters,
    by_group,
    difference,
    mean,
    prevalence,
    share,
)

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
    assert found.tuned.value == pytest.approx(0.26197, abs=0.003)
    for own, low, high in ((found.classical, 0.19045, 0.35755), (found.tuned, 0.19273, 0.33121)):
        # limits that hold at any size are wider than its normal ones
        assert own.low < low
        assert high < own.high
        assert own.width < 1.4 * (high - low)


def test_human_only_is_the_exact_interval_of_a_share() -> None:
    for right, n in ((0, 10), (3, 40), (70, 100)):
        human = (np.arange(n) < right).astype(np.float64)
        found = share(human, human, np.array([0.0, 1.0])).human_only
        low = beta.ppf(0.025, right, n - right + 1) if right else 0.0
        assert found.low == pytest.approx(low, abs=0.004)
        assert found.high == pytest.approx(beta.ppf(0.975, right + 1, n - right), abs=0.004)


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


@settings(max_examples=30, deadline=None)
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


def test_ends_of_a_scale_that_cannot_be_seen_are_asked_for() -> None:
    with pytest.raises(InputError, match="every label is 1"):
        mean(np.ones(20), np.ones(20), np.ones(100))
    found = mean(np.ones(20), np.ones(20), np.ones(100), (1.0, 5.0))
    assert found.human_only.low == 1.0
    assert found.human_only.high == pytest.approx(1 + 4 * (1 - 0.025 ** (1 / 20)), abs=0.03)
    with pytest.raises(InputError, match="7 does not lie on a scale from 1 to 5"):
        mean(np.full(20, 7.0), np.ones(20), np.ones(100), (1.0, 5.0))


def floor(replications: int) -> float:
    noise: float = (replications * 0.05 * 0.95) ** 0.5
    return 0.95 * replications - 3 * noise


def test_coverage_by_simulation() -> None:
    held = 0
    for seed in range(100):
        found = share(*drawn(60, 1_000, 0.9, 1_000 + seed)).tuned
        held += found.low <= 0.3 <= found.high
    assert held >= floor(100)


@pytest.mark.parametrize("n", [10, 20])
def test_the_mean_of_a_scale_with_most_at_one_end_is_held(n: int) -> None:
    rng = np.random.default_rng(n)
    held = np.zeros(2)
    for _ in range(100):
        truth: Floats = rng.choice(np.arange(1.0, 6.0), n + 300, p=[0.02, 0.02, 0.03, 0.03, 0.9])
        said: Floats = np.clip(np.round(truth + rng.normal(0, 0.8, n + 300)), 1, 5)
        found = mean(truth[:n], said[:n], said[n:])
        held += [i.low <= 4.77 <= i.high for i in (found.tuned, found.human_only)]
    assert held.min() >= floor(100)


@pytest.mark.parametrize("authors", [12, 30])
def test_records_of_one_author_are_not_counted_as_if_they_were_many(authors: int) -> None:
    rng = np.random.default_rng(authors)
    held, blind = 0, 0
    for _ in range(60):
        own = rng.beta(0.3, 0.7, 8 * authors)  # of an author's records that have the label
        author = np.repeat(np.arange(8 * authors), 8)
        truth = (rng.random(len(author)) < own[author]).astype(np.float64)
        said = np.where(rng.random(len(author)) < 0.8, truth, 1 - truth)
        human = author < authors  # whole authors were read
        clusters = Clusters(author[human].tolist(), author[~human].tolist())
        parts = truth[human], said[human], said[~human]
        found, other = share(*parts, clusters), share(*parts)
        assert found.clusters == authors
        held += found.tuned.low <= 0.3 <= found.tuned.high
        blind += other.human_only.low <= 0.3 <= other.human_only.high
    assert held >= floor(60)
    assert blind < 51


def test_few_clusters_and_clusters_in_two_groups_are_refused() -> None:
    human, model = spoken(100, 20, 7)
    with pytest.raises(InputError, match="of 1 clusters; 5 or more"):
        prevalence(human, model, cluster=dict.fromkeys(model, "she"))
    group = {r: "even" if int(r[1:]) % 2 else "odd" for r in model}
    with pytest.raises(InputError, match="cluster 'she' is in groups"):
        by_group(human, model, group, "a", dict.fromkeys(model, "she"))
    alone = prevalence(human, model, cluster={})["a"]
    assert alone.tuned == prevalence(human, model)["a"].tuned  # each record by itself


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
    described = difference(found, "new", "old")
    assert described.naive.low > 0.2
    assert described.tuned.low <= 0 <= described.tuned.high
    assert described.tuned.width <= 1.05 * described.human_only.width
    json.dumps(described.as_json(), allow_nan=False)


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
    y, rest = rng.uniform(1, 5, 30), rng.uniform(1, 5, 200)
    f = np.clip(y + rng.normal(0.2, 0.6, 30), 1, 5)
    found = mean(y, f, rest, (1.0, 5.0))
    assert found.naive.value == pytest.approx((f.sum() + rest.sum()) / 230)
    # moments with half a record in each corner of the scale
    all_y, all_f = np.append(y, [1, 1, 5, 5]), np.append(f, [1, 5, 1, 5])
    much = np.append(np.ones(30), np.full(4, 0.5))
    off_y = all_y - np.average(all_y, weights=much)
    off_f = all_f - np.average(all_f, weights=much)
    both, alone, own = (much @ v / 32**2 for v in (off_y * off_f, off_f**2, off_y**2))
    others = rest.var() / 200
    weight = both / (alone + others)
    assert found.weight == pytest.approx(weight)
    left = own - 2 * weight * both + weight**2 * (alone + others)
    assert found.gain == pytest.approx(own / left)
    for described, w in ((found.human_only, 0.0), (found.classical, 1.0), (found.tuned, weight)):
        assert described.value == pytest.approx(y.mean() + w * (rest.mean() - f.mean()))
        assert described.low < described.value < described.high
        assert described.width == described.high - described.low
        assert described.as_json() == {
            "value": described.value,
            "interval": [described.low, described.high],
        }
        assert (
            str(described) == f"{described.value:.4f} [{described.low:.4f}, {described.high:.4f}]"
        )
    assert found.bias == found.naive.value - found.tuned.value


def test_limits_are_quantiles_of_random_means_with_a_worst_case() -> None:
    rng = np.random.default_rng(9)
    y, rest = rng.uniform(1, 5, 30), rng.uniform(1, 5, 200)
    f = np.clip(y + rng.normal(0.2, 0.6, 30), 1, 5)
    found = mean(y, f, rest, (1.0, 5.0))
    one, other = rng.dirichlet(np.ones(31), 20_000), rng.dirichlet(np.ones(201), 20_000)
    for described, w in (
        (found.human_only, 0.0),
        (found.tuned, found.weight),
        (found.classical, 1.0),
    ):
        low, high = (
            one @ np.append(y - w * f, end - w * far) + w * other @ np.append(rest, end)
            for end, far in ((1, 5), (5, 1))
        )
        assert described.low == pytest.approx(max(1.0, np.quantile(low, 0.025)), abs=0.02)
        assert described.high == pytest.approx(min(5.0, np.quantile(high, 0.975)), abs=0.02)
