"""Do the intervals of an audit hold the truth 95 % of the time, whatever the strata?

Two strata: every outcome of the sample is enumerated, so that coverage is exact. Up to twenty
strata: random designs are simulated, among them those with rare errors spread over many strata and
those with all errors in one. Beside the interval of `assay audit` stand two others: Clopper and
Pearson's at the effective sample size (Korn and Graubard 1998), and Clopper and Pearson's of each
stratum joined by the squares of their distances (MOVER, Zou and Donner 2008). The exit code is 1
where a setting of the first falls below .94 (simulated: by more than three Monte-Carlo errors).

    python bench/coverage_audit.py [--answered 40] [--designs 60] [--replications 200]
"""

import argparse
import sys
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, hypergeom

from assay.quality.inference.audit import LEVEL, allocated
from assay.quality.inference.stratified import Counts, limits

Ints = NDArray[np.int64]
Limits = tuple[float, float]
Pair = tuple[int, int]

FLOOR = 0.94
TAIL = (1 - LEVEL) / 2
RATES = (0.0, 0.002, 0.01, 0.03, 0.1, 0.3, 0.5, 0.8, 1.0)


@cache
def of_audit(size: tuple[int, ...], n: tuple[int, ...], k: tuple[int, ...]) -> Limits:
    return limits(Counts(np.array(size), np.array(n), np.array(k)), LEVEL)


@cache
def of_effective_size(size: tuple[int, ...], n: tuple[int, ...], k: tuple[int, ...]) -> Limits:
    at, of, wrong = np.array(size) / sum(size), np.array(n), np.array(k)
    rate, unseen, guess = (
        float(at @ (wrong / of)),
        1 - of / np.array(size),
        (wrong + 0.5) / (of + 1),
    )
    variance = float((at**2 * unseen * guess * (1 - guess) / of).sum())
    if not variance:
        return rate, rate
    worth = float(at @ guess) * (1 - float(at @ guess)) / variance
    low = beta.ppf(TAIL, rate * worth, (1 - rate) * worth + 1) if rate > 0 else 0.0
    return float(low), float(
        beta.ppf(1 - TAIL, rate * worth + 1, (1 - rate) * worth)
    ) if rate < 1 else 1.0


@cache
def of_mover(size: tuple[int, ...], n: tuple[int, ...], k: tuple[int, ...]) -> Limits:
    at, of, wrong = np.array(size) / sum(size), np.array(n), np.array(k)
    share = wrong / of
    low = np.where(wrong > 0, beta.ppf(TAIL, wrong, of - wrong + 1), 0.0)
    high = np.where(wrong < of, beta.ppf(1 - TAIL, wrong + 1, of - wrong), 1.0)
    below, above = (
        (at**2 * (share - low) ** 2).sum() ** 0.5,
        (at**2 * (high - share) ** 2).sum() ** 0.5,
    )
    return float(at @ share - below), float(at @ share + above)


METHODS: dict[str, Callable[[tuple[int, ...], tuple[int, ...], tuple[int, ...]], Limits]] = {
    "audit": of_audit, "effective size": of_effective_size, "mover": of_mover,
}  # fmt: skip


def designs(answered: int) -> list[tuple[tuple[int, int], tuple[int, int], str]]:
    found = []
    for records in (100_000, 10 * answered):
        for share in (0.5, 0.7, 0.9, 0.97):
            size = np.array([round(share * records), records - round(share * records)])
            for how, wanted in (("in proportion", size.astype(float)), ("equal", np.ones(2))):
                n = allocated(wanted, size, answered)
                described = f"{records:,} records, {share:.0%} in one stratum, {how}"
                found.append(((int(size[0]), int(size[1])), (n[0], n[1]), described))
    return found


def enumerated(answered: int) -> bool:
    worst: dict[str, tuple[float, str]] = dict.fromkeys(METHODS, (1.0, ""))
    below, widths, settings = dict.fromkeys(METHODS, 0), dict.fromkeys(METHODS, 0.0), 0
    for size, n, described in designs(answered):
        for one in RATES:
            for other in RATES:
                wrong = round(one * size[0]), round(other * size[1])
                settings += 1
                for name in METHODS:
                    held, width = exact(name, (size, n), wrong)
                    widths[name] += width
                    below[name] += held < FLOOR
                    worst[name] = min(
                        worst[name], (held, f"{described}, wrong {one:g} and {other:g}")
                    )
    print(f"two strata, {answered} answers, {settings} settings, exact:")
    for name, (held, where) in worst.items():
        print(f"  {name:<15} worst {held:.3f} ({where}); below {FLOOR}: {below[name]}; "
              f"mean width {widths[name] / settings:.4f}")  # fmt: skip
    return worst["audit"][0] >= FLOOR


def exact(name: str, drawn: tuple[Pair, Pair], wrong: Pair) -> tuple[float, float]:
    """Coverage and mean width, from sizes and answers of two strata; what is too unlikely to be
    looked at counts as held."""
    size, n = drawn
    truth = sum(wrong) / sum(size)
    chance = [
        hypergeom.pmf(np.arange(a + 1), s, w, a) for s, w, a in zip(size, wrong, n, strict=True)
    ]
    likely = [np.flatnonzero(c > 1e-5) for c in chance]
    held = seen = width = 0.0
    for i in likely[0]:
        for j in likely[1]:
            low, high = METHODS[name](size, n, (int(i), int(j)))
            p = float(chance[0][i] * chance[1][j])
            held += p * (low - 1e-9 <= truth <= high + 1e-9)
            seen += p
            width += p * (high - low)
    return held + 1 - seen, width


def uneven() -> bool:
    """The setting at which the effective size fails most plainly."""
    size, n = (9_000, 1_000), (50, 50)
    found = {name: exact(name, (size, n), (270, 1_000)) for name in METHODS}
    described = ", ".join(
        f"{name} {held:.3f} (width {width:.3f})" for name, (held, width) in found.items()
    )
    print(f"90 and 10 % of 10,000 records, 50 answers each, wrong 3 and 100 %: {described}")
    return found["audit"][0] >= FLOOR


def rates_of(rng: np.random.Generator, size: Ints) -> NDArray[np.float64]:
    kind, several = rng.integers(5), len(size)
    if kind == 0:  # rare, everywhere
        return np.full(several, rng.choice([0.002, 0.005, 0.01, 0.03]))
    if kind == 1:  # anything
        return rng.beta(0.3, 3, several)
    place = np.argsort(size)
    if kind == 2:  # the largest stratum alone
        return np.where(np.arange(several) == place[-1], rng.uniform(0.01, 0.3), 0.0)
    if kind == 3:  # the smallest ones alone
        return np.where(np.isin(np.arange(several), place[: several // 2]), 1.0, 0.002)
    return np.where(rng.random(several) < 0.5, rng.uniform(0.3, 1.0), rng.choice([0.0, 0.01]))


def simulated(count: int, replications: int) -> bool:
    rng = np.random.default_rng(1)
    held, width = np.zeros((count, 3)), np.zeros((count, 3))
    number = np.zeros(count, int)
    for design in range(count):
        several, records = int(rng.integers(2, 21)), int(rng.choice([600, 5_000, 100_000]))
        size = np.maximum(
            (rng.dirichlet(np.full(several, rng.choice([0.5, 5.0, 100.0]))) * records), 3
        )
        size = size.astype(np.int64)
        number[design] = several
        answered = min(int(rng.choice([50, 100, 200])), int(size.sum()) // 2)
        wanted = np.ones(several) if rng.random() < 0.5 else size.astype(float)
        n = np.array(allocated(wanted, size, max(answered, 2 * several)))
        wrong = np.round(rates_of(rng, size) * size).astype(np.int64)
        truth = wrong.sum() / size.sum()
        for _ in range(replications):
            k = tuple(int(x) for x in rng.hypergeometric(wrong, size - wrong, n))
            for at, method in enumerate(METHODS.values()):
                low, high = method(tuple(map(int, size)), tuple(map(int, n)), k)
                held[design, at] += low - 1e-9 <= truth <= high + 1e-9
                width[design, at] += high - low
    held, width = held / replications, width / replications
    noise = 3 * (FLOOR * (1 - FLOOR) / replications) ** 0.5
    print(f"2 to 20 strata, {count} designs, {replications} samples each (noise {noise:.3f}):")
    for low, high in ((2, 5), (6, 10), (11, 20)):
        some = (number >= low) & (number <= high)
        if not some.any():
            continue
        described = ", ".join(
            f"{name} worst {held[some, at].min():.3f}, mean {held[some, at].mean():.3f}, width "
            f"{width[some, at].mean():.3f}"
            for at, name in enumerate(METHODS)
        )
        print(f"  {low} to {high} strata ({some.sum()} designs): {described}")
    for at, name in enumerate(METHODS):
        print(f"  {name:<15} worst {held[:, at].min():.3f}; below {FLOOR}: "
              f"{(held[:, at] < FLOOR).sum()}; mean coverage {held[:, at].mean():.3f}; "
              f"mean width {width[:, at].mean():.4f}")  # fmt: skip
    return bool(held[:, 0].min() >= FLOOR - noise)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--answered", type=int, default=40)
    options.add_argument("--designs", type=int, default=60)
    options.add_argument("--replications", type=int, default=200)
    given = options.parse_args()
    good = uneven()
    good &= enumerated(given.answered)
    good &= simulated(given.designs, given.replications)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
