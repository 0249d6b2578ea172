"""Do intervals of prediction-powered inference hold the truth 95 % of the time, and stay narrow?

Each setting is simulated anew: records with a true label, a model that is right at given rates, a
random sample that people labelled. The truth must lie in the intervals of PPI++ and of human labels
alone in 95 % of the replications, up to three Monte-Carlo errors. PPI++ must be no wider than
human-only by more than 5 %, on average and in each replication. In the settings with authors these
have records of their own ways; "blind" are the same with records taken as independent, and are not
judged. The exit code is 1 where one of this fails.

    python bench/coverage_ppi.py [--replications 1000] [--only authors]
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.quality.inference.ppi import NO_WIDER, Clusters, Difference, Ppi, difference, mean, share

Floats = NDArray[np.float64]
Draw = tuple[Floats, Floats, Floats]  # human labels, model's on the same, model's on the rest

LOW, TOP = (0.5, 0.25, 0.15, 0.07, 0.03), (0.02, 0.02, 0.03, 0.03, 0.9)
METHODS = ("human_only", "naive", "classical", "tuned")


@dataclass(frozen=True)
class Setting:
    name: str
    truth: float
    draw: Callable[[np.random.Generator], Ppi | Difference]
    judged: bool = True


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


def ratings(
    rng: np.random.Generator, counts: tuple[int, int], chances: Sequence[float], noise: float
) -> Ppi:
    """Numbers 1 to 5; the model says half a step too much, and does not leave the scale."""
    human, rest = counts
    truth = rng.choice(5, human + rest, p=chances) + 1.0
    said = np.clip(truth + 0.5 + rng.normal(0, noise, human + rest), 1, 5)
    return mean(truth[:human], said[:human], said[human:], (1.0, 5.0))


def by_authors(
    rng: np.random.Generator, authors: int, each: int, whole: bool, blind: bool = False
) -> Ppi:
    """Labels of prevalence .3, nearly all of an author's alike; whole authors or scattered records
    are human-labelled, as many records as `authors` have; there are ten times more."""
    own = rng.beta(0.3, 0.7, 10 * authors)
    author = np.repeat(np.arange(len(own)), each)
    truth = (rng.random(len(author)) < own[author]).astype(np.float64)
    said = np.where(rng.random(len(author)) < 0.85, truth, 1 - truth)
    human = author < authors if whole else rng.permutation(len(author)) < authors * each
    clusters = Clusters(author[human].tolist(), author[~human].tolist())
    return share(truth[human], said[human], said[~human], None if blind else clusters)


def ratings_by_authors(rng: np.random.Generator, authors: int, each: int, blind: bool) -> Ppi:
    """Numbers 1 to 5, four in five of an author's being the author's own; whole authors are
    human-labelled, and there are ten times more."""
    own = rng.choice(5, 10 * authors, p=TOP) + 1.0
    author = np.repeat(np.arange(len(own)), each)
    other = rng.choice(5, len(author), p=TOP) + 1.0
    truth = np.where(rng.random(len(author)) < 0.8, own[author], other)
    said = np.clip(truth + rng.normal(0, 0.8, len(author)), 1, 5)
    human = author < authors
    clusters = Clusters(author[human].tolist(), author[~human].tolist())
    return mean(truth[human], said[human], said[~human], (1.0, 5.0), None if blind else clusters)


def of_labels(name: str, counts: tuple[int, int], p: float, rates: tuple[float, float]) -> Setting:
    described = f"{name}: n {counts[0]}, N {counts[1]:,}, prevalence {p:g}"
    return Setting(described, p, lambda rng: share(*labels(rng, counts, p, np.array(rates))))


def of_scores(name: str, counts: tuple[int, int], sharp: float) -> Setting:
    grid = np.random.default_rng(1).normal(np.log(0.25), 1.5, 4_000_000)
    truth = float((1 / (1 + np.exp(-grid))).mean())
    return Setting(
        f"{name}: n {counts[0]}, N {counts[1]:,}",
        truth,
        lambda rng: share(*scores(rng, counts, 0.2, sharp)),
    )


def of_ratings(
    name: str, counts: tuple[int, int], chances: Sequence[float], noise: float
) -> Setting:
    truth = float(np.dot(chances, np.arange(1, 6)))
    described = f"{name}: n {counts[0]}, N {counts[1]:,}"
    return Setting(described, truth, lambda rng: ratings(rng, counts, chances, noise))


def of_authors(name: str, authors: int, each: int, whole: bool, blind: bool = False) -> Setting:
    described = f"{name}: {authors} times {each} records"
    return Setting(
        described, 0.3, lambda rng: by_authors(rng, authors, each, whole, blind), judged=not blind
    )


def of_rating_authors(authors: int, each: int, blind: bool = False) -> Setting:
    described = f"ratings of whole authors, 90 % at the top{', blind' if blind else ''}"
    truth = float(np.dot(TOP, np.arange(1, 6)))
    return Setting(
        f"{described}: {authors} times {each} records",
        truth,
        lambda rng: ratings_by_authors(rng, authors, each, blind),
        judged=not blind,
    )


def of_groups(name: str, human: int, shares: tuple[float, float]) -> Setting:
    rates = np.array((0.1, 0.85)), np.array((0.25, 0.7))  # the model is worse on the second group

    def draw(rng: np.random.Generator) -> Difference:
        first, second = (
            share(*labels(rng, (human, 3_000), p, r)) for p, r in zip(shares, rates, strict=True)
        )
        return difference({"a": first, "b": second}, "a", "b")

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
    of_ratings("ratings", (60, 3_000), LOW, 0.3),
    of_ratings("ratings, useless model", (60, 3_000), LOW, 20.0),
    of_ratings("ratings, 90 % at the top", (10, 1_000), TOP, 0.8),
    of_ratings("ratings, 90 % at the top", (20, 1_000), TOP, 0.8),
    of_ratings("ratings, 90 % at the top", (100, 1_000), TOP, 0.8),
    of_labels("very rare label, ten labels", (10, 1_000), 0.02, (0.02, 0.8)),
    of_labels("very common label, ten labels", (10, 1_000), 0.97, (0.5, 0.99)),
    of_authors("whole authors", 10, 8, whole=True),
    of_authors("whole authors", 40, 5, whole=True),
    of_authors("scattered records", 20, 8, whole=False),
    of_authors("whole authors, blind", 40, 5, whole=True, blind=True),
    of_groups("difference of groups", 100, (0.4, 0.3)),
    of_groups("no difference", 60, (0.3, 0.3)),
    of_rating_authors(5, 16),
    of_rating_authors(10, 8),
    of_rating_authors(20, 4),
    of_rating_authors(10, 8, blind=True),
)  # fmt: skip


def simulate(setting: Setting, replications: int, seed: int) -> tuple[dict[str, float], Floats]:
    """Coverage of each method, and the widths of human-only and of PPI++ over it, a replication."""
    rng = np.random.default_rng(seed)
    held = dict.fromkeys(METHODS, 0)
    ratios = []
    for _ in range(replications):
        found = setting.draw(rng)
        for method in METHODS:
            interval = getattr(found, method)
            held[method] += interval.low <= setting.truth <= interval.high
        alone = found.human_only.width
        ratios.append((alone, found.tuned.width / alone))
    return {m: h / replications for m, h in held.items()}, np.array(ratios)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--replications", type=int, default=1_000)
    options.add_argument("--only", default="", help="settings whose names hold these words")
    given = options.parse_args()
    chosen = [(seed, s) for seed, s in enumerate(SETTINGS) if given.only in s.name]
    noise = 3 * (0.95 * 0.05 / given.replications) ** 0.5
    print(f"coverage of 95 % intervals in {given.replications:,} replications (noise {noise:.3f})")
    print("human   naive   PPI     PPI++   width: human, PPI++/human mean, most   setting")
    failed = 0
    for seed, setting in chosen:
        held, ratios = simulate(setting, given.replications, seed)
        good = min(held["tuned"], held["human_only"]) >= 0.95 - noise
        good &= bool(ratios[:, 1].max() <= NO_WIDER + 1e-9)
        good |= not setting.judged
        failed += not good
        described = "   ".join(f"{held[m]:.3f}" for m in METHODS)
        mark = "" if good else "  FAILED"
        wide, ratio = ratios[:, 0].mean(), ratios[:, 1]
        widths = f"{wide:.3f}, {ratio.mean():.3f}, {ratio.max():.3f}"
        print(f"{described}   {widths}   {setting.name}{mark}", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} settings hold")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
