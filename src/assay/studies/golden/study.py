"""Golden questions (Liu et al., arXiv 2505.19134): the rate, the estimator, and its undoing.

All of it is computed or simulated: the failure of an honest annotator under the best contract, the
estimator against its standard error, and an annotator who can tell gold from ordinary records.
"""

from dataclasses import asdict, dataclass

import numpy as np

from assay.core.record import Record, text_record
from assay.quality.golden.contract import Contract, Terms, contract
from assay.quality.golden.disguise import Disguise, disguise
from assay.quality.golden.strategic import Response, Trial, best_response, defeated, trial

SIZES = (10, 100, 1_000, 10_000, 1_000_000)
COMMITMENTS = (0.2, 0.5, 0.8)
RECORDS, EVERY = 1_000, 5  # a fifth of the simulated deal is gold
WORDS = [
    "the",
    "of",
    "and",
    "in",
    "it",
    "was",
    "for",
    "with",
    "on",
    "as",
    "at",
    "by",
    "this",
    "that",
]
CHECK = "To show that you are reading, choose the first label."


@dataclass(frozen=True, slots=True)
class Undoing:
    """Gold of one look, how well it is hidden, and what a strategic annotator does then."""

    gold: str
    disguise: Disguise
    response: Response
    described: str

    def as_json(self) -> dict[str, object]:
        return {
            "gold": self.gold, "disguise": self.disguise.as_json(),
            "response": self.response.as_json(), "told": self.described,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class GoldenStudy:
    terms: Terms
    table: tuple[Contract, ...]
    responses: tuple[Response | None, ...]  # of an annotator who cannot tell gold apart
    trials: tuple[Trial, ...]
    undoing: tuple[Undoing, ...]
    seed: int

    def as_json(self) -> dict[str, object]:
        rows = [
            c.as_json() | {"best_response": None if r is None else r.on_work}
            for c, r in zip(self.table, self.responses, strict=True)
        ]
        return {
            "terms": asdict(self.terms) | {"information": self.terms.information},
            "limit": self.table[0].limit,
            "table": rows,
            "estimator": [t.as_json() for t in self.trials],
            "undoing": [u.as_json() for u in self.undoing],
            "seed": self.seed,
        }


def golden(annotators: int = 2_000, seed: int = 0) -> GoldenStudy:
    table = tuple(contract(Terms(n, 0.8)) for n in SIZES)
    middle = table[1]
    return GoldenStudy(
        middle.terms,
        table,
        tuple(best_response(c) if c.feasible else None for c in table),
        tuple(trial(middle, theta, annotators, seed) for theta in COMMITMENTS),
        tuple(_undoing(middle, look, seed) for look in ("ordinary records", "attention checks")),
        seed,
    )


def _undoing(found: Contract, look: str, seed: int) -> Undoing:
    records, gold = assign(seed, CHECK if look == "attention checks" else None)
    seen = disguise(records, gold, seed)
    auc = seen.worst.auc if seen.verdict == "visible" else 0.5
    response, described = defeated(found, auc)
    return Undoing(look, seen, response, described)


def assign(seed: int, check: str | None = None) -> tuple[list[Record], set[str]]:
    """Texts of common words; golden questions at random places, with `check` as text if given."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 30, RECORDS)
    golden = set(rng.choice(RECORDS, RECORDS // EVERY, replace=False).tolist())
    records = []
    for i, length in enumerate(lengths):
        text = " ".join(rng.choice(WORDS, length))
        if check is not None and i in golden:
            text = f"{check} ({' '.join(text.split()[:3])})"
        records.append(text_record(f"r{i}", text))
    return records, {f"r{i}" for i in golden}
