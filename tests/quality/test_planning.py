"""Plans: options replayed on a labelled sample, priced, certified, and compared."""

import numpy as np
import pytest
from scipy.stats import binomtest

from assay.core.errors import InputError
from assay.quality.guarantees.certificate import PEOPLE
from assay.quality.guarantees.promise import Promise
from assay.quality.planning import (
    ALL_BY_PEOPLE,
    Answers,
    Option,
    Plan,
    Trial,
    logistic,
    plan,
    routed,
)
from assay.quality.verdicts import Constant

PROMISE = Promise(0.1, 0.1)


def answers(n: int, right: float, cost: float, seed: int) -> Answers:
    """Calibrated: a label of confidence c is right with probability c."""
    rng = np.random.default_rng(seed)
    sure = np.clip(rng.beta(8 * right, 8 * (1 - right), n), 0, 1)
    return Answers(sure, rng.random(n) < sure, np.full(n, cost))


def trial(n: int = 800, person: float = 0.1) -> Trial:
    models = {"cheap": answers(n, 0.8, 0.001, 1), "dear": answers(n, 0.93, 0.06, 2)}
    return Trial(models, person)


CHAINS = [("cheap",), ("dear",), ("cheap", "dear")]


def test_the_pick_is_the_cheapest_that_keeps_the_promise() -> None:
    found = plan(trial(), CHAINS, PROMISE)
    able = [o for o in found.options if o.meets]
    assert found.pick.cost == min(o.cost for o in able)
    assert found.pick.links == ("cheap", "dear")
    assert found.pick.cost < 0.1
    assert found.pick.agreement >= 0.9


def test_delta_is_shared_among_the_options_that_could_be_picked() -> None:
    found = plan(trial(), CHAINS, PROMISE)
    deltas = {o.certificate.promise.delta for o in found.options if o.certificate is not None}
    assert deltas == {0.1 / 3}


def test_people_alone_always_meet_the_target() -> None:
    poor = Trial({"m": answers(200, 0.5, 0.001, 3)}, 0.2)
    found = plan(poor, [("m",)], Promise(0.02, 0.05))
    assert found.pick.name == ALL_BY_PEOPLE
    assert (found.pick.agreement, found.pick.cost, found.pick.to_people) == (1.0, 0.2, 1.0)


def test_every_link_that_was_asked_is_paid() -> None:
    sure = {"a": [0.9, 0.2, 0.2, -np.inf], "b": [0.9, 0.9, 0.1, -np.inf]}
    models = {
        "a": Answers(np.array(sure["a"]), np.ones(4, bool), np.full(4, 1.0)),
        "b": Answers(np.array(sure["b"]), np.ones(4, bool), np.full(4, 10.0)),
    }
    takers, cost = routed(("a", "b"), Trial(models, 100.0), 0.5)
    assert takers.tolist() == [0, 1, PEOPLE, PEOPLE]
    assert cost.tolist() == [1.0, 11.0, 111.0, 111.0]


def test_silence_of_an_unchecked_model_is_a_record_without_its_label() -> None:
    models = {"m": Answers(np.array([0.9, -np.inf]), np.array([True, False]), np.ones(2))}
    found = plan(Trial(models, 1.0), [("m",)], PROMISE)
    [bare] = found.bare
    assert (bare.agreement, bare.cost, bare.meets) == (0.5, 1.0, False)


def test_the_frontier_rises_in_both_cost_and_agreement() -> None:
    found = plan(trial(), CHAINS, PROMISE)
    points = [(o.cost, o.agreement) for o in found.frontier]
    assert points == sorted(points)
    assert points[-1][0] == pytest.approx(0.1)
    assert points[-1][1] == 1.0
    assert len({a for _, a in points}) == len(points)
    assert all(money > 0 for _, _, money in found.steps)


def test_intervals_hold_what_another_sample_of_the_same_world_shows() -> None:
    found = plan(trial(2000), CHAINS, PROMISE).pick
    assert found.threshold is not None
    models = {"cheap": answers(50_000, 0.8, 0.001, 11), "dear": answers(50_000, 0.93, 0.06, 12)}
    other = Trial(models, 0.1)
    takers, cost = routed(found.links, other, found.threshold)
    wrong = np.zeros(other.n, bool)
    for k, link in enumerate(found.links):
        wrong |= (takers == k) & ~models[link].right
    low, high = found.agreement_interval
    assert low - 0.01 < 1 - wrong.mean() < high + 0.01
    assert found.cost_interval[0] * 0.95 < cost.mean() < found.cost_interval[1] * 1.05


def test_bad_samples_are_refused() -> None:
    with pytest.raises(InputError, match="labelled sample"):
        Trial({}, 1.0)
    with pytest.raises(InputError, match="labelled sample"):
        Trial({"a": answers(5, 0.5, 1, 1), "b": answers(6, 0.5, 1, 1)}, 1.0)
    with pytest.raises(InputError, match="cannot cost"):
        Trial({"a": answers(5, 0.5, 1, 1)}, -1.0)


def test_no_record_to_people_in_the_sample_does_not_mean_none_at_all() -> None:
    """Found on real answers: the interval was a point, and missed the cost on other halves."""
    models = {"m": Answers(np.full(300, 0.99), np.ones(300, bool), np.full(300, 0.001))}
    pick = plan(Trial(models, 0.1), [("m",)], PROMISE).pick
    assert pick.to_people == 0.0
    assert pick.cost == pytest.approx(0.001)
    low, high = pick.cost_interval
    assert low == pytest.approx(0.001)
    assert high == pytest.approx(0.001 + 0.1 * (1 - 0.025 ** (1 / 300)))


def test_people_alone_cost_what_they_cost() -> None:
    poor = Trial({"m": answers(200, 0.5, 0.001, 3)}, 0.2)
    pick = plan(poor, [("m",)], Promise(0.02, 0.05)).pick
    assert list(pick.cost_interval) == pytest.approx([0.2, 0.2])


def described(
    name: str, cost: float, agreement: float, *links: str, threshold: float | None
) -> Option:
    return Option(
        name, links, None, threshold, tuple(0.5 for _ in links), agreement, (0.0, 1.0), cost,
        (0.0, 1.0),
    )  # fmt: skip


def test_the_frontier_leaves_out_what_costs_more_and_agrees_less() -> None:
    people = described(ALL_BY_PEOPLE, 1.0, 1.0, threshold=None)
    options = (
        described("poor", 0.3, 0.7, "a", threshold=0.5),
        described("good", 0.2, 0.8, "b", threshold=0.5),
        described("none", 0.1, 0.99, "c", threshold=None), people,
    )  # fmt: skip
    bare = (described("cheap", 0.1, 0.6, "d", threshold=-np.inf),
            described("same", 0.2, 0.75, "e", threshold=-np.inf))  # fmt: skip
    found = Plan(PROMISE, "people", 100, options, bare)
    assert [o.name for o in found.frontier] == ["cheap", "good", ALL_BY_PEOPLE]
    assert [(a.name, b.name) for a, b, _ in found.steps] == [
        ("cheap", "good"), ("good", ALL_BY_PEOPLE),
    ]  # fmt: skip
    assert [money for *_, money in found.steps] == pytest.approx([10 * 0.1 / 0.2, 10 * 0.8 / 0.2])
    assert found.pick is people
    assert options[0].to_people == 0.5
    json = found.as_json()
    assert (json["pick"], json["frontier"]) == (ALL_BY_PEOPLE, [o.name for o in found.frontier])
    assert json["steps"] == [
        {"from": a.name, "to": b.name, "money_per_point_and_1000": money}
        for a, b, money in found.steps
    ]
    assert (json["target"], json["delta"], json["records"]) == (0.9, 0.1, 100)
    assert [o["name"] for o in json["options"]] == [o.name for o in options]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("share", "little"), [(0.9, True), (0.95, True), (0.89, False)])
def test_a_constant_that_meets_the_target_is_said(share: float, little: bool) -> None:
    found = Plan(PROMISE, "people", 9, (), (), Constant("x", share, 100))
    assert (found.asks_little is not None) is little
    if little:
        assert f"the majority-class baseline ('x') agrees in {share:.1%}" in str(found.asks_little)
        assert "target of 90.0% is a weak one" in str(found.asks_little)
    assert Plan(PROMISE, "people", 9, (), ()).asks_little is None


def test_options_are_measured_on_the_sample() -> None:
    rng = np.random.default_rng(4)
    n = 400
    sure = np.where(rng.random(n) < 0.7, 0.99, 0.2)
    right = np.where(sure > 0.5, rng.random(n) < 0.99, rng.random(n) < 0.3)
    models = {"m": Answers(sure, right, np.full(n, 0.01))}
    found = plan(Trial(models, 0.5, notes=("seen",)), [("m",)], PROMISE)
    option = next(o for o in found.options if o.links)
    takes = sure >= (option.threshold or 0.0)
    wrong = int((takes & ~right).sum())
    interval = binomtest(wrong, n).proportion_ci(0.95, method="exact")
    assert (option.name, option.meets, option.unsaid) == ("m > people", True, False)
    assert option.shares == (takes.mean(),)
    assert option.to_people == pytest.approx(1 - takes.mean())
    assert option.agreement == 1 - wrong / n
    assert option.agreement_interval == pytest.approx((1 - interval.high, 1 - interval.low))
    assert option.cost == pytest.approx(0.01 + 0.5 * (1 - takes.mean()))
    people = binomtest(int((~takes).sum()), n).proportion_ci(0.95, method="exact")
    assert option.cost_interval == pytest.approx(
        (0.01 + 0.5 * people.low, 0.01 + 0.5 * people.high), abs=0.01
    )
    assert option.cost_interval[0] <= 0.01 + 0.5 * people.low + 1e-9
    assert option.cost_interval[1] >= 0.01 + 0.5 * people.high - 1e-9
    json = option.as_json()
    assert (json["shares"], json["links"]) == ({"m": takes.mean()}, ["m"])
    assert json["threshold"] == option.threshold
    assert option.certificate is not None
    assert json["certificate"] == option.certificate.as_json()
    [bare] = found.bare
    assert (bare.name, bare.agreement, bare.to_people) == ("m, unchecked", right.mean(), 0.0)
    assert bare.cost == pytest.approx(0.01)
    assert bare.cost_interval == pytest.approx((0.01, 0.01))
    assert (found.notes, found.records) == (("seen",), n)


def test_people_may_be_free_and_flat_models_are_tried_alone() -> None:
    flat = Answers(np.full(60, 0.5), np.ones(60, bool), np.zeros(60))
    assert flat.flat
    assert Answers(np.array([0.5, -np.inf]), np.ones(2, bool), np.zeros(2)).flat
    trial = Trial({"a": flat, "b": answers(60, 0.9, 0.0, 5)}, 0.0)
    found = plan(trial, [("a",), ("a", "b"), ("b",)], PROMISE)
    assert {o.links for o in found.options} == {("a",), ("b",), ()}
    alone = next(o for o in found.options if o.links == ("a",))
    assert alone.unsaid
    assert alone.as_json()["threshold"] is None


def test_a_curve_is_fitted_where_labels_tell_and_never_falls() -> None:
    few = logistic(np.linspace(-1, 1, 9), np.arange(9) > 3)
    assert few == pytest.approx((0.0, np.log((5.5 / 10) / (4.5 / 10))))
    assert logistic(np.full(20, 0.3), np.arange(20) > 4)[0] == 0.0
    allright = logistic(np.linspace(-1, 1, 20), np.ones(20, bool))
    assert allright == pytest.approx((0.0, np.log(20.5 / 0.5)))
    nothing = logistic(np.linspace(-1, 1, 20), np.zeros(20, bool))
    assert nothing == pytest.approx((0.0, np.log(0.5 / 20.5)))
    rng = np.random.default_rng(6)
    x = rng.normal(0, 1, 4_000)
    slope, intercept = logistic(x, rng.random(4_000) < 1 / (1 + np.exp(-(1.5 * x + 0.4))))
    assert (slope, intercept) == pytest.approx((1.5, 0.4), abs=0.15)
    assert logistic(-x, x > rng.normal(0, 1, 4_000))[0] == 0.0
    assert logistic(np.linspace(-1, 1, 10), np.arange(10) > 4)[0] > 0
