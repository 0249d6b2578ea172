"""Tagging a large label space in two stages, on simulated scenes: recall, precision, calls, price.

    python bench/tags.py [--seeds 6] [--tags 80] [--scenes 150]

Compared for several correlations of a model's errors between prompts, means over seeds with 95 %
intervals (t over seeds): `open` names what it sees; `options` lists all tags in one prompt;
`binary` asks about each tag; `groups` is stage one of TagLLM (co-occurring and diverse groups of
ten), `two stages` the whole of it with explained concepts. The model is simulated (`scenes.py`
states its chances); only the machinery is measured here.

`mAP` is of a classifier trained on the tags (logistic regression on noisy features of the
same scenes, tested on fresh ones against the truth), as the paper measures: `people` miss a tenth
of the tags. The gap closed is that from `options` to `people`; it is not defined, and counted,
where `options` is no worse.
"""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scenes import Scenes, SimulatedModel, sets
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from assay.core.value import Value
from assay.ledger import MemoryLedger
from assay.quality.metrics.tagging import Tagged, gap_closed, tagging
from assay.run import Job, label
from assay.strategies.base import Strategy
from assay.strategies.groups import affinity_of, cooccurring, diverse
from assay.strategies.single import Single
from assay.strategies.tags import CandidatesThenConfirm

Floats = NDArray[np.float64]
Values = Mapping[str, Value | None]

CORRELATIONS = (0.0, 0.3, 0.6, 0.9)
GROUP = 10
NOISE = 1.5  # of the features that a classifier learns from
MISSED = 0.1  # tags that people leave out
FIGURES = ("recall", "precision", "F1", "CF1", "rare recall", "calls", "mAP")


def labelled(
    scenes: Scenes, strategy: Strategy, models: Sequence[SimulatedModel]
) -> tuple[Values, dict[str, frozenset[str]], float]:
    """Final tags, candidates (where there are any), and calls a scene."""
    ledger = MemoryLedger()
    job = Job(scenes.task, strategy, {m.id: m for m in models}, ledger)
    summary = asyncio.run(label(job, scenes.records))
    decisions = list(ledger.decisions(summary.run))
    asked = sum(t.outcomes.total() for t in summary.tallies.values())
    return (
        {d.record: d.value for d in decisions},
        {d.record: frozenset(d.scores or {}) for d in decisions},
        asked / scenes.count,
    )


def one_world(scenes: Scenes, correlation: float, seed: int) -> dict[str, list[float]]:
    model = SimulatedModel("model", scenes, correlation, seed)
    reader = SimulatedModel("open", scenes, correlation, seed, open_ended=True)
    near = affinity_of(list(Scenes(scenes.tags, 500, 10_000 + seed).truth.values()), scenes.labels)
    passes = (*cooccurring(scenes.labels, near, GROUP), *diverse(scenes.labels, near, GROUP))
    each = tuple((name,) for name in scenes.labels)
    found: dict[str, tuple[Values, float]] = {}
    for name, who in (("open", reader), ("options", model)):
        values, _, calls = labelled(scenes, Single(who.id), [who])
        found[name] = values, calls
    values, candidates, calls = labelled(
        scenes, CandidatesThenConfirm("model", "model", passes, scenes.concepts), [model]
    )
    found["groups"] = candidates, len(passes)
    found["two stages"] = values, calls
    _, said, _ = labelled(scenes, CandidatesThenConfirm("model", "model", each), [model])
    found["binary"] = (
        said,
        len(each),
    )  # a group of one is a binary question; its union is the answer
    rng = np.random.default_rng([seed, 7])
    seen = scenes.present & (rng.random(scenes.present.shape) >= MISSED)
    found["people"] = sets(scenes, seen), 0.0
    return {
        name: [*quality(scenes, values), calls, downstream(scenes, values, seed)]
        for name, (values, calls) in found.items()
    }


def quality(scenes: Scenes, values: Values) -> list[float]:
    found = tagging(Tagged(values, scenes.truth, scenes.labels), "the scenes")
    assert found is not None
    overall, rare = found.overall, found.bands[0].scores
    given = (overall.recall, overall.precision, overall.f1, found.class_wise.f1, rare.recall)
    return [e.value or 0.0 for e in given]


def downstream(scenes: Scenes, values: Values, seed: int) -> float:
    """mAP on fresh scenes of a classifier that learnt from these tags."""
    fresh = Scenes(scenes.tags, 2 * scenes.count, 20_000 + seed)
    rng = np.random.default_rng([seed, 8])
    mixing = rng.normal(size=(scenes.tags, scenes.tags)) / np.sqrt(scenes.tags)
    x, test = (s.present @ mixing + NOISE * rng.normal(size=s.present.shape) / 4
               for s in (scenes, fresh))  # fmt: skip
    scores = []
    for i, name in enumerate(scenes.labels):
        y = np.array([name in (values[r.id] or ()) for r in scenes.records])
        right = fresh.present[:, i]
        if not right.any():
            continue
        if y.all() or not y.any():  # nothing to learn: every scene looks alike
            scores.append(right.mean())
            continue
        fitted = LogisticRegression(C=0.3).fit(x, y)
        scores.append(average_precision_score(right, fitted.decision_function(test)))
    return float(np.mean(scores))


def mean(values: Sequence[float]) -> str:
    if len(values) < 2:
        return "-"
    arm = student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):.3f} ± {arm:.3f}"


def compare(correlation: float, tags: int, count: int, seeds: int) -> None:
    rows: dict[str, list[list[float]]] = defaultdict(list)
    for seed in range(seeds):
        for name, figures in one_world(Scenes(tags, count, seed), correlation, seed).items():
            rows[name].append(figures)
    print(f"\ncorrelation {correlation:g}: {tags} tags, {count} scenes, {seeds} seeds")
    print(f"| | {' | '.join(FIGURES)} |")
    print("|---" * (len(FIGURES) + 1) + "|")
    for name, worlds in rows.items():
        print(f"| {name} | {' | '.join(mean(column) for column in zip(*worlds, strict=True))} |")
    table = {name: np.array(worlds) for name, worlds in rows.items()}
    gaps = [
        gap_closed(*scores)
        for scores in zip(
            *(table[x][:, -1] for x in ("two stages", "options", "people")), strict=True
        )
    ]
    there = [g for g in gaps if g is not None]
    print(f"gap closed {mean(there)} (not defined in {len(gaps) - len(there)} of {len(gaps)})")
    stage, one, two = (table[x] for x in ("groups", "options", "two stages"))
    print(
        f"seeds in which stage one finds no less than one pass over all tags: "
        f"{(stage[:, 0] >= one[:, 0]).mean():.2f}; calls fewer than tags: "
        f"{(two[:, 5] < tags).mean():.2f}; more precise than the options in one prompt: "
        f"{(two[:, 1] > one[:, 1]).mean():.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--tags", type=int, default=80)
    parser.add_argument("--scenes", type=int, default=150)
    options = parser.parse_args()
    for correlation in CORRELATIONS:
        compare(correlation, options.tags, options.scenes, options.seeds)


if __name__ == "__main__":
    main()
