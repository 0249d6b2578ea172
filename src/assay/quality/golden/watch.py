"""Golden questions among the answers of a ledger: one monitor for people and models."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assay.core.annotation import Annotation
from assay.core.errors import InputError
from assay.core.schema.base import Schema
from assay.core.value import Value
from assay.core.votes import Codes
from assay.quality.golden.commitment import Answers, Bools, Questions, answers_of

CERTAINTY = 0.95  # of a question of which nothing is known


@dataclass(frozen=True, slots=True)
class Watched:
    """`assisted` answers were given after seeing another one, and carry no information on
    commitment.
    """

    questions: Questions
    answers: Answers
    assisted: int
    constant: Bools  # whether majority-class baseline of its unit is right, a question each


def watched(
    annotations: Iterable[Annotation],
    gold: Mapping[str, Value],
    schema: Schema,
    certainty: float = CERTAINTY,
    guess: float | None = None,
) -> Watched:
    """Each unit of a golden record is a question; careless answers fall evenly on its labels
    unless `guess` says otherwise. A missing answer is not an answer."""
    numbers, luck, assisted = Codes(), dict[int, float](), 0
    rows: list[tuple[str, int, bool]] = []
    truths: dict[int, tuple[str, str]] = {}
    for a in annotations:
        if a.record not in gold or a.value is None or a.mapping == "strategy":
            continue
        if a.saw:
            assisted += 1
            continue
        truth = gold[a.record]
        for unit in schema.units([truth]):
            right, said = schema.label(truth, unit), schema.label(a.value, unit)
            if right is None or (a.focus and not schema.in_focus(unit, a.focus)):
                continue
            number = numbers[f"{a.record}\n{unit}"]
            truths[number] = unit, right
            luck[number] = _even(schema, unit) if guess is None else guess
            rows.append((a.by or a.annotator, number, said == right))
    if not rows:
        raise InputError(f"nobody answered one of the {len(gold):,} golden questions unassisted")
    chances = np.array([luck[i] for i in range(len(luck))])
    questions = Questions(np.full(len(chances), certainty), chances)
    constant = always([truths[i] for i in range(len(truths))])
    return Watched(questions, answers_of(rows), assisted, constant)


def always(truths: Sequence[tuple[str, str]]) -> Bools:
    """Whether the majority-class baseline is right: the most frequent label of each unit; a unit
    and its gold label a question.
    """
    often = Counter(truths)
    best = {unit: label for (unit, label), _ in sorted(often.items(), key=lambda item: item[1])}
    return np.array([label == best[unit] for unit, label in truths], bool)


def _even(schema: Schema, unit: str) -> float:
    """By chance alone; an open answer is not hit by chance."""
    labels = schema.unit_labels(unit)
    return 0.0 if labels is None else 1 / len(labels)
