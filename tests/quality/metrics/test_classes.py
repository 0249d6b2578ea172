"""Confusion, macro-F1 and kappa against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score

from assay.quality.metrics.classes import confusion

LABELS = ["a", "b", "c"]
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


def maps(pairs: list[tuple[str, str | None]]) -> tuple[dict[str, str | None], dict[str, str]]:
    given = {str(i): said for i, (_, said) in enumerate(pairs)}
    return given, {str(i): true for i, (true, _) in enumerate(pairs)}


@given(PAIRS)
def test_figures_are_those_of_scikit_learn(pairs: list[tuple[str, str | None]]) -> None:
    found = confusion(*maps(pairs))
    true, said = [t for t, _ in pairs], [s for _, s in pairs]
    assert found.macro_f1().value == pytest.approx(f1_score(true, said, average="macro"))
    names = list(found.labels)
    for figure, theirs in (("precision", precision_score), ("recall", recall_score)):
        scores = theirs(true, said, labels=names, average=None, zero_division=np.nan)
        ours = [getattr(c, figure) for c in found.classes]
        assert [np.nan if x is None else x for x in ours] == pytest.approx(scores, nan_ok=True)
    if len(set(true) | set(said)) > 1:
        assert found.kappa().value == pytest.approx(cohen_kappa_score(true, said))


def test_silence_counts_against_recall_and_not_in_kappa() -> None:
    found = confusion(*maps([("a", "a"), ("a", None), ("b", "b"), ("b", "a")]))
    assert found.counts.tolist() == [[1, 0, 1], [1, 1, 0]]
    assert found.classes[0].recall == 0.5
    assert found.kappa().value == pytest.approx(cohen_kappa_score(["a", "b", "b"], ["a", "b", "a"]))


def test_one_label_alone_has_no_kappa() -> None:
    found = confusion(*maps([("a", "a"), ("a", "a")]))
    assert found.kappa().as_json() == {"value": None, "interval": None, "n": 2}


def test_nothing_to_compare_is_no_figure() -> None:
    found = confusion({}, {"1": "a"})
    assert (found.n, found.macro_f1().value) == (0, None)


def test_intervals_hold_the_value_and_shrink_with_records() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for n in (50, 2000):
        pairs: list[tuple[str, str | None]] = [
            (t, t if rng.random() < 0.7 else "b") for t in rng.choice(LABELS, n)
        ]
        found = confusion(*maps(pairs)).kappa()
        assert found.interval is not None
        assert found.value is not None
        assert found.interval[0] < found.value < found.interval[1]
        widths.append(found.interval[1] - found.interval[0])
    assert widths[1] < widths[0] / 3


def test_labels_stand_in_the_order_of_the_task() -> None:
    found = confusion(*maps([("c", "b")]), ["a", "b", "c"])
    assert found.labels == ("a", "b", "c")
    assert [c.f1 for c in found.classes] == [None, 0.0, 0.0]
