"""Scores of tags against scikit-learn, and what must not be hidden by an average."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from assay.core.errors import InputError
from assay.quality.metrics.tagging import Tagged, Tagging, gap_closed, tagging

LABELS = [f"t{i}" for i in range(9)]


def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, what was given and scores, each (records, labels); later labels are rarer."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, len(LABELS))) < np.linspace(0.6, 0.05, len(LABELS))
    scores = truth + rng.normal(0, 0.7, truth.shape)
    return truth, scores > 0.6, scores


def sets(table: np.ndarray) -> dict[str, frozenset[str]]:
    return {
        f"r{i}": frozenset(label for label, yes in zip(LABELS, row, strict=False) if yes)
        for i, row in enumerate(table)
    }


def scored(truth: np.ndarray, said: np.ndarray, scores: np.ndarray | None = None) -> Tagging:
    sure = None
    if scores is not None:
        sure = {
            f"r{i}": dict(zip(LABELS, map(float, s), strict=True)) for i, s in enumerate(scores)
        }
    found = tagging(Tagged(sets(said), sets(truth), LABELS, sure), "people")
    assert found is not None
    return found


def test_figures_equal_scikit_learn() -> None:
    truth, said, scores = drawn(400, 1)
    found = scored(truth, said, scores)
    micro = precision_recall_fscore_support(truth, said, average="micro")
    ours = (found.overall.precision, found.overall.recall, found.overall.f1)
    assert [e.value for e in ours] == pytest.approx(micro[:3])
    macro = precision_recall_fscore_support(truth, said, average="macro")
    assert found.class_wise.precision.value == pytest.approx(macro[0])
    assert found.class_wise.recall.value == pytest.approx(macro[1])
    assert found.class_wise.f1.value == pytest.approx(
        2 * macro[0] * macro[1] / (macro[0] + macro[1])
    )
    each = precision_recall_fscore_support(truth, said, average=None)
    assert [t.f1 for t in found.tags] == pytest.approx(list(each[2]))
    assert [t.true for t in found.tags] == list(each[3])
    assert found.mean_average_precision == pytest.approx(
        average_precision_score(truth, scores, average="macro")
    )


def test_average_precision_of_a_ranking_by_hand() -> None:
    scores = {"a": {"x": 3.0}, "b": {"x": 2.0}, "c": {"x": 1.0}, "d": {}}
    truth = {"a": frozenset("x"), "b": frozenset[str](), "c": frozenset("x"), "d": frozenset[str]()}
    found = tagging(Tagged(truth, truth, ["x"], scores), "people")
    assert found is not None
    assert found.mean_average_precision == pytest.approx((1 + 2 / 3) / 2)


def test_intervals_cover_the_figures_of_the_world() -> None:
    truth, said, _ = drawn(40_000, 2)
    recall = ((truth & said).sum(axis=0) / truth.sum(axis=0)).mean()
    held = []
    for seed in range(60):
        truth, said, _ = drawn(200, 100 + seed)
        interval = scored(truth, said).class_wise.recall.interval
        assert interval is not None
        held.append(interval[0] <= recall <= interval[1])
    assert np.mean(held) >= 0.85


def test_bands_show_the_rare_tags_that_the_mean_hides() -> None:
    truth, said, _ = drawn(600, 3)
    said = said.copy()
    said[:, -3:] = False  # the rare ones are never given
    found = scored(truth, said)
    assert [band.name for band in found.bands] == ["rare", "middling", "frequent"]
    assert found.bands[0].labels == tuple(reversed(LABELS[-3:]))
    assert found.bands[0].most <= found.bands[1].fewest
    assert found.bands[0].scores.recall.value == 0.0
    assert found.bands[0].scores.f1.value == 0.0
    assert (found.overall.recall.value or 0) > 0.55


def test_a_tag_never_given_has_no_precision_and_counts_as_nought_in_the_mean() -> None:
    truth = np.array([[1, 1], [1, 0]], bool)
    found = tagging(
        Tagged({"r0": frozenset(["t0"]), "r1": frozenset(["t0"])}, sets(truth), ["t0", "t1", "t2"]),
        "people",
    )
    assert found is not None
    assert [t.precision for t in found.tags] == [1.0, None, None]
    assert [t.recall for t in found.tags] == [1.0, 0.0, None]
    assert found.class_wise.precision.value == 0.5  # t2 is nowhere, t1 should have been given
    assert found.class_wise.recall.value == 0.5


def test_what_the_reference_does_not_know_counts_neither_way() -> None:
    """Human tags are incomplete: a false positive may be a tag that nobody looked for."""
    truth = {"a": frozenset(["t0"]), "b": frozenset(["t0"])}
    said = {"a": frozenset(["t0", "t1"]), "b": frozenset(["t0", "t1"])}
    closed = tagging(Tagged(said, truth, ["t0", "t1"]), "people")
    opened = tagging(Tagged(said, truth, ["t0", "t1"], unknown={"a": frozenset(["t1"])}), "people")
    assert closed is not None
    assert opened is not None
    assert closed.overall.precision.value == pytest.approx(2 / 4)
    assert opened.overall.precision.value == pytest.approx(2 / 3)


def test_silence_costs_recall_and_is_told() -> None:
    truth = {"a": frozenset(["t0"]), "b": frozenset(["t0"])}
    found = tagging(Tagged({"a": frozenset(["t0"]), "b": None}, truth, ["t0"]), "people")
    assert found is not None
    assert found.answered.value == 0.5
    assert found.overall.recall.value == 0.5
    assert found.overall.precision.value == 1.0


def test_the_best_constant_set_is_the_baseline() -> None:
    truth = np.array([[1, 1, 0]] * 8 + [[0, 0, 1]] * 2, bool)
    nothing = np.zeros((10, 3), bool)
    labels = LABELS[:3]
    found = tagging(Tagged(sets(nothing), sets(truth), labels), "people")
    assert found is not None
    assert found.baseline.labels == ("t0", "t1")
    assert found.baseline.f1 == pytest.approx(2 * 16 / (20 + 18))
    assert found.warning is not None
    assert found.overall.precision.value is None
    assert "nan" not in " ".join(found.lines("model"))
    assert "not known" in " ".join(found.lines("model"))


@pytest.mark.parametrize("value", ["t0", frozenset(["other"])])
def test_what_is_no_set_of_known_tags_is_named(value: str | frozenset[str]) -> None:
    with pytest.raises(InputError, match="record 'a'"):
        tagging(Tagged({"a": value}, {"a": frozenset(["t0"])}, ["t0"]), "people")


def test_nothing_in_common_gives_nothing() -> None:
    assert tagging(Tagged({}, {"a": frozenset(["t0"])}, ["t0"]), "people") is None


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.frozensets(st.sampled_from(LABELS)), st.frozensets(st.sampled_from(LABELS))),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_whatever_the_tags_figures_are_shares_or_absent(
    pairs: list[tuple[frozenset[str], frozenset[str]]],
) -> None:
    truth = {f"r{i}": t for i, (t, _) in enumerate(pairs)}
    said = {f"r{i}": s for i, (_, s) in enumerate(pairs)}
    found = tagging(Tagged(said, truth, LABELS), "people")
    assert found is not None
    for scores in (found.overall, found.class_wise):
        for e in (scores.precision, scores.recall, scores.f1):
            assert e.value is None or 0 <= e.value <= 1
            assert e.interval is None or 0 <= e.interval[0] <= e.interval[1] <= 1
    assert "nan" not in repr(found.as_json())


def test_gap_closed_is_undefined_where_raw_is_not_below_human() -> None:
    assert gap_closed(0.8, 0.7, 0.9) == pytest.approx(0.5)
    assert gap_closed(0.95, 0.7, 0.9) == pytest.approx(1.25)  # better than human
    assert gap_closed(0.8, 0.9, 0.9) is None
    assert gap_closed(0.8, 0.95, 0.9) is None


def test_work_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, said, scores = drawn(40, 3)
    whole = scored(truth, said, scores)
    for cells in (1, 1_000, 7_001):
        monkeypatch.setattr("assay.quality.metrics.tagging.AT_ONCE", cells)
        assert scored(truth, said, scores) == whole
