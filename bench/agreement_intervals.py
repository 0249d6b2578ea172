"""Whether the intervals of `assay agree` hold where a label is rare.

    python bench/agreement_intervals.py [RUNS]

Annotators give the true label or, in a share of cases, one at random by its share; coverage of
95 % intervals for percent agreement, Fleiss' kappa, alpha and (two annotators) Cohen's kappa. In
brackets the share of runs that had an interval.
"""

import sys

import numpy as np

from assay.core.votes import Votes
from assay.quality.agreement import Asked, Estimate, Resampling, agree

TOLD = ("percent", "fleiss", "krippendorff", "cohen")
MANY = 60_000


def said(size: tuple[int, int], rare: float, careful: float, rng: np.random.Generator) -> Votes:
    """Votes of `size` records and annotators."""
    truth = rng.random(size[0]) < rare
    own, luck = rng.random(size) < careful, rng.random(size) < rare
    label = np.where(own, truth[:, None], luck).astype(np.int32).ravel()
    record, annotator = (x.ravel().astype(np.int32) for x in np.indices(size))
    names = tuple(map(str, range(size[0])))
    people = tuple(f"a{i}" for i in range(size[1]))
    return Votes(names, ("",), people, ("no", "yes"), record, 0 * record, annotator, label)


def told(votes: Votes, how: Resampling) -> dict[str, Estimate]:
    found = agree(votes, Asked(resampling=how))
    return {**found.pairs[0].coefficients, **found.overall.coefficients}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for people in (2, 3):
        for rare in (0.05, 0.1, 0.3, 0.5):
            for careful in (0.8, 0.95):
                rng = np.random.default_rng(11)
                truth = told(said((MANY, people), rare, careful, rng), Resampling(0))
                for records in (30, 100):
                    covered: dict[str, list[bool]] = {name: [] for name in TOLD}
                    for run in range(runs):
                        votes = said((records, people), rare, careful, rng)
                        if len(np.unique(votes.label)) < 2:
                            continue
                        for name, e in told(votes, Resampling(300, run)).items():
                            exact = truth[name].value if name in truth else None
                            if name in TOLD and exact is not None and e.low is not None:
                                covered[name].append(e.low <= exact <= (e.high or 1.0))
                    line = "  ".join(
                        f"{name} {np.mean(c):.3f} ({len(c) / runs:.2f})"
                        for name, c in covered.items()
                        if c
                    )
                    print(f"annotators={people} rare={rare} careful={careful} n={records}: {line}",
                          flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
