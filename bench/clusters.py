"""The replacement test where records come in clusters: how often does it pass at the boundary?

    python bench/clusters.py [RUNS]

Three people always agree, and a model differs from them on a share of the records that is the
allowance, all records of an author alike. Passing is a mistake; at most 0.05 is right. With one
record of each author drawn (`--cluster`) beside all records taken as independent (blind).
"""

import sys

import numpy as np

from assay.quality.inference.clusters import one_each
from assay.quality.replacement.alt_test import Rules, alt_test


def passes(authors: int, each: int, epsilon: float, rng: np.random.Generator) -> tuple[bool, bool]:
    lost = rng.random(authors) < epsilon
    records = [f"r{i}" for i in range(authors * each)]
    cluster = {r: f"a{i // each}" for i, r in enumerate(records)}
    model = {r: "b" if lost[i // each] else "a" for i, r in enumerate(records)}
    drawn = one_each(records, cluster, "author", int(rng.integers(2**31))).records
    own = {r: label for r, label in model.items() if r in drawn}
    return tuple(  # type: ignore[return-value]
        alt_test("m", said, {f"p{k}": dict.fromkeys(said, "a") for k in range(3)},
                 Rules(epsilon)).won
        for said in (own, model)
    )  # fmt: skip


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    for authors, each, epsilon in ((40, 10, 0.2), (100, 5, 0.1)):
        rng = np.random.default_rng(2)
        found = np.mean([passes(authors, each, epsilon, rng) for _ in range(runs)], axis=0)
        print(f"{authors} authors times {each}, allowance {epsilon}: passes {found[0]:.3f} "
              f"with --cluster, {found[1]:.3f} blind", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
