"""Simulated scenes: known co-occurrence, recall and precision by prompt form, correlated errors."""

from collections.abc import Sequence

import numpy as np
import pytest

from assay.annotators.base import Annotator
from assay.core.annotation import PLAIN, Outcome, Request, Way, answer
from assay.core.errors import SpecError
from assay.core.record import Record, text_record
from assay.core.schema import MultiChoice
from assay.core.task import Task
from assay.strategies.base import Answer
from assay.strategies.groups import affinity_of, cooccurring, diverse
from assay.strategies.tags import CandidatesThenConfirm

LABELS = [f"tag{i:02d}" for i in range(40)]
TASK = Task("tags", "what is there?", MultiChoice(LABELS))


def scenes(n: int, seed: int) -> dict[str, frozenset[str]]:
    """Each scene draws two themes of eight labels, so labels of a theme occur together."""
    rng = np.random.default_rng(seed)
    themes = np.array(LABELS).reshape(5, 8)
    return {
        f"s{i}": frozenset(
            str(label)
            for t in rng.choice(5, 2, replace=False)
            for label in rng.choice(themes[t], 3, replace=False)
        )
        for i in range(n)
    }


class SimulatedTagger:
    """Misses more the more labels are asked at once; a part of its inventions it confirms too."""

    def __init__(self, truth: dict[str, frozenset[str]], correlation: float, seed: int) -> None:
        self.truth, self.correlation, self.seed = truth, correlation, seed
        self.calls = 0

    task = TASK

    def people(self, annotator: str) -> bool:
        return False

    def enrol(self, annotator: Annotator) -> str:
        return annotator.id

    async def __call__(
        self,
        annotator: str,
        records: Sequence[Record],
        ways: Way | Sequence[Way] = PLAIN,
        *,
        task: Task | None = None,
    ) -> list[Answer]:
        each = [ways] * len(records) if isinstance(ways, Way) else ways
        self.calls += len(records)
        return [
            self._answer(Request(TASK, r, annotator, w)) for r, w in zip(records, each, strict=True)
        ]

    def _answer(self, request: Request) -> Answer:
        asked = request.way.focus or tuple(LABELS)
        recall = 0.97 if len(asked) == 1 else 0.95 - 0.008 * len(asked)
        rng = np.random.default_rng([self.seed, int(request.key[:12], 16)])
        chosen = {
            label
            for label in asked
            if self._says(request.record.id, label, recall, len(asked) == 1, rng)
        }
        return answer(request, Outcome.ANSWERED, value=frozenset(chosen))

    def _says(
        self, record: str, label: str, recall: float, alone: bool, rng: np.random.Generator
    ) -> bool:
        if label in self.truth[record]:
            return bool(rng.random() < recall)
        seed = [self.seed, int(record[1:]), LABELS.index(label)]
        invents = np.random.default_rng(seed).random() < 0.08
        if alone:
            return bool(invents and rng.random() < self.correlation)
        return bool(invents)


def measures(
    given: Sequence[frozenset[str]], truth: Sequence[frozenset[str]]
) -> tuple[float, float]:
    hits = sum(len(g & t) for g, t in zip(given, truth, strict=True))
    return hits / sum(map(len, truth)), hits / max(1, sum(map(len, given)))


async def test_stages_gain_recall_then_precision_with_fewer_calls_than_labels() -> None:
    truth = scenes(150, seed=4)
    records = [text_record(name, name) for name in truth]
    near = affinity_of(list(scenes(300, seed=9).values()), LABELS)
    groups = (*cooccurring(LABELS, near, 10), *diverse(LABELS, near, 10))
    tagger = SimulatedTagger(truth, correlation=0.3, seed=2)
    decisions = await CandidatesThenConfirm("vlm", "vlm", groups).label(records, tagger)
    calls = tagger.calls / len(records)
    one_pass = [a.value for a in await tagger("vlm", records)]  # type: ignore[union-attr]
    candidates = [frozenset(d.scores or {}) for d in decisions]
    final = [d.value for d in decisions]
    gold = list(truth.values())
    recall_one, precision_one = measures(one_pass, gold)  # type: ignore[arg-type]
    recall_candidates, _ = measures(candidates, gold)
    _, precision_final = measures(final, gold)  # type: ignore[arg-type]
    assert calls < len(LABELS)
    assert recall_candidates >= recall_one
    assert precision_final > precision_one


async def test_a_model_that_confirms_its_own_inventions_gains_no_precision() -> None:
    truth = scenes(80, seed=5)
    records = [text_record(name, name) for name in truth]
    groups = tuple(tuple(LABELS[i : i + 10]) for i in range(0, 40, 10))
    results = {}
    for correlation in (0.1, 1.0):
        tagger = SimulatedTagger(truth, correlation, seed=2)
        decisions = await CandidatesThenConfirm("vlm", "vlm", groups).label(records, tagger)
        values = [d.value for d in decisions]
        results[correlation] = measures(values, list(truth.values()))[1]  # type: ignore[arg-type]
    assert results[1.0] < results[0.1] - 0.1


async def test_a_label_not_chosen_in_its_group_is_absent_from_the_scores() -> None:
    truth = {"s0": frozenset({"tag00"})}
    groups = tuple(tuple(LABELS[i : i + 10]) for i in range(0, 40, 10))
    tagger = SimulatedTagger(truth, correlation=0.0, seed=1)
    [decision] = await CandidatesThenConfirm("a", "b", groups).label(
        [text_record("s0", "x")], tagger
    )
    assert decision.scores is not None
    assert set(decision.scores.values()) <= {0.0, 1.0}
    assert len(decision.scores) < len(LABELS)


async def test_a_label_in_no_group_is_refused() -> None:
    tagger = SimulatedTagger({}, 0.0, 0)
    with pytest.raises(SpecError, match="in no group"):
        await CandidatesThenConfirm("a", "b", (("tag00",),)).label([], tagger)


def test_groups_hold_every_label_once_and_differ_in_kind() -> None:
    near = affinity_of(list(scenes(300, seed=9).values()), LABELS)
    alike, unlike = cooccurring(LABELS, near, 8), diverse(LABELS, near, 8)
    assert sorted(x for g in alike for x in g) == LABELS
    assert sorted(x for g in unlike for x in g) == LABELS

    def inside(groups: Sequence[Sequence[str]]) -> float:
        place = [[LABELS.index(x) for x in g] for g in groups]
        return float(np.mean([near[np.ix_(p, p)].mean() for p in place]))

    assert inside(alike) > inside(unlike)
