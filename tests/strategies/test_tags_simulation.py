"""Candidates and confirmation on simulated scenes: known co-occurrence, correlated errors.

What a toy gets wrong (section 3(d)): the gap that is closed is guarded and averages over tags hide
the rare ones (both in `tests/quality/metrics/test_tagging.py`), what was not asked is no negative
(`test_tags.py`), and the same model confirms its own inventions: here.
"""

import numpy as np
import pytest

from assay.core.annotation import Annotation
from assay.core.record import Record
from assay.core.value import Value
from assay.quality.metrics.tagging import Tagged, Tagging, tagging
from assay.strategies.groups import affinity_of, cooccurring, diverse
from assay.strategies.tags import CandidatesThenConfirm
from bench.scenes import Scenes, SimulatedModel
from tests.strategies.recorded_ask import RecordedAsk

TAGS, GROUP = 60, 10


def world(seed: int, correlation: float) -> tuple[Scenes, RecordedAsk]:
    scenes = Scenes(TAGS, 120, seed)
    ask = RecordedAsk(scenes.task, {})
    ask.register(SimulatedModel("model", scenes, correlation, seed))
    return scenes, ask


def two_stages(scenes: Scenes, explained: bool = True) -> CandidatesThenConfirm:
    """Grouped by the tags of other scenes of the same kind."""
    near = affinity_of(list(Scenes(TAGS, 300, 999).truth.values()), scenes.labels)
    groups = (*cooccurring(scenes.labels, near, GROUP), *diverse(scenes.labels, near, GROUP))
    return CandidatesThenConfirm("model", "model", groups, scenes.concepts if explained else {})


def scored(scenes: Scenes, values: dict[str, Value | None]) -> Tagging:
    found = tagging(Tagged(values, scenes.truth, scenes.labels), "the scenes")
    assert found is not None
    return found


async def one_pass(ask: RecordedAsk, records: tuple[Record, ...]) -> dict[str, Value | None]:
    answers = await ask("model", records)
    return {a.record: a.value for a in answers if isinstance(a, Annotation)}


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("seed", range(4))
async def test_more_is_found_then_less_is_wrong_with_fewer_calls_than_labels(
    seed: int, correlation: float
) -> None:
    scenes, ask = world(seed, correlation)
    decisions = await two_stages(scenes).label(scenes.records, ask)
    calls = ask.asked["model"] / len(scenes.records)
    baseline = scored(scenes, await one_pass(ask, scenes.records))
    candidates = scored(scenes, {d.record: frozenset(d.scores or {}) for d in decisions})
    final = scored(scenes, {d.record: d.value for d in decisions})
    assert calls < TAGS / 2
    assert value(candidates, "recall") >= value(baseline, "recall")
    assert value(candidates, "recall") > 0.9
    assert value(final, "precision") > value(baseline, "precision")
    assert value(final, "f1") > value(baseline, "f1") + 0.05
    assert (final.class_wise.f1.value or 0) > (baseline.class_wise.f1.value or 0)


async def test_a_model_that_repeats_its_errors_confirms_what_it_invented() -> None:
    precision = []
    for correlation in (0.0, 0.9):
        scenes, ask = world(3, correlation)
        decisions = await two_stages(scenes).label(scenes.records, ask)
        precision.append(value(scored(scenes, {d.record: d.value for d in decisions}), "precision"))
    assert precision[1] < precision[0] - 0.02


async def test_explained_concepts_remove_what_an_ambiguous_name_brought_in() -> None:
    scenes, ask = world(5, 0.3)
    mistaken = {}
    for explained in (True, False):
        decisions = await two_stages(scenes, explained).label(scenes.records, ask)
        said = {d.record: d.value for d in decisions}
        mistaken[explained] = sum(
            scenes.labels[int(tag)] in (said[scenes.records[int(scene)].id] or ())  # type: ignore[operator]
            for scene, tag in zip(*np.nonzero(scenes.mistakable), strict=True)
        )
    assert mistaken[True] < mistaken[False] / 2


async def test_the_simulated_chances_are_those_of_the_form_whatever_the_correlation() -> None:
    for correlation in (0.0, 0.9):
        scenes = Scenes(TAGS, 2_000, 1)
        ask = RecordedAsk(scenes.task, {})
        ask.register(SimulatedModel("model", scenes, correlation, 1))
        found = scored(scenes, await one_pass(ask, scenes.records))
        assert value(found, "recall") == pytest.approx(0.96 - 0.005 * TAGS, abs=0.02)


def value(found: Tagging, figure: str) -> float:
    estimate = getattr(found.overall, figure).value
    assert estimate is not None
    return float(estimate)
