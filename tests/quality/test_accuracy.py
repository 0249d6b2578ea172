import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from assay.core.value import Box, Value
from assay.quality.accuracy import LEVEL, Share, accuracy, wilson


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_is_that_of_scipy(counts: tuple[int, int]) -> None:
    hits, n = counts
    expected = binomtest(hits, n).proportion_ci(LEVEL, method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_share_of_nothing_is_not_known() -> None:
    assert Share(0, 0).interval is None
    assert str(Share(0, 0)) == "not known (no records)"


def test_opening_a_project_loads_no_statistics() -> None:
    heavy = "{'scipy.stats', 'scipy.special', 'nervaluate', 'sklearn', 'torch', 'PIL', 'pandas'}"
    code = f"import sys, assay.project; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_constant_is_one_answer_and_not_one_wording() -> None:
    """Boxes of one label in different places are different answers."""
    true: dict[str, Value] = {str(i): (Box(0.1 * i, 0.0, 0.1, 0.1, "dog"),) for i in range(4)}
    true |= {"4": (), "5": ()}
    found = accuracy(true, true, "gold")
    assert found is not None
    assert (found.baseline.hits, found.baseline_value) == (2, "nothing marked")
    assert found.warning is None
