import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from assay.core.value import Box, Span, Value
from assay.quality.metrics.accuracy import LEVEL, Share, accuracy, wilson


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_is_that_of_scipy(counts: tuple[int, int]) -> None:
    hits, n = counts
    expected = binomtest(hits, n).proportion_ci(LEVEL, method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_share_of_nothing_is_not_known() -> None:
    assert Share(0, 0).interval is None
    assert str(Share(0, 0)) == "unknown (no records)"


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


def test_where_nothing_is_answered_no_baseline_is_said_to_be_better() -> None:
    found = accuracy({"a": None, "b": None}, {"a": "x", "b": "y"}, "gold")
    assert found is not None
    assert (found.on_all.hits, found.warning, found.doubt) == (0, None, None)


def test_a_silent_record_is_wrong_on_all_and_left_out_on_answered() -> None:
    values: dict[str, Value | None] = {"a": "x", "b": "y", "c": None, "elsewhere": "x"}
    found = accuracy(values, {"a": "x", "b": "x", "c": "y", "unseen": "x"}, "gold")
    assert found is not None
    assert (found.on_answered, found.on_all) == (Share(1, 2), Share(1, 3))
    assert (found.answered, found.baseline) == (Share(2, 3), Share(2, 3))
    warning = "the majority-class baseline ('x') agrees more often with gold (66.7%)"
    one, three = binomtest(1, 2), binomtest(2, 3)
    half, most = (
        (ci.low, ci.high) for ci in (t.proportion_ci(LEVEL, method="wilson") for t in (one, three))
    )
    assert str(found.on_answered) == f"50.0% [{half[0]:.1%}, {half[1]:.1%}] (n = 2)"
    assert found.lines("m") == [
        f"m against gold: accuracy {found.on_answered}, 33.3% if missing = wrong; "
        "coverage 66.7%; majority-class baseline ('x'): 66.7%",
        f"warning: m: {warning}",
    ]
    described = found.as_json()
    assert described["answered"] == {
        "hits": 2, "n": 3, "value": 2 / 3, "interval": pytest.approx(most, abs=1e-12),
    }  # fmt: skip
    assert described["on_answered"] == found.on_answered.as_json()
    assert described["on_all"] == {**Share(1, 3).as_json(), "value": 1 / 3}
    assert described["baseline"] == found.baseline.as_json()
    assert (described["reference"], described["baseline_value"], described["warning"]) == (
        "gold",
        "x",
        warning,
    )
    assert dict(found.facts()) == {
        "reference": "gold", "on_answered": str(Share(1, 2)), "on_all": str(Share(1, 3)),
        "answered": str(Share(2, 3)), "baseline": f"majority-class baseline ('x'): {Share(2, 3)}",
    }  # fmt: skip


def test_nothing_shared_is_none_and_nothing_answered_is_said() -> None:
    assert accuracy({"a": "x"}, {"b": "x"}, "gold") is None
    silent = accuracy({"a": None}, {"a": "x"}, "gold")
    assert silent is not None
    assert silent.on_answered.value is None
    assert (
        silent.lines("m")[0] == "m against gold: none of 1 answered; majority-class "
        "baseline ('x'): 100.0%"
    )
    as_good = accuracy({"a": "x", "b": "x"}, {"a": "x", "b": "y"}, "gold")
    assert as_good is not None
    assert as_good.warning is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (frozenset({"b", "a"}), "a, b"),
        (frozenset[str](), "none of the labels"),
        ((Span(0, 3, "PER"), Span(5, 7, "LOC")), "PER 0–3, LOC 5–7"),
        ((Box(0.1, 0.2, 0.3, 0.4, "dog"), Box(0.2, 0.2, 0.3, 0.4, "cat")), "dog, cat"),
        ({"tone": "good", "tags": frozenset({"z", "y"})}, "tone: good, tags: y, z"),
        (2.5, "2.5"),
    ],
)
def test_the_constant_is_told_in_words(value: Value, words: str) -> None:
    found = accuracy({"a": value}, {"a": value}, "gold")
    assert found is not None
    assert (found.baseline_value, found.on_all.hits) == (words, 1)


@pytest.mark.parametrize(("right", "better"), [(95, True), (72, None), (10, False)])
def test_a_share_near_the_constants_does_not_tell_which_is_better(
    right: int, better: bool | None
) -> None:
    truth = {str(i): "no" if i < 70 else "yes" for i in range(100)}
    said = {str(i): truth[str(i)] if i < right else "other" for i in range(100)}
    found = accuracy(said, truth, "gold")
    assert found is not None
    assert found.better is better
    assert found.as_json()["better"] is better
    described = any("cannot be determined from 100 records" in line for line in found.lines("m"))
    assert described is (better is None)
