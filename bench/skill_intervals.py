"""Whether intervals on skill without gold hold: independent, copying, and hard records.

    python bench/skill_intervals.py [RUNS]

For each case: how often nothing is claimed, how often the intervals given hold the skill (0.95 is
meant), and how often unchecked ones do (`assume_independent`), by how much is seen.
"""

import sys
from dataclasses import dataclass

import numpy as np

from assay.aggregation.dawid_skene import DawidSkene, OneCoin
from assay.aggregation.intervals import SkillIntervals
from assay.core.votes import Ints, Votes

MODELS = (DawidSkene(), OneCoin())
LABELS, SHARES, COPIED = 3, (0.4, 0.3, 0.3), 0.7
MIXED = (0.9, 0.8, 0.7, 0.6, 0.5)
GOOD = (0.9, 0.9, 0.8, 0.8, 0.7)


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    records: int
    skills: tuple[float, ...]
    copies: int = 0  # the first so many copy the first
    hard: float = 0.0  # share of records on which all guess


CASES = (
    Case("independent", 100, MIXED),
    Case("independent", 400, MIXED),
    Case("three copies of five", 200, (0.6, 0.6, 0.6, 0.85, 0.85), copies=3),
    Case("two copies of six", 200, (0.7, 0.7, 0.7, 0.8, 0.8, 0.75), copies=2),
    Case("20% hard records", 200, GOOD, hard=0.2),
    Case("10% hard records", 400, GOOD, hard=0.1),
    Case("20% hard records", 1000, GOOD, hard=0.2),
)


def drawn(case: Case, rng: np.random.Generator) -> tuple[Votes, np.ndarray]:
    n, skills = case.records, np.array(case.skills)
    truth = rng.choice(LABELS, n, p=SHARES)
    right = rng.random((n, len(skills))) < skills
    hard = rng.random(n) < case.hard
    right[hard] = rng.random((int(hard.sum()), len(skills))) < 1 / LABELS
    wrong = (truth[:, None] + rng.integers(1, LABELS, right.shape)) % LABELS
    said = np.where(right, truth[:, None], wrong)
    skill = skills * (1 - case.hard) + case.hard / LABELS
    for j in range(1, case.copies):
        copied = rng.random(n) < COPIED
        said[copied, j] = said[copied, 0]
        skill[j] = COPIED * skill[0] + (1 - COPIED) * skill[j]
    return votes_of(said.astype(np.int32)), skill


def votes_of(said: Ints) -> Votes:
    n, m = said.shape
    record, annotator = (x.ravel().astype(np.int32) for x in np.indices((n, m)))
    names = [
        tuple(f"{c}{i}" for i in range(size)) for c, size in (("r", n), ("a", m), ("k", LABELS))
    ]
    return Votes(names[0], ("",), names[1], names[2], record, np.zeros_like(record), annotator,
                 said.ravel())  # fmt: skip


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    for case in CASES:
        for model in MODELS:
            rng, refused = np.random.default_rng(7), 0
            given: list[float] = []
            unchecked: list[float] = []
            for run in range(runs):
                votes, skill = drawn(case, rng)
                found = SkillIntervals(model=model, seed=run).of(votes)
                plain = SkillIntervals(model=model, seed=run, assume_independent=True).of(votes)
                unchecked.append(float(((plain.low <= skill) & (skill <= plain.high)).mean()))
                if found.known.any():
                    given.append(float(((found.low <= skill) & (skill <= found.high)).mean()))
                else:
                    refused += 1
            held = f"{np.mean(given):.3f}" if given else "–"
            print(f"{case.name:<22} n={case.records:<5} {model.id:<12} nothing claimed "
                  f"{refused / runs:.2f}, given hold {held}, unchecked {np.mean(unchecked):.3f}",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
