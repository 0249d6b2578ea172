"""Which records make good golden questions: the most information about commitment.

Certainty is how often committed annotators agree with the gold label, from labels that are not
used in the test itself. Easy is not certain: a question that careless annotators get right too has
a high guess rate and tells little, so the guess rate is measured, not assumed to be 1/m.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from assay.core import within
from assay.core.errors import InputError
from assay.quality.golden.commitment import Questions

Guess = Literal["even", "frequency"]
PRIOR = 1.0  # votes with and without the gold label that each record starts with, in all


@dataclass(frozen=True, slots=True)
class Candidate:
    """`information` at the commitment it was ranked for."""

    record: str
    label: str
    votes: int
    agreeing: int
    certainty: float
    guess: float
    information: float

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates from the most to the least information; `useless` had no more certainty than
    careless annotators have luck."""

    candidates: tuple[Candidate, ...]
    useless: int
    commitment: float

    def error(self, take: int) -> float | None:
        """Standard error of a commitment estimated from the first `take` candidates."""
        total = sum(c.information for c in self.candidates[:take])
        return total**-0.5 if total else None

    def questions(self, take: int) -> Questions:
        first = self.candidates[:take]
        return Questions(np.array([c.certainty for c in first]), np.array([c.guess for c in first]))


def rank(
    labels: Mapping[str, Sequence[str]],
    gold: Mapping[str, str],
    commitment: float = 0.8,
    guess: Guess | Mapping[str, float] = "frequency",
) -> Ranking:
    """`labels` are committed annotators' labels by record, `gold` the right ones.

    Certainty is shrunk towards the mean over all candidates, so that a record with two votes does
    not pass for certain. A guess rate is 1/m ("even"), the share of the gold label among all labels
    ("frequency": careless annotators who know what is common), or measured, by label.
    """
    within.share("the commitment", commitment)
    if not 0 < commitment < 1:
        raise InputError(f"commitment lies between 0 and 1, not {commitment:g}")
    both = [record for record in gold if labels.get(record)]
    if not both:
        raise InputError("no record has both a gold label and labels of annotators")
    agreeing = {r: sum(label == gold[r] for label in labels[r]) for r in both}
    mean = sum(agreeing.values()) / sum(len(labels[r]) for r in both)
    rates = _rates(labels, gold, guess)
    found: list[Candidate] = []
    for r in both:
        votes = len(labels[r])
        certainty = (agreeing[r] + PRIOR * mean) / (votes + PRIOR)
        rate = rates.get(gold[r], 0.0)
        if certainty > rate:
            one = Questions(np.array([certainty]), np.array([rate]))
            described = float(one.information(commitment)[0])
            found.append(Candidate(r, gold[r], votes, agreeing[r], certainty, rate, described))
    found.sort(key=lambda c: (-c.information, c.record))
    return Ranking(tuple(found), len(both) - len(found), commitment)


def _rates(
    labels: Mapping[str, Sequence[str]], gold: Mapping[str, str], guess: Guess | Mapping[str, float]
) -> Mapping[str, float]:
    if not isinstance(guess, str):
        missing = sorted(set(gold.values()) - set(guess))
        if missing:
            raise InputError(f"there is no guess rate for label {missing[0]!r}")
        return guess
    said = Counter(label for group in labels.values() for label in group)
    names = set(said) | set(gold.values())
    if guess == "even":
        return dict.fromkeys(names, 1 / max(len(names), 2))
    return {name: said[name] / said.total() for name in names}
