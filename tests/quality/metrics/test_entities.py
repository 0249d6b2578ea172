import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator

from assay.core.errors import InputError
from assay.core.value import Span, Value
from assay.quality.metrics.accuracy import Share
from assay.quality.metrics.entities import Entities, Estimate, entity_scores


def span(start: int, end: int, label: str = "x", part: str = "text") -> Span:
    return Span(start, end, label, part)


def scored(said: list[Span] | None, truth: list[Span]) -> Entities:
    return entity_scores({"r": None if said is None else tuple(said)}, {"r": truth}, "gold")


@pytest.mark.parametrize(
    ("said", "truth", "matches"),
    [
        ([span(0, 4)], [span(0, 4)], (1, 1, 1)),
        ([span(0, 4, "y")], [span(0, 4)], (0, 0, 1)),
        ([span(0, 3)], [span(0, 4)], (0, 1, 0.5)),
        ([span(0, 3, "y")], [span(0, 4)], (0, 0, 0.5)),
        ([span(4, 6)], [span(0, 4)], (0, 0, 0)),
        ([span(0, 2), span(0, 4)], [span(0, 4)], (1, 1, 1)),
        ([span(0, 4, "y"), span(0, 4)], [span(0, 4)], (1, 1, 1)),
        ([span(0, 4, part="a")], [span(0, 4, part="b")], (0, 0, 0)),
        ([span(0, 4), span(0, 4)], [span(0, 4), span(0, 4)], (1, 1, 1)),
        ([], [span(0, 4)], (0, 0, 0)),
    ],
)  # fmt: skip
def test_each_scheme_says_what_matches(
    said: list[Span], truth: list[Span], matches: tuple[float, float, float]
) -> None:
    found = scored(said, truth).schemes
    assert tuple(found[name].matches for name in ("exact", "type", "partial")) == matches


def test_silence_marks_nothing_and_is_told_apart_from_an_empty_answer() -> None:
    silent, empty = scored(None, [span(0, 1)]), scored([], [span(0, 1)])
    assert (silent.exact.recall.value, empty.exact.recall.value) == (0.0, 0.0)
    assert (silent.answered.hits, empty.answered.hits) == (0, 1)
    assert silent.exact.precision.value is None


def test_records_without_entities_have_no_ratio_and_are_all_right() -> None:
    found = scored([], [])
    assert found.exact.f1.value is None
    assert found.whole.value == found.baseline.value == 1.0
    assert "NaN" not in json.dumps(found.as_json())


def test_the_interval_holds_the_value_and_narrows_with_records() -> None:
    def width(n: int) -> float:
        said: dict[str, Value | None] = {str(i): (span(0, 4),) for i in range(n)}
        truth = {str(i): [span(0, 4 if i % 3 else 5)] for i in range(n)}
        f1 = entity_scores(said, truth, "gold").exact.f1
        assert f1.value is not None
        assert f1.low is not None
        assert f1.high is not None
        assert f1.low <= f1.value <= f1.high
        assert f1.value == pytest.approx(2 / 3, abs=0.02)
        return f1.high - f1.low

    assert width(3000) < width(30) / 5


def test_nothing_found_in_a_few_records_does_not_prove_that_nothing_is() -> None:
    recall = scored([], [span(0, 1), span(2, 3)]).exact.recall
    assert recall.value == 0
    assert recall.high is not None
    assert recall.high > 0.5


def test_each_label_has_its_own_score() -> None:
    found = scored([span(0, 1), span(2, 3, "y")], [span(0, 1), span(4, 5, "y"), span(6, 7, "z")])
    counts = {name: (s.matches, s.marked, s.gold) for name, s in found.labels.items()}
    assert counts == {"x": (1, 1, 1), "y": (0, 1, 1), "z": (0, 0, 1)}


def test_the_measure_is_named() -> None:
    found = entity_scores({}, {"r": []}, "test labels", "downstream")
    assert "downstream score against test labels" in found.lines("tagger")[0]


def test_values_that_are_not_spans_are_refused() -> None:
    with pytest.raises(InputError, match="need spans"):
        entity_scores({"r": "person"}, {"r": []}, "gold")
    with pytest.raises(InputError, match="no records"):
        entity_scores({}, {}, "gold")


flat = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from("xy")), max_size=5
)  # fmt: skip


def laid_out(gaps: list[tuple[int, int, str]]) -> list[Span]:
    """Spans that do not overlap, as in a BIO file."""
    at, spans = 0, []
    for gap, size, label in gaps:
        spans.append(span(at + gap, at + gap + size, label))
        at += gap + size
    return spans


@given(st.lists(st.tuples(flat, flat), min_size=1, max_size=5))
def test_exact_counts_are_the_common_spans_and_the_library_agrees(
    drawn: list[tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]]],
) -> None:
    pairs = [(laid_out(a), laid_out(b)) for a, b in drawn]
    found = entity_scores(
        {str(i): tuple(a) for i, (a, _) in enumerate(pairs)},
        {str(i): b for i, (_, b) in enumerate(pairs)},
        "gold",
    )
    assert found.exact.matches == sum(len(set(a) & set(b)) for a, b in pairs)

    def docs(side: int) -> list[list[dict[str, object]]]:
        return [
            [{"label": s.label, "start": s.start, "end": s.end - 1} for s in pair[side]]
            for pair in pairs
        ]

    theirs = Evaluator(docs(1), docs(0), tags=["x", "y"], loader="dict").evaluate()["overall"]
    assert theirs["partial"].actual == found.exact.marked
    assert theirs["partial"].possible == found.exact.gold


def test_an_estimate_that_is_not_known_has_no_interval() -> None:
    unknown, known = Estimate(None, None, None), Estimate(0.5, 0.25, 0.75)
    assert unknown.as_json() == {"value": None, "interval": None}
    assert known.as_json() == {"value": 0.5, "interval": [0.25, 0.75]}
    assert (str(unknown), str(known)) == ("not known", "50.0% [25.0%, 75.0%]")


def test_everything_is_told_in_lines_and_json() -> None:
    said: dict[str, Value | None] = {
        "r0": (span(0, 4), span(5, 7, "y")), "r1": (span(0, 3),), "r2": None, "r3": (),
    }  # fmt: skip
    truth = {"r0": [span(0, 4), span(5, 7, "y")], "r1": [span(0, 4)], "r2": [span(1, 2)], "r3": []}
    found = entity_scores(said, truth, "gold")
    described = found.as_json()
    assert [described[k] for k in ("reference", "measure", "level", "records")] == [
        "gold", "direct", 0.95, 4,
    ]  # fmt: skip
    assert described["answered"] == {**Share(3, 4).as_json(), "value": 0.75}
    assert described["whole"] == {**Share(2, 4).as_json(), "value": 0.5}
    assert described["baseline"] == {"marks": "nothing", "f1": 0.0, "whole": Share(1, 4).as_json()}
    exact = found.schemes["exact"]
    assert (exact.matches, exact.marked, exact.gold) == (2.0, 3, 4)
    ratios = [exact.precision.value, exact.recall.value, exact.f1.value]
    assert ratios == pytest.approx([2 / 3, 1 / 2, 4 / 7])
    assert found.schemes["partial"].matches == 2.5
    assert described["schemes"] == {name: s.as_json() for name, s in found.schemes.items()}
    assert described["labels"] == {name: s.as_json() for name, s in found.labels.items()}
    assert exact.as_json() == {
        "matches": 2.0, "marked": 3, "gold": 4,
        "precision": {"value": exact.precision.value,
                      "interval": [exact.precision.low, exact.precision.high]},
        "recall": exact.recall.as_json(), "f1": exact.f1.as_json(),
    }  # fmt: skip
    silent = scored(None, [])
    assert silent.exact.f1.as_json() == {"value": None, "interval": None}
    head, *middle, last = found.lines("m")
    assert head == f"m, direct score against gold: {Share(3, 4)} answered"
    assert [line.split()[0] for line in middle] == ["exact", "type", "partial"]
    p = exact.precision
    assert f"precision {p.value:.1%} [{p.low:.1%}, {p.high:.1%}] (n = 3 marked)" in middle[0]
    assert f"recall {exact.recall} (n = 4 gold), F1 {exact.f1}" in middle[0]
    assert last.strip() == (
        f"records all right: {Share(2, 4)}; marking nothing would be right on 25.0% of them, "
        "with F1 0"
    )
    assert "not known" in silent.lines("m")[1]


def test_intervals_are_a_bootstrap_over_records_and_wilsons_at_the_ends() -> None:
    rng = np.random.default_rng(2)
    sizes, hits = rng.integers(1, 4, 120), []
    said: dict[str, Value | None] = {}
    truth: dict[str, list[Span]] = {}
    for i, size in enumerate(sizes):
        right = int(rng.integers(0, size + 1))
        hits.append(right)
        truth[str(i)] = [span(10 * k, 10 * k + 4) for k in range(size)]
        said[str(i)] = tuple(span(10 * k, 10 * k + (4 if k < right else 5)) for k in range(size))
    recall = entity_scores(said, truth, "gold").exact.recall
    drawn = [np.take(hits, k).sum() / sizes[k].sum() for k in rng.integers(0, 120, (4_000, 120))]
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (recall.low, recall.high) == pytest.approx((low, high), abs=0.012)
    whole = entity_scores({r: tuple(s) for r, s in truth.items()}, truth, "gold").exact
    assert (whole.f1.low, whole.f1.high) == Share(
        2 * int(sizes.sum()), 2 * int(sizes.sum())
    ).interval
    assert (whole.recall.low, whole.recall.high) == Share(
        int(sizes.sum()), int(sizes.sum())
    ).interval


def test_work_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = {str(i): [span(0, 4), span(6, 9, "y")] for i in range(12)}
    said: dict[str, Value | None] = {str(i): (span(0, 4 if i % 3 else 5),) for i in range(12)}
    whole = entity_scores(said, truth, "gold")
    for cells in (1, 100, 7_001):
        monkeypatch.setattr("assay.quality.metrics.entities.AT_ONCE", cells)
        assert entity_scores(said, truth, "gold") == whole
