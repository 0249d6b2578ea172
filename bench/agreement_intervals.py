"""Whether the intervals of `assay agree` hold where a label is rare.

    python bench/agreement_intervals.py [RUNS] [--labels 3] [--rare 0.05] [--records 30]

Annotators give the true label or, in a share of cases, one at random by its share; coverage of
95 % intervals for percent agreement, Fleiss' kappa, AC1, alpha and (two annotators) Cohen's kappa.
In brackets the share of runs that had an interval. The first label is the rare one; the others
share what is left equally, or the second has most of it ("skewed"). The last lines say what is
least, by number of labels.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from assay.core.votes import Votes
from assay.quality.agreement import Asked, Estimate, Resampling, agree

TOLD = ("percent", "fleiss", "gwet_ac1", "krippendorff", "cohen")
MANY, RESAMPLES = 60_000, 300
LEFT = {"even": 0.5, "skewed": 0.85}  # of what is left, what the second label has


@dataclass(frozen=True)
class Setting:
    people: int
    shares: tuple[float, ...]
    careful: float
    records: int

    def __str__(self) -> str:
        described = "/".join(f"{s:.3g}" for s in self.shares)
        return (
            f"annotators={self.people} shares={described} careful={self.careful} n={self.records}"
        )


def settings(labels: int) -> Iterator[Setting]:
    for people in (2, 3):
        for shares in shapes(labels):
            for careful in (0.8, 0.95):
                for records in (30, 100):
                    yield Setting(people, shares, careful, records)


def shapes(labels: int) -> list[tuple[float, ...]]:
    found = []
    for rare in (0.05, 0.1, 0.3, 1 / labels):
        for most in LEFT.values() if labels > 2 else (1.0,):
            others = [(1 - rare) * (1 - most) / (labels - 2)] * (labels - 2) if labels > 2 else []
            if most == LEFT["even"]:
                others = [(1 - rare) / (labels - 1)] * (labels - 2)
            found.append((rare, 1 - rare - sum(others), *others))
    return list(dict.fromkeys(found))


def said(setting: Setting, rng: np.random.Generator, records: int) -> Votes:
    size = (records, setting.people)
    names = tuple(f"l{i}" for i in range(len(setting.shares)))
    truth = rng.choice(len(names), records, p=setting.shares)
    luck = rng.choice(len(names), size, p=setting.shares)
    own = rng.random(size) < setting.careful
    label = np.where(own, truth[:, None], luck).astype(np.int32).ravel()
    record, annotator = (x.ravel().astype(np.int32) for x in np.indices(size))
    ids = tuple(map(str, range(records)))
    people = tuple(f"a{i}" for i in range(setting.people))
    return Votes(ids, ("",), people, names, record, 0 * record, annotator, label)


def described(votes: Votes, how: Resampling) -> dict[str, Estimate]:
    found = agree(votes, Asked(resampling=how))
    return {**found.pairs[0].coefficients, **found.overall.coefficients}


def covered(setting: Setting, runs: int) -> dict[str, list[bool]]:
    rng = np.random.default_rng(11)
    truth = described(said(setting, rng, MANY), Resampling(0))
    found: dict[str, list[bool]] = {name: [] for name in TOLD}
    for run in range(runs):
        votes = said(setting, rng, setting.records)
        if len(np.unique(votes.label)) < 2:
            continue
        for name, e in described(votes, Resampling(RESAMPLES, run)).items():
            exact = truth[name].value if name in truth else None
            if name in TOLD and exact is not None and e.low is not None and e.high is not None:
                found[name].append(e.low <= exact <= e.high)
    return {name: held for name, held in found.items() if held}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("runs", type=int, nargs="?", default=300)
    options.add_argument("--labels", type=int, action="append", help="default: 2, 3 and 5")
    options.add_argument("--rare", type=float, help="only this share of the rare label")
    options.add_argument("--records", type=int, help="only so many records")
    given = options.parse_args()
    for labels in given.labels or (2, 3, 5):
        least: dict[str, float] = {}
        for setting in settings(labels):
            if given.rare not in (None, setting.shares[0]):
                continue
            if given.records not in (None, setting.records):
                continue
            found = covered(setting, given.runs)
            line = "  ".join(
                f"{name} {np.mean(c):.3f} ({len(c) / given.runs:.2f})" for name, c in found.items()
            )
            print(f"{setting}: {line}", flush=True)
            for name, held in found.items():
                least[name] = min(least.get(name, 1.0), float(np.mean(held)))
        print(f"{labels} labels, least: {', '.join(f'{n} {c:.3f}' for n, c in least.items())}")


if __name__ == "__main__":
    main()
