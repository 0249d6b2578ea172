"""Do intervals of prediction-powered inference hold the truth 95 % of the time, and stay narrow?

Each setting is simulated anew 2,000 times: records with a true label, a model that is right at
given rates, a random sample that people labelled. A share must lie in the interval in 95 % of the
replications, up to three Monte-Carlo errors (and up to as much below the human-only interval, which
is not exact either for small samples of a rare label). PPI++ must be no wider than human-only by
more than 5 %, on average and in each replication. The exit code is 1 where one of this fails.

    python bench/coverage_ppi.py [--replications 2000]
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.quality.ppi import NO_WIDER, Difference, Ppi, difference, mean, share

Floats = NDArray[np.float64]
Draw = tuple[Floats, Floats, Floats]  # human labels, model's on the same, model's on the rest

METHODS = ("human_only", "naive", "classical", "tuned")


@dataclass(frozen=True)
class Setting:
    name: str
    truth: float
    draw: Callable[[np.random.Generator], Ppi | Difference]


def labels(rng: np.random.Generator, counts: tuple[int, int], p: float, rates: Floats) -> Draw:
    """A label of prevalence p; the model says yes at rates[1] of the true ones, rates[0] else."""
    human, rest = counts
    truth = rng.random(human + rest) < p
    said = (rng.random(human + rest) < rates[truth.astype(int)]).astype(np.float64)
    return truth[:human].astype(np.float64), said[:human], said[human:]


def scores(rng: np.random.Generator, counts: tuple[int, int], p: float, sharp: float) -> Draw:
    """The same with probabilities from a model, too sure of itself where `sharp` is above 1."""
    human, rest = counts
    signal = rng.normal(np.log(p / (1 - p)), 1.5, human + rest)
    truth = rng.random(human + rest) < 1 / (1 + np.exp(-signal))
    said = 1 / (1 + np.exp(-sharp * signal))
    return truth[:human].astype(np.float64), said[:human], said[human:]


def ratings(rng: np.random.Generator, counts: tuple[int, int], noise: float) -> Draw:
    """Numbers 1 to 5, leaning to 1; the model says half a step too much."""
    human, rest = counts
    truth = rng.choice(5, human + rest, p=[0.5, 0.25, 0.15, 0.07, 0.03]) + 1.0
    said = truth + 0.5 + rng.normal(0, noise, human + rest)
    return truth[:human], said[:human], said[human:]


def of_labels(name: str, counts: tuple[int, int], p: float, rates: tuple[float, float]) -> Setting:
    told = f"{name}: n {counts[0]}, N {counts[1]:,}, prevalence {p:g}"
    return Setting(told, p, lambda rng: share(*labels(rng, counts, p, np.array(rates))))


def of_scores(name: str, counts: tuple[int, int], sharp: float) -> Setting:
    grid = np.random.default_rng(1).normal(np.log(0.25), 1.5, 4_000_000)
    truth = float((1 / (1 + np.exp(-grid))).mean())
    return Setting(
        f"{name}: n {counts[0]}, N {counts[1]:,}",
        truth,
        lambda rng: share(*scores(rng, counts, 0.2, sharp)),
    )


def of_groups(name: str, human: int, shares: tuple[float, float]) -> Setting:
    rates = np.array((0.1, 0.85)), np.array((0.25, 0.7))  # the model is worse on the second group

    def draw(rng: np.random.Generator) -> Difference:
        first, second = (
            share(*labels(rng, (human, 3_000), p, r)) for p, r in zip(shares, rates, strict=True)
        )
        return difference(("a", first), ("b", second))

    return Setting(f"{name}: n {human} each, shares {shares}", shares[0] - shares[1], draw)


SETTINGS = (
    of_labels("good model", (100, 5_000), 0.3, (0.05, 0.95)),
    of_labels("good model, many labels", (1_000, 20_000), 0.3, (0.05, 0.95)),
    of_labels("good model, few labels", (30, 5_000), 0.3, (0.05, 0.95)),
    of_labels("good model, little more to label", (200, 300), 0.3, (0.05, 0.95)),
    of_labels("middling model", (200, 5_000), 0.4, (0.2, 0.7)),
    of_labels("useless model", (100, 5_000), 0.3, (0.5, 0.5)),
    of_labels("model that says the opposite", (100, 5_000), 0.3, (0.8, 0.2)),
    of_labels("model that always says no", (100, 5_000), 0.3, (0.0, 0.0)),
    of_labels("rare label", (200, 10_000), 0.03, (0.02, 0.8)),
    of_labels("rare label, few labels", (50, 10_000), 0.03, (0.02, 0.8)),
    of_labels("rare label, perfect model", (100, 10_000), 0.03, (0.0, 1.0)),
    of_labels("tiny sample", (15, 5_000), 0.5, (0.1, 0.9)),
    of_scores("calibrated probabilities", (150, 5_000), 1.0),
    of_scores("probabilities too sure", (150, 5_000), 3.0),
    Setting("ratings, good model: n 60, N 3,000", 1.88,
            lambda rng: mean(*ratings(rng, (60, 3_000), 0.3))),
    Setting("ratings, useless model: n 60, N 3,000", 1.88,
            lambda rng: mean(*ratings(rng, (60, 3_000), 20.0))),
    of_groups("difference of groups", 100, (0.4, 0.3)),
    of_groups("no difference", 60, (0.3, 0.3)),
)  # fmt: skip


def simulate(setting: Setting, replications: int, seed: int) -> tuple[dict[str, float], Floats]:
    """Coverage of each method, and the width of PPI++ over that of human-only, a replication."""
    rng = np.random.default_rng(seed)
    held = dict.fromkeys(METHODS, 0)
    ratios = []
    for _ in range(replications):
        found = setting.draw(rng)
        for method in METHODS:
            interval = getattr(found, method)
            held[method] += interval.low <= setting.truth <= interval.high
        ratios.append(found.tuned.width / found.human_only.width)
    return {m: h / replications for m, h in held.items()}, np.array(ratios)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--replications", type=int, default=2_000)
    given = options.parse_args()
    noise = 3 * (0.95 * 0.05 / given.replications) ** 0.5
    print(f"coverage of 95 % intervals in {given.replications:,} replications (noise {noise:.3f})")
    print("human   naive   PPI     PPI++   width PPI++/human: mean, most   setting")
    failed = 0
    for seed, setting in enumerate(SETTINGS):
        held, ratios = simulate(setting, given.replications, seed)
        good = held["tuned"] >= min(0.95, held["human_only"]) - noise
        good &= bool(ratios.max() <= NO_WIDER + 1e-9)
        failed += not good
        told = "   ".join(f"{held[m]:.3f}" for m in METHODS)
        mark = "" if good else "  FAILED"
        print(f"{told}   {ratios.mean():.3f}, {ratios.max():.3f}   {setting.name}{mark}")
    print(f"{len(SETTINGS) - failed} of {len(SETTINGS)} settings hold")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
