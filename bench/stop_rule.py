"""Does the stop rule of an audit keep its word where people may stop after any answer?

    python bench/stop_rule.py [RUNS]

Records of several strata are answered in random order, and the rule is asked after every answer. It
is wrong where it ever says that errors are at most the target and they are more, or the other way
round; at most 0.05 is promised. Beside it, how many answers it took where it spoke.
"""

import sys
from dataclasses import dataclass

import numpy as np

from assay.quality.audit import Stratum, allocated, stop

MOST = 400  # answers


@dataclass(frozen=True)
class World:
    sizes: tuple[int, ...]
    rates: tuple[float, ...]
    equal: bool
    target: float

    def __str__(self) -> str:
        drawn = "equal" if self.equal else "in proportion"
        return f"sizes {self.sizes}, errors {self.rates}, {drawn}, target {self.target:.4g}"


def worlds() -> list[World]:
    made = []
    for sizes, rates in (
        ((5_000,), (0.05,)),
        ((4_500, 500), (0.03, 1.0)),
        ((4_500, 500), (0.0, 0.3)),
        ((1_000, 1_000, 1_000, 1_000, 1_000), (0.01, 0.02, 0.05, 0.1, 0.2)),
    ):
        true = float(np.dot(sizes, rates)) / sum(sizes)
        for equal in (False, True) if len(sizes) > 1 else (False,):
            for target in (true * 0.97, true * 1.03, true / 2, true * 2):
                made.append(World(sizes, rates, equal, target))
    return made


def run(world: World, rng: np.random.Generator) -> tuple[bool, int | None]:
    """Whether the rule was ever wrong, and after how many answers it first spoke."""
    sizes = np.array(world.sizes)
    wrong = [np.arange(n) < round(n * rate) for n, rate in zip(sizes, world.rates, strict=True)]
    true = sum(w.sum() for w in wrong) / sizes.sum()
    share = np.ones(len(sizes)) if world.equal else sizes.astype(float)
    counts = allocated(share, sizes, MOST)
    order = rng.permutation(np.repeat(np.arange(len(sizes)), counts))
    answers = [rng.permutation(w)[:n] for w, n in zip(wrong, counts, strict=True)]
    asked, errors = np.zeros(len(sizes), int), np.zeros(len(sizes), int)
    for number, s in enumerate(order, 1):
        errors[s] += int(answers[s][asked[s]])
        asked[s] += 1
        if asked.min() < 1:
            continue
        counted = zip(sizes.tolist(), asked.tolist(), errors.tolist(), strict=True)
        strata = [Stratum(str(i), *three) for i, three in enumerate(counted)]
        said = spoken(strata, world.target)
        if said is not None:
            return said != bool(true <= world.target), number
    return False, None


def spoken(strata: list[Stratum], target: float) -> bool | None:
    """Whether errors are said to be few enough; None where the rule goes on."""
    verdict = stop(strata, target, more=False).verdict
    return {"enough": True, "too many errors": False, "go on": None}[verdict]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for world in worlds():
        rng = np.random.default_rng(3)
        found = [run(world, rng) for _ in range(runs)]
        spoke = [n for _, n in found if n is not None]
        wrong = np.mean([w for w, _ in found])
        after = f"{np.median(spoke):.0f}" if spoke else "-"
        print(f"{world}: wrong {wrong:.3f}, spoke {len(spoke) / runs:.3f}, after {after}",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
