"""Does the stop rule of an audit keep its word where people may stop after any answer?

    python bench/stop_rule.py [RUNS]

Records of several strata are answered in random order, and the rule is asked after every answer. It
is wrong where it ever says that errors are at most the target and they are more, or the other way
round; at most 0.05 is promised. It can be wrong only where the truth is outside some stratum's
bounds, so it is asked there. Beside it, in how many of 50 runs it spoke within 400 answers, and
after how many, looked at every 20.
"""

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

from assay.quality.inference.audit import LEVEL, Stratum, allocated
from assay.quality.inference.stopping import PRIOR, stop

Ints = NDArray[np.int64]

MOST, EVERY = 400, 20  # answers
WATCHED = 50  # runs


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


def run(world: World, rng: np.random.Generator, watched: bool) -> tuple[bool, int | None]:
    """Whether the rule was ever wrong, and when it was first seen to have spoken."""
    sizes = np.array(world.sizes)
    wrong = [np.arange(n) < round(n * rate) for n, rate in zip(sizes, world.rates, strict=True)]
    few = bool(sum(w.sum() for w in wrong) / sizes.sum() <= world.target)
    share = np.ones(len(sizes)) if world.equal else sizes.astype(float)
    counts = allocated(share, sizes, MOST)
    order = rng.permutation(np.repeat(np.arange(len(sizes)), counts))
    answers = np.zeros(len(order), bool)
    for s, (own, n) in enumerate(zip(wrong, counts, strict=True)):
        answers[order == s] = rng.permutation(own)[:n]
    here = order[:, None] == np.arange(len(sizes))
    asked, errors = here.cumsum(axis=0), (here & answers[:, None]).cumsum(axis=0)
    true = np.array([w.sum() for w in wrong])
    start = int((asked > 0).all(axis=1).argmax())
    out = excluded(sizes, asked, errors, true)
    often = range(max(start, EVERY), MOST, EVERY) if watched else ()
    looks = sorted({*(np.flatnonzero(out[start:]) + start).tolist(), *often})
    spoke: int | None = None
    for look in looks:
        said = spoken(sizes, asked[look], errors[look], world.target)
        if said is not None and said != few:
            return True, look
        if said is not None and spoke is None:
            spoke = int(look)
    return False, spoke


def excluded(sizes: Ints, asked: Ints, errors: Ints, true: Ints) -> NDArray[np.bool_]:
    """Looks at which some stratum's true number of errors is outside its bounds: at no others can
    the rule be wrong."""
    right = asked - errors
    average = betaln(PRIOR[0] + errors, PRIOR[1] + right) - betaln(*PRIOR)
    given = falling(true, errors) + falling(sizes - true, right) - falling(sizes, asked)
    return (average - given >= -np.log((1 - LEVEL) / len(sizes)) - 1e-6).any(axis=1)


def falling(n: Ints, k: Ints) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1.0) - gammaln(n - k + 1.0))


def spoken(sizes: Ints, asked: Ints, errors: Ints, target: float) -> bool | None:
    """Whether errors are said to be few enough; None where the rule goes on."""
    counted = zip(sizes.tolist(), asked.tolist(), errors.tolist(), strict=True)
    strata = [Stratum(str(i), *three) for i, three in enumerate(counted)]
    verdict = stop(strata, target, more=False).verdict
    return {"enough": True, "too many errors": False, "go on": None}[verdict]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    for world in worlds():
        rng = np.random.default_rng(3)
        found = [run(world, rng, number < WATCHED) for number in range(runs)]
        spoke = [n for _, n in found[:WATCHED] if n is not None]
        wrong = np.mean([w for w, _ in found])
        after = f"{np.median(spoke):.0f}" if spoke else "-"
        often = len(spoke) / min(runs, WATCHED)
        print(f"{world}: wrong {wrong:.3f}, spoke {often:.2f}, after {after}", flush=True)


if __name__ == "__main__":
    main()
