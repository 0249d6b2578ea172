"""The promise about the whole output beside BARGAIN 0.1.3 (accuracy target), on the same worlds.

BARGAIN asks people for labels step by step until it knows a threshold; a certificate rests on a
random sample drawn beforehand. For each population BARGAIN runs first; ours then gets as many
labels as BARGAIN took on average over all populations, at random. Printed are the labels asked
for, the share of records that no person has to label, and how often the output, people's labels
included, agrees less than the target (at most delta is promised). What people have labelled in
the sample counts as people's for both.

BARGAIN is no dependency of this package. In an environment that has both:

    pip install bargain==0.1.3
    python bench/bargain.py
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from BARGAIN import BARGAIN_A, Oracle, Proxy
from coverage import Floats, rising
from numpy.typing import NDArray

from assay.quality.guarantees.certificate import certify
from assay.quality.guarantees.promise import Promise

Bools = NDArray[np.bool_]
RECORDS = 5000


@dataclass(frozen=True)
class Setting:
    name: str
    right: Callable[[Floats], Floats]
    promise: Promise


SETTINGS = [
    Setting("good confidence", rising, Promise(0.1, 0.1, "output")),
    Setting(
        "steep confidence", lambda s: np.asarray(0.5 + 0.5 * s**0.45), Promise(0.1, 0.1, "output")
    ),
    Setting("weak confidence", lambda s: 0.7 + 0.25 * s, Promise(0.15, 0.1, "output")),
    Setting("useless confidence, good labels", lambda s: 0 * s + 0.95, Promise(0.1, 0.1, "output")),
    Setting("rare errors", lambda s: np.where(s > 0.1, 0.99, 0.5), Promise(0.05, 0.1, "output")),
]


class Said(Proxy):  # type: ignore[misc]
    def __init__(self, sure: Floats) -> None:
        super().__init__(verbose=False, max_workers=1)
        self.sure = sure

    def get_preds_and_scores(self, indxs: Any, records: Any) -> tuple[Any, Any]:
        return np.ones(len(indxs), dtype=int), self.sure[np.asarray(indxs, dtype=int)]


class People(Oracle):  # type: ignore[misc]
    """Says 1 where the model is right, else 0."""

    def __init__(self, right: Bools) -> None:
        super().__init__(verbose=False, max_workers=1)
        self.right, self.asked = right, set[int]()

    def is_answer_correct(self, indxs: Any, records: Any, said: Any) -> Any:
        self.asked |= {int(i) for i in indxs}
        return self.right[np.asarray(indxs, dtype=int)].astype(float)

    def get_pred(self, records: Any, indxs: Any = None) -> Any:
        return self.right[np.asarray(indxs, dtype=int)].astype(int)


def theirs(sure: Floats, right: Bools, promise: Promise, seed: int) -> tuple[int, float, bool]:
    people = People(right)
    process = BARGAIN_A(
        Said(sure), people, target=1 - promise.alpha, delta=promise.delta, verbose=False, seed=seed
    )
    said, used = process.process([str(i) for i in range(len(sure))], return_oracle_usage=True)
    wrong = (np.asarray(said) == 1) & ~right
    return len(people.asked), 1 - float(np.mean(used)), bool(wrong.mean() > promise.alpha)


def ours(
    sure: Floats, right: Bools, promise: Promise, sample: NDArray[np.int64]
) -> tuple[float, bool]:
    found = certify(sure[sample], right[sample], promise)
    taken = np.zeros(len(sure), bool) if found.threshold is None else sure >= found.threshold
    taken[sample] = False
    return float(taken.mean()), bool((taken & ~right).mean() > promise.alpha)


def measure(setting: Setting, replications: int) -> str:
    rng = np.random.default_rng(5)
    worlds = []
    for _ in range(replications):
        sure = rng.random(RECORDS)
        worlds.append((sure, rng.random(RECORDS) < setting.right(sure)))
    asked, share, broken = np.array(
        [theirs(*world, setting.promise, k) for k, world in enumerate(worlds)]
    ).mean(axis=0)
    n = round(asked)
    described = np.array(
        [ours(*world, setting.promise, rng.choice(RECORDS, n, replace=False)) for world in worlds]
    )
    our_share, our_broken = described.mean(axis=0)
    return (
        f"| {setting.name} | {1 - setting.promise.alpha:g} | {n} | {share:.3f} | {broken:.3f} | "
        f"{our_share:.3f} | {our_broken:.3f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=200)
    options = parser.parse_args()
    print("| world | target | labels | BARGAIN: by model | broken | ours: by model | broken |")
    print("|---|---|---|---|---|---|---|")
    for setting in SETTINGS:
        print(measure(setting, options.replications), flush=True)


if __name__ == "__main__":
    main()
