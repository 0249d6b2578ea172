"""How committed an annotator is, from its answers to golden questions.

Latent commitment (Liu et al., arXiv 2505.19134): with probability theta an answer is a committed
one, right with probability `certainty`; otherwise it is careless, right with probability `guess`.
It is then right with probability q = theta certainty + (1 - theta) guess. The log likelihood is
concave in theta. Nothing here is about pay, so models are watched in the same way as people.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from assay.core import within
from assay.core.errors import InputError
from assay.core.votes import Floats, Ints
from assay.quality.golden.exact import exact_limits

Bools = NDArray[np.bool_]

HALVINGS = 52  # of the unit interval: as fine as a float is
LEAST = 1e-300  # keeps logarithms finite


@dataclass(frozen=True, slots=True)
class Questions:
    """One row a golden question; `guess` is 1/m for m options only if careless answers are even."""

    certainty: Floats
    guess: Floats

    def __post_init__(self) -> None:
        p, g = self.certainty, self.guess
        if p.shape != g.shape or p.ndim != 1 or len(p) == 0:
            raise InputError("golden questions need a certainty and a guess rate each")
        if not (np.isfinite(p) & np.isfinite(g) & (g >= 0) & (p <= 1)).all():
            raise InputError("certainty and guess rate of a golden question lie between 0 and 1")
        useless = np.flatnonzero(p <= g)
        if len(useless):
            i = useless[0]
            raise InputError(
                f"golden question {i + 1}: committed annotators are right with {p[i]:.3g}, "
                f"careless ones with {g[i]:.3g}; it tells nothing unless the first is larger"
            )

    def __len__(self) -> int:
        return len(self.certainty)

    def information(self, theta: float) -> Floats:
        """Fisher information about theta of each question; infinite where q is 0 or 1."""
        gap = self.certainty - self.guess
        q = self.guess + theta * gap
        spread = q * (1 - q)
        described = np.full_like(q, np.inf)
        return np.divide(gap**2, spread, out=described, where=spread > 0)


def alike(n: int, certainty: float, guess: float) -> Questions:
    within.count("the number of golden questions", n)
    return Questions(np.full(n, certainty), np.full(n, guess))


@dataclass(frozen=True, slots=True)
class Answers:
    """Who answered which golden question, and whether as gold says; one row an answer."""

    annotators: tuple[str, ...]
    annotator: Ints
    question: Ints
    right: Bools

    def per_annotator(self, each: Floats) -> Floats:
        sums = np.bincount(self.annotator, each, minlength=len(self.annotators))
        return sums.astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class Commitment:
    """`error` is the standard error; None at 0 and 1, where theory gives only the interval."""

    annotator: str
    questions: int
    right: int
    commitment: float
    error: float | None
    interval: tuple[float, float]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def commitments(
    questions: Questions, answers: Answers, level: float = 0.95
) -> tuple[Commitment, ...]:
    """Each annotator's maximum-likelihood commitment, with exact limits."""
    within.inner("the level", level)
    asked = answers.per_annotator(np.ones(len(answers.question)))
    right = answers.per_annotator(answers.right.astype(float))
    silent = [n for n, count in zip(answers.annotators, asked, strict=True) if not count]
    if silent:
        raise InputError(f"annotator {silent[0]!r} answered no golden question")
    best = _Likelihood(questions, answers).maximum()
    described = _information(questions, answers, best)
    return tuple(
        Commitment(
            name,
            int(asked[i]),
            int(right[i]),
            float(best[i]),
            float(described[i] ** -0.5) if 0 < best[i] < 1 else None,
            (min(low, float(best[i])), max(high, float(best[i]))),
        )
        for i, (name, (low, high)) in enumerate(
            zip(answers.annotators, _intervals(questions, answers, level), strict=True)
        )
    )


def of_constant(questions: Questions, asked: Ints, right: Bools) -> Commitment:
    """What an annotator would seem to be who always gives the most frequent label, `right` or not a
    question each, on the questions asked."""
    own = np.unique(asked)
    rows = [("majority-class baseline", int(i), bool(right[i])) for i in own]
    return commitments(questions, answers_of(rows))[0]


def _intervals(
    questions: Questions, answers: Answers, level: float
) -> Iterator[tuple[float, float]]:
    """Of each annotator; those who were asked and answered alike have one computed for all."""
    known: dict[bytes, tuple[float, float]] = {}
    order = np.argsort(answers.annotator, kind="stable")
    ends = np.searchsorted(answers.annotator[order], np.arange(1, len(answers.annotators)))
    for own in np.split(order, ends):
        asked, right = answers.question[own], answers.right[own]
        guess, gap = questions.guess[asked], (questions.certainty - questions.guess)[asked]
        same = np.lexsort((right, gap, guess))
        key = np.concatenate([guess[same], gap[same], right[same]]).tobytes()
        if key not in known:
            known[key] = exact_limits(guess[same], gap[same], right[same], level)
        yield known[key]


def _information(questions: Questions, answers: Answers, theta: Floats) -> Floats:
    gap = (questions.certainty - questions.guess)[answers.question]
    q = questions.guess[answers.question] + theta[answers.annotator] * gap
    return answers.per_annotator(gap**2 / np.maximum(q * (1 - q), LEAST))


class _Likelihood:
    """Log likelihood of all annotators at once, each at its own theta."""

    def __init__(self, questions: Questions, answers: Answers) -> None:
        self.answers = answers
        self.guess = questions.guess[answers.question]
        self.gap = (questions.certainty - questions.guess)[answers.question]

    def _seen(self, theta: Floats) -> Floats:
        """Probability of what was answered."""
        q = self.guess + theta[self.answers.annotator] * self.gap
        return np.maximum(np.where(self.answers.right, q, 1 - q), LEAST)

    def slope(self, theta: Floats) -> Floats:
        sign = np.where(self.answers.right, 1.0, -1.0)
        return self.answers.per_annotator(sign * self.gap / self._seen(theta))

    def maximum(self) -> Floats:
        low, high = np.zeros(len(self.answers.annotators)), np.ones(len(self.answers.annotators))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            rising = self.slope(middle) > 0
            low, high = np.where(rising, middle, low), np.where(rising, high, middle)
        return np.where(high == 1, 1.0, np.where(low == 0, 0.0, (low + high) / 2))


def answers_of(rows: Sequence[tuple[str, int, bool]]) -> Answers:
    """From (annotator, question number, right) rows."""
    names = {name: i for i, name in enumerate(dict.fromkeys(name for name, _, _ in rows))}
    return Answers(
        tuple(names),
        np.array([names[name] for name, _, _ in rows], dtype=np.int32),
        np.array([question for _, question, _ in rows], dtype=np.int32),
        np.array([right for _, _, right in rows], dtype=bool),
    )
