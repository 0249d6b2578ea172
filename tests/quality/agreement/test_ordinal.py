import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from assay.quality.agreement.ordinal import ordinal
from assay.quality.agreement.pairs import quadratic_kappa

STEPS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=40)


@given(STEPS)
def test_quadratic_kappa_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    x, y = np.array(pairs, dtype=np.float64).T
    found = quadratic_kappa(np.ones((1, len(x))), x, y)[0]
    if np.ptp(np.concatenate([x, y])) == 0:
        assert np.isnan(found)
    else:
        steps = list(range(6))  # else distances would be counted in labels seen
        expected = cohen_kappa_score(
            x.astype(int), y.astype(int), labels=steps, weights="quadratic"
        )
        assert found == pytest.approx(expected, abs=1e-9)


def test_a_copy_has_kappa_one_and_a_constant_exactly_zero() -> None:
    person = {f"r{i}": float(i % 3) for i in range(60)}
    copy = ordinal("copy", person, {"p": person})
    assert (copy.kappa, copy.interval, copy.gap) == (1.0, (1.0, 1.0), 0.0)
    constant = ordinal("constant", dict.fromkeys(person, 1.0), {"p": person})
    assert (constant.kappa, constant.interval) == (0.0, (0.0, 0.0))


def test_the_interval_covers_the_kappa_of_a_large_sample() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for seed in range(40):
        truth = rng.integers(0, 4, 80)
        noisy = np.where(rng.random(80) < 0.7, truth, rng.integers(0, 4, 80))
        one = {str(i): float(v) for i, v in enumerate(truth)}
        other = {str(i): float(v) for i, v in enumerate(noisy)}
        found = ordinal("one", one, {"other": other}, seed)
        assert found.interval is not None
        covered += found.interval[0] <= 0.7 <= found.interval[1]
    assert covered >= 34


def test_silence_of_a_person_counts_for_nothing() -> None:
    own = {"a": 0.0, "b": 1.0, "c": 2.0}
    full, silent = {"a": 0.0, "b": 1.0, "c": 1.0}, dict[str, float]()
    assert ordinal("x", own, {"p": full, "q": silent}) == ordinal("x", own, {"p": full})


def test_without_shared_records_everything_is_unknown() -> None:
    found = ordinal("x", {"a": 1.0}, {"p": {"b": 1.0}})
    assert (found.records, found.kappa, found.interval, found.gap) == (0, None, None, None)
