import itertools

import numpy as np
import pytest
from hypothesis import given, settings

from assay.core.schema.boxes import overlap, rectangle
from assay.core.value import Box
from assay.quality.metrics.accuracy import Share
from assay.quality.metrics.boxes import box_scores, match, mean_pairwise_f1
from tests.core.test_boxes import values

CAT = Box(0.1, 0.1, 0.4, 0.4, "cat")
NEAR = Box(0.12, 0.1, 0.4, 0.4, "cat")
FAR = Box(0.6, 0.6, 0.3, 0.3, "dog")


@given(values, values)
@settings(max_examples=60)
def test_no_other_pairing_overlaps_more(a: tuple[Box, ...], b: tuple[Box, ...]) -> None:
    a, b = a[:4], b[:4]
    pairs = match(a, b)
    assert len({p.first for p in pairs}) == len({p.second for p in pairs}) == len(pairs)
    short, long = sorted((a, b), key=len)
    best = 0.0
    for order in itertools.permutations(long, len(short)):
        shares = [overlap(rectangle(x), rectangle(y)) for x, y in zip(short, order, strict=True)]
        best = max(best, sum(share for share in shares if share >= 0.5))
    assert sum(p.overlap for p in pairs) == pytest.approx(best, abs=1e-6)


@given(values)
def test_a_copy_is_perfect(boxes: tuple[Box, ...]) -> None:
    scores = box_scores({"r": boxes}, {"r": boxes}, "itself")
    assert scores is not None
    if boxes:
        assert (scores.f1, scores.fit, scores.precision.value) == (1.0, 1.0, 1.0)
    else:
        assert (scores.f1, scores.fit, scores.baseline) == (None, None, None)


def test_place_and_name_are_scored_apart() -> None:
    said = {"r": [NEAR, FAR], "s": [Box(*rectangle(CAT), "dog")]}
    scores = box_scores(said, {"r": [CAT], "s": [CAT]}, "gold")
    assert scores is not None
    assert (scores.found.hits, scores.found.n) == (2, 2)
    assert (scores.named.hits, scores.named.n) == (1, 2)
    assert (scores.precision.hits, scores.precision.n) == (1, 3)
    assert scores.f1 == pytest.approx(2 / 5)
    assert scores.fit == pytest.approx((1 + overlap(rectangle(NEAR), rectangle(CAT))) / 2)


def test_silence_misses_every_box_but_nothing_seen_is_an_answer() -> None:
    scores = box_scores({"r": None, "s": ()}, {"r": [CAT], "s": ()}, "gold")
    assert scores is not None
    assert (scores.answered.hits, scores.answered.n) == (1, 2)
    assert (scores.recall.hits, scores.recall.n) == (0, 1)
    assert scores.f1 == 0.0


def test_two_labels_on_one_place_find_their_like() -> None:
    both = [Box(*rectangle(CAT), "cat"), Box(*rectangle(CAT), "dog")]
    scores = box_scores({"r": both[::-1]}, {"r": both}, "gold")
    assert scores is not None
    assert scores.f1 == 1.0


def test_a_box_around_everything_is_the_baseline() -> None:
    whole = Box(0, 0, 1, 0.9, "cat")
    scores = box_scores({"r": ()}, {"r": [whole]}, "gold")
    assert scores is not None
    assert (scores.f1, scores.baseline) == (0.0, 1.0)


def test_intervals_hold_the_value_and_narrow_with_records() -> None:
    rng = np.random.default_rng(0)
    reference = {str(i): [CAT] for i in range(200)}
    answers = {r: [CAT] if rng.random() < 0.8 else [FAR] for r in reference}
    scores = box_scores(answers, reference, "gold")
    assert scores is not None
    assert scores.f1 is not None
    assert scores.f1_interval is not None
    assert scores.f1_interval[0] < scores.f1 < scores.f1_interval[1]
    assert scores.f1_interval[1] - scores.f1_interval[0] < 0.15


def test_annotators_agree_pair_by_pair() -> None:
    people = {"a": {"r": [CAT]}, "b": {"r": [NEAR]}, "c": {"r": [FAR]}, "d": {"x": [CAT]}}
    assert mean_pairwise_f1(people) == pytest.approx(1 / 3)
    assert mean_pairwise_f1({"a": {"r": [CAT]}}) is None


def test_without_shared_records_there_are_no_scores() -> None:
    assert box_scores({"a": ()}, {"b": ()}, "gold") is None


def test_a_score_is_told_whole_and_its_intervals_are_a_bootstrap_over_records() -> None:
    def box(x: float, label: str = "dog", size: float = 0.2) -> Box:
        return Box(x, 0.0, size, 0.2, label)

    reference = {f"r{i}": [box(0.0), box(0.5)] for i in range(30)} | {"none": []}
    answers: dict[str, list[Box] | None] = {
        f"r{i}": [box(0.0), box(0.5, "cat" if i % 3 else "dog", 0.15)] for i in range(20)
    }
    answers |= {f"r{i}": None for i in range(20, 30)} | {"none": [box(0.1)], "other": [box(0.0)]}
    found = box_scores(answers, reference, "people")
    assert found is not None
    assert (found.reference, found.records, found.least) == ("people", 31, 0.5)
    assert (found.answered, found.precision) == (Share(21, 31), Share(27, 41))
    assert (found.recall, found.found, found.named) == (Share(27, 60), Share(40, 60), Share(27, 40))
    assert found.f1 == pytest.approx(2 * 27 / 101)
    assert found.fit == pytest.approx((20 * 1.0 + 20 * 0.75) / 40)
    described = found.as_json()
    for name in ("answered", "precision", "recall", "found", "named"):
        assert described[name] == getattr(found, name).as_json()
    for name in ("f1", "f1_interval", "fit", "fit_interval", "baseline", "records", "reference"):
        assert described[name] == getattr(found, name)
    parts = np.array([4 if i % 3 == 0 else 2 for i in range(20)] + [0] * 11)
    whole = np.array([4] * 20 + [2] * 10 + [1])
    rng = np.random.default_rng(5)
    drawn = [parts[k].sum() / whole[k].sum() for k in rng.integers(0, 31, (4_000, 31))]
    assert found.f1_interval == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.02)
    assert found.fit_interval == pytest.approx((0.875, 0.875))
    strict = box_scores(answers, reference, "people", 0.8)
    assert strict is not None
    assert (strict.found.hits, strict.least) == (20, 0.8)


def test_of_nothing_given_and_nothing_wanted_no_figure_is_known() -> None:
    found = box_scores({"r": []}, {"r": []}, "people")
    assert found is not None
    assert (found.f1, found.f1_interval, found.fit, found.fit_interval, found.baseline) == (
        None,
    ) * 5
    assert box_scores({"r": []}, {"s": []}, "people") is None
    assert mean_pairwise_f1({"a": {"r": None}, "b": {"r": []}}) is None
