"""Plans: options replayed on a labelled sample, priced, certified, and compared."""

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.quality.certificate import PEOPLE
from assay.quality.planning import ALL_BY_PEOPLE, Answers, Trial, plan, routed
from assay.quality.promise import Promise

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
