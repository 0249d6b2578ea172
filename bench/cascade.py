"""A certified chain on real answers: mistral-7b, then gpt-3.5, then gpt-4, against human choices.

The folder holds three models' class probabilities on the same 500 preference pairs and the
human's choice. For each target agreement, over random splits, one half is the labelled sample: a
fifth of it calibrates each model's confidence (Platt), the rest certifies one threshold for the
chain; the other half is labelled. A violation is an agreement below the target on the other half:
of the accepted labels, or, where the whole output is promised, of all, those of the human included.
That half has 250 records, so that its agreement falls below a target that is kept exactly about
half of the time; the second column draws sample and test from the 500 as an endless population
instead, where the agreement is known and the promise can be held to delta.

    python bench/cascade.py ../shared/data/cascade
"""

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from assay.quality.guarantees.certificate import certify, certify_chain, first_sure
from assay.quality.guarantees.promise import ABOUT, Promise

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]

LINKS = ("mistral-7b-instruct", "gpt-3.5-turbo", "gpt-4-turbo")
TARGETS = (0.7, 0.8, 0.85)


def read(folder: Path) -> tuple[Floats, Bools]:
    """(links, records): logit of the larger probability, and whether the choice is the human's."""
    sure, right = [], []
    for link in LINKS:
        rows = [json.loads(line) for line in (folder / f"{link}.jsonl").open(encoding="utf-8")]
        probability = np.array([row["probs"] for row in rows])
        human = np.array([row["preferences"]["human"] for row in rows])
        top = probability.max(axis=1) / probability.sum(axis=1)
        sure.append(logit(np.clip(top, 1e-9, 1 - 1e-9)))
        right.append(probability.argmax(axis=1) + 1 == human)
    return np.array(sure), np.array(right)


def platt(x: Floats, right: Bools) -> tuple[float, float]:
    """Slope (not negative) and offset, with a weak prior that keeps a small sample steady."""

    def loss(p: Floats) -> float:
        z = np.exp(p[0]) * x + p[1]
        return float(np.logaddexp(0, np.where(right, -z, z)).sum() + 0.5 * (p**2).sum() * 0.1)

    found = minimize(loss, np.array([-1.0, 0.0]), method="Nelder-Mead")
    return float(np.exp(found.x[0])), float(found.x[1])


def calibrated(sure: Floats, right: Bools, fit: Places) -> Floats:
    lines = [platt(sure[k, fit], right[k, fit]) for k in range(len(sure))]
    return np.array([expit(a * sure[k] + b) for k, (a, b) in enumerate(lines)])


@dataclass
class Tally:
    coverage: list[float] = field(default_factory=list)
    violated: list[bool] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)
    shares: list[list[float]] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)

    def add(self, sure: Floats, right: Bools, promise: Promise, places: tuple[Places, ...]) -> None:
        certify_on, test, everyone = places
        found = certify_chain(sure[:, certify_on], right[:, certify_on], promise)
        last = certify(sure[-1, certify_on], right[-1, certify_on], promise).threshold
        self.alone.append(0.0 if last is None else float((sure[-1, test] >= last).mean()))
        if found.threshold is None:
            self.coverage.append(0.0)
            self.violated.append(False)
            self.known.append(False)
            self.shares.append([0.0] * len(LINKS))
            return
        takers = first_sure(sure, found.threshold)
        self.coverage.append(float((takers[test] >= 0).mean()))
        self.shares.append([float((takers[test] == k).mean()) for k in range(len(LINKS))])
        self.violated.append(broken(takers, right, test, promise))
        self.known.append(broken(takers, right, everyone, promise))


def broken(takers: Places, right: Bools, places: Places, promise: Promise) -> bool:
    taken = places[takers[places] >= 0]
    wrong = int((~right[takers[taken], taken]).sum())
    of = len(taken) if promise.about == "accepted" else len(places)
    return wrong > promise.alpha * of + 1e-9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--splits", type=int, default=1000)
    parser.add_argument("--delta", type=float, default=0.1)
    options = parser.parse_args()
    sure, right = read(options.folder)
    alone = ", ".join(f"{name} {r.mean():.3f}" for name, r in zip(LINKS, right, strict=True))
    print(f"agreement on all {right.shape[1]} records, each alone: {alone}")
    for about in ABOUT:
        for target in TARGETS:
            promise = Promise(1 - target, options.delta, about)
            described = line(target, run(sure, right, promise, options.splits))
            print(f"{about}: {described}", flush=True)


def run(sure: Floats, right: Bools, promise: Promise, splits: int) -> tuple[Tally, Tally]:
    """Random halves, and samples drawn with replacement from all records."""
    n = sure.shape[1]
    rng = np.random.default_rng(0)
    halves, drawn = Tally(), Tally()
    for _ in range(splits):
        order = rng.permutation(n)
        fit, rest, test = np.split(order, [n // 10, n // 2])
        halves.add(calibrated(sure, right, fit), right, promise, (rest, test, order))
        sample = rng.integers(0, n, n // 2)
        fit, rest = np.split(sample, [n // 10])
        drawn.add(calibrated(sure, right, fit), right, promise, (rest, order, order))
    return halves, drawn


def line(target: float, tallies: tuple[Tally, Tally]) -> str:
    halves, drawn = tallies
    shares = np.mean(halves.shares, axis=0)
    routes = ", ".join(f"{name} {share:.3f}" for name, share in zip(LINKS, shares, strict=True))
    return (
        f"target {target}: violated on the other half {np.mean(halves.violated):.3f}, "
        f"of a known population {np.mean(drawn.known):.3f}; "
        f"coverage {np.mean(halves.coverage):.3f} (gpt-4 alone {np.mean(halves.alone):.3f}); "
        f"decided by {routes}; "
        f"nothing certified in {np.mean(np.array(halves.coverage) == 0):.3f} of the splits"
    )


if __name__ == "__main__":
    main()
