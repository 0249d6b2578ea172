"""Two promises on the same samples: about accepted labels, and about the whole output.

For each setting, `--replications` samples are drawn from a known world. Printed are, for each
promise, the share of samples in which it is broken in that world (at most delta is promised) and
the share of records accepted. The first worlds are those of `coverage.py`; then come some in which
the share of records that are accepted and wrong lies exactly at alpha, or crosses it in one step;
and chains, one of them made so that a record's label turns wrong, or right, as the threshold falls.

    python bench/coverage_output.py
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from coverage import WORLDS, Floats, World, rising
from numpy.typing import NDArray

from assay.quality.guarantees.certificate import certify, certify_chain, first_sure
from assay.quality.guarantees.promise import ABOUT, Promise

Bools = NDArray[np.bool_]


def tweets(sure: Floats) -> Floats:
    """Made so that both promises accept about as much as on the moods of real tweets."""
    return np.asarray(1 - 0.32 * (1 - sure) ** 2.3)


EDGES = [
    World("like tweets", tweets, 300, Promise(0.05, 0.1)),
    World("like tweets", tweets, 500, Promise(0.05, 0.1)),
    World("weak confidence, few labels", lambda s: 0.7 + 0.25 * s, 55, Promise(0.15, 0.1)),
    World("all labels wrong below .1", lambda s: np.where(s < 0.1, 0.0, 1.0), 300,
          Promise(0.05, 0.1)),
    World("wrong at .101 everywhere", lambda s: 0 * s + 0.899, 500, Promise(0.1, 0.1)),
    World("surest labels wrong", lambda s: np.where(s > 0.9, 0.5, 0.92), 500, Promise(0.1, 0.1)),
    World("three confidences, lump at alpha", lambda s: np.where(s < 0.33, 0.69, 1.0), 200,
          Promise(0.1, 0.2), 3),
    World("one confidence, just too poor", lambda s: 0 * s + 0.899, 500, Promise(0.1, 0.1), 1),
    World("tiny sample, strict", rising, 60, Promise(0.05, 0.05)),
]  # fmt: skip


@dataclass(frozen=True)
class Links:
    """A world of chains; `draw` gives (links, records) confidences and verdicts."""

    name: str
    draw: Callable[[np.random.Generator, int], tuple[Floats, Bools]]
    n: int
    promise: Promise


def hard(rng: np.random.Generator, size: int) -> tuple[Floats, Bools]:
    """Three links, the later the better, confidence and verdicts of a record correlated."""
    floors = np.array([[0.5], [0.6], [0.75]])
    ease = 1 - rng.random(size)
    sure = np.clip(0.6 * ease + 0.4 * rng.random((3, size)), 0, 1)
    return sure, rng.random((3, size)) < floors + (1 - floors) * sure**0.7


def turning(rng: np.random.Generator, size: int) -> tuple[Floats, Bools]:
    """The second link decides first and is often wrong; the first takes all over, and is right in
    part: the share accepted and wrong rises above .1, falls, and rises again."""
    late = rng.random(size)
    early = np.where(late > 0.6, 0.3 * rng.random(size) + 0.25, 0.25 * rng.random(size))
    right = np.stack([rng.random(size) < 0.8, rng.random(size) < np.where(late > 0.6, 0.75, 0.9)])
    return np.stack([early, late]), right


CHAINS = [
    Links("chain of three links", hard, 200, Promise(0.15, 0.1)),
    Links("chain of three links", hard, 1000, Promise(0.15, 0.1)),
    Links("chain whose labels turn", turning, 300, Promise(0.1, 0.1)),
    Links("chain whose labels turn", turning, 300, Promise(0.095, 0.2)),
]


def verdict(about: str, broken: float, promise: Promise, replications: int) -> str:
    noise = 2 * np.sqrt(promise.delta * (1 - promise.delta) / replications)
    return "kept" if broken <= promise.delta + noise else f"BROKEN ({about})"


def measure(world: World, replications: int) -> str:
    rng = np.random.default_rng(7)
    described = np.zeros((2, replications, 2))  # accepted share, broken
    for i in range(replications):
        sure, right = world.draw(rng)
        for row, about in zip(described, ABOUT, strict=True):
            found = certify(sure, right, replace(world.promise, about=about)).threshold
            if found is not None:
                error = world.error_from(found)
                share = accepted(world, found)
                missed = error if about == "accepted" else error * share
                row[i] = share, missed > world.promise.alpha + 1e-9
    return row_of(world.name, world.n, world.promise, described)


def accepted(world: World, threshold: float) -> float:
    """The true share of records at this confidence or more."""
    if not world.levels:
        return 1 - threshold
    return float(np.mean(np.arange(world.levels) / world.levels >= threshold))


def measure_chain(world: Links, replications: int) -> str:
    rng = np.random.default_rng(8)
    known_sure, known_right = world.draw(np.random.default_rng(1), 300_000)
    described = np.zeros((2, replications, 2))
    for i in range(replications):
        sure, right = world.draw(rng, world.n)
        for row, about in zip(described, ABOUT, strict=True):
            found = certify_chain(sure, right, replace(world.promise, about=about)).threshold
            if found is None:
                continue
            takers = first_sure(known_sure, found)
            taken = np.flatnonzero(takers >= 0)
            wrong = (~known_right[takers[taken], taken]).sum()
            of = len(taken) if about == "accepted" else len(takers)
            row[i] = len(taken) / len(takers), wrong / max(of, 1) > world.promise.alpha
    return row_of(world.name, world.n, world.promise, described)


def row_of(name: str, n: int, promise: Promise, described: Floats) -> str:
    (share, broken), (of_output, its_broken) = described.mean(axis=1)
    kept = [
        verdict(about, rate, promise, described.shape[1])
        for about, rate in zip(ABOUT, (broken, its_broken), strict=True)
    ]
    return (
        f"| {name} | {n:,} | {promise.alpha:g} | {promise.delta:g} | {share:.3f} | {broken:.3f} | "
        f"{of_output:.3f} | {its_broken:.3f} | {'kept' if set(kept) == {'kept'} else kept} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=2000)
    options = parser.parse_args()
    print(
        "| world | n | alpha | delta | accepted | broken | accepted, output promised | broken | |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for world in (*WORLDS, *EDGES):
        print(measure(world, options.replications), flush=True)
    for links in CHAINS:
        print(measure_chain(links, options.replications // 4), flush=True)


if __name__ == "__main__":
    main()
