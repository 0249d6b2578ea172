"""Do certificates keep their promise, and how much do they accept?

For each setting, `--replications` samples are drawn from a known world. Printed are the share of
samples whose certificate breaks the promise in that world, and the coverage it gives, beside two
exhaustive searches for the laxest of all thresholds whose exact binomial bound holds. The first
takes the bound at delta: it looks many times and pays for one look, so its own broken share is
printed as well; it is what a certificate could reach if it did not have to keep its promise. The
second takes the bound at the level at which the search keeps it, whatever the world.

    python bench/coverage.py
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assay.quality.guarantees.bounds import p_value
from assay.quality.guarantees.certificate import certify, certify_chain, first_sure
from assay.quality.guarantees.promise import Promise

Floats = NDArray[np.float64]
FINE = np.linspace(0, 1, 20_001)


@dataclass(frozen=True)
class World:
    """Confidence is uniform on 0 to 1; `right` is the chance to be right at a confidence."""

    name: str
    right: Callable[[Floats], Floats]
    n: int
    promise: Promise
    levels: int = 0  # confidences come in so many values; 0: any

    def draw(self, rng: np.random.Generator) -> tuple[Floats, NDArray[np.bool_]]:
        sure = rng.random(self.n)
        if self.levels:
            sure = np.floor(sure * self.levels) / self.levels
        return sure, rng.random(self.n) < self.right(sure)

    def error_from(self, threshold: float) -> float:
        """The true error rate of labels at this confidence or more."""
        at = FINE[threshold <= FINE]
        if self.levels:
            at = np.floor(np.minimum(at, 1 - 1e-9) * self.levels) / self.levels
            at = at[at >= threshold]
        return float(1 - self.right(at).mean())


def rising(sure: Floats) -> Floats:
    return np.asarray(0.55 + 0.45 * sure**0.6)


WORLDS = [
    World("good confidence", rising, 500, Promise(0.1, 0.1)),
    World("good confidence, larger sample", rising, 1000, Promise(0.1, 0.1)),
    World("good confidence, large sample", rising, 5000, Promise(0.1, 0.05)),
    World("small sample", rising, 100, Promise(0.2, 0.1)),
    World("tiny sample", rising, 40, Promise(0.2, 0.1)),
    World("rare errors", lambda s: np.where(s > 0.1, 0.99, 0.5), 300, Promise(0.05, 0.1)),
    World("rare class at the unsure end", lambda s: np.where(s > 0.05, 0.995, 0.2), 1000,
          Promise(0.02, 0.1)),
    World("weak confidence", lambda s: 0.7 + 0.25 * s, 1000, Promise(0.15, 0.1)),
    World("useless confidence, good labels", lambda s: 0 * s + 0.95, 500, Promise(0.1, 0.1)),
    World("useless confidence, bad labels", lambda s: 0 * s + 0.85, 500, Promise(0.1, 0.1)),
    World("just at the bound everywhere", lambda s: 0 * s + 0.8999, 500, Promise(0.1, 0.1)),
    World("five distinct confidences", rising, 500, Promise(0.15, 0.1), 5),
]  # fmt: skip


@lru_cache
def honest(n: int, promise: Promise) -> float:
    """The level at which a search of all thresholds breaks its promise in delta of the samples of
    labels that are all wrong with probability alpha."""
    wrong = np.random.default_rng(9).random((4000, n)) < promise.alpha
    p_values = p_value(wrong.cumsum(axis=1), np.arange(1, n + 1), promise.alpha)
    return float(np.quantile(p_values.min(axis=1), promise.delta, method="lower"))


def exhaustive(
    sure: Floats, right: NDArray[np.bool_], promise: Promise, level: float
) -> float | None:
    order = np.argsort(-sure, kind="stable")
    ordered, wrong = sure[order], np.cumsum(~right[order])
    last = np.append(ordered[1:] != ordered[:-1], True)
    good = (p_value(wrong, np.arange(1, len(sure) + 1), promise.alpha) <= level) & last
    return float(ordered[np.flatnonzero(good)[-1]]) if good.any() else None


def measure(world: World, replications: int) -> str:
    rng = np.random.default_rng(7)
    promise = world.promise
    levels = (promise.delta, honest(world.n, promise))
    described = np.zeros((3, replications, 2))  # ours and both searches: coverage, broken
    for i in range(replications):
        sure, right = world.draw(rng)
        found = [certify(sure, right, promise).threshold]
        found += [exhaustive(sure, right, promise, level) for level in levels]
        for row, threshold in zip(described, found, strict=True):
            if threshold is not None:
                row[i] = 1 - threshold, world.error_from(threshold) > promise.alpha + 1e-9
    (coverage, broken), (most, its_broken), (honest_most, honest_broken) = described.mean(axis=1)
    noise = 2 * np.sqrt(promise.delta * (1 - promise.delta) / replications)
    kept = "kept" if broken <= promise.delta + noise else "BROKEN"
    return (
        f"{world.name:<32} n {world.n:>5}  alpha {promise.alpha:<5} delta {promise.delta:<5} "
        f"broken {broken:.3f} {kept:<6}  coverage {coverage:.3f}  exhaustive {most:.3f} "
        f"(broken {its_broken:.3f}) ratio {ratio(coverage, most)}  honest {honest_most:.3f} "
        f"(broken {honest_broken:.3f}) ratio {ratio(coverage, honest_most)}"
    )


def ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:4.2f}" if theirs > 0.01 else "   –"


def measure_chain(n: int, promise: Promise, replications: int) -> str:
    """Three links, the later the better, confidence and verdicts of a record correlated."""
    rng = np.random.default_rng(8)
    floors = np.array([[0.5], [0.6], [0.75]])

    def draw(size: int) -> tuple[Floats, NDArray[np.bool_]]:
        hard = rng.random(size)
        sure = np.clip(0.6 * (1 - hard) + 0.4 * rng.random((3, size)), 0, 1)
        return sure, rng.random((3, size)) < floors + (1 - floors) * sure**0.7

    world_sure, world_right = draw(400_000)
    results = np.zeros((replications, 2))
    for i in range(replications):
        found = certify_chain(*draw(n), promise)
        if found.threshold is not None:
            takers = first_sure(world_sure, found.threshold)
            taken = takers >= 0
            error = 1 - world_right[takers[taken], np.flatnonzero(taken)].mean()
            results[i] = taken.mean(), error > promise.alpha
    coverage, broken = results.mean(axis=0)
    noise = 2 * np.sqrt(promise.delta * (1 - promise.delta) / replications)
    kept = "kept" if broken <= promise.delta + noise else "BROKEN"
    return (
        f"{'chain of three links':<34} n {n:>5}  alpha {promise.alpha:<5} delta {promise.delta:<5} "
        f"broken {broken:.3f} {kept:<6}  coverage {coverage:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=2000)
    options = parser.parse_args()
    for world in WORLDS:
        print(measure(world, options.replications), flush=True)
    for n in (200, 1000):
        print(measure_chain(n, Promise(0.15, 0.1), options.replications // 10), flush=True)


if __name__ == "__main__":
    main()
