"""Labelled records written by a model, marked as synthetic for ever.

Label-conditioned generation with controls for diversity (topic, persona), removal of
near-duplicates and of texts that another annotator labels otherwise, and a measure of drift against
real records (sections 9(a) and 13.2). Synthetic records carry `source = "synthetic:<annotator>"`,
readers keep that, and gold refuses them (`Gold.trusted`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np

from assay.core import within
from assay.core.annotation import Annotation, RequestOptions
from assay.core.digest import digest_text
from assay.core.errors import InputError, SpecError
from assay.core.extras import from_extra
from assay.core.record import SYNTHETIC, Record, TextPart, text_record
from assay.core.schema import FreeText
from assay.core.schema.choice import Choice
from assay.core.task import Example, Task
from assay.strategies.base import Ask


@dataclass(frozen=True, slots=True)
class Plan:
    """How many texts for each label, and what to vary them by; all combinations take turns."""

    per_label: int
    topics: tuple[str, ...] = ("",)
    personas: tuple[str, ...] = ("",)
    nearest: float = 0.8  # Jaccard similarity of word 3-grams from which a text is a duplicate
    seed: int = 0

    def __post_init__(self) -> None:
        within.count("texts for each label", self.per_label)
        within.share("the similarity of duplicates", self.nearest)


@dataclass(frozen=True, slots=True)
class Synthesis:
    """`examples` are kept; the counts say what the generator cost and what was thrown away."""

    examples: tuple[Example, ...]
    asked: int
    silent: int
    duplicates: int
    doubted: int = 0  # the checker says another label, or none


async def synthesise(ask: Ask, generator: str, plan: Plan, checker: str | None = None) -> Synthesis:
    """Ask `generator` for texts of each label; the label is the one it was asked for.

    With a `checker` a text stays where it gives that label too.
    """
    schema = ask.task.schema
    if not isinstance(schema, Choice):
        raise SpecError(f"synthesis is conditioned on one label, so kind `choice`: {schema.kind}")
    task = Task(
        f"{ask.task.name}-generate",
        "Write one new, realistic text to which the given label applies. Only the text.",
        FreeText(),
        f"{ask.task.question}\n{ask.task.guideline}".strip(),
    )
    briefs = [b for label in schema.labels for b in _briefs(label.name, label.definition, plan)]
    request_options = [RequestOptions(replica=replica) for _, _, replica in briefs]
    answers = await ask(generator, [record for _, record, _ in briefs], request_options, task=task)
    written = [
        Example(_synthetic(str(a.value), generator), label)
        for (label, _, _), a in zip(briefs, answers, strict=True)
        if isinstance(a, Annotation) and a.answered
    ]
    kept = distinct(written, plan.nearest)
    silent, duplicates = len(briefs) - len(written), len(written) - len(kept)
    if checker is None:
        return Synthesis(tuple(kept), len(briefs), silent, duplicates)
    said = await ask(checker, [e.record for e in kept])
    sure = [
        e
        for e, a in zip(kept, said, strict=True)
        if isinstance(a, Annotation) and a.value == e.value
    ]
    return Synthesis(tuple(sure), len(briefs), silent, duplicates, len(kept) - len(sure))


def _briefs(label: str, definition: str, plan: Plan) -> list[tuple[str, Record, int]]:
    """(label, the brief as a record, replica): the same brief again is another replica."""
    turns = list(product(plan.topics, plan.personas))
    briefs: list[tuple[str, Record, int]] = []
    for i in range(plan.per_label):
        topic, persona = turns[i % len(turns)]
        lines = [f"Label: {label}"]
        lines += [f"It means: {definition}"] if definition else []
        lines += [f"Topic: {topic}"] if topic else []
        lines += [f"Written by: {persona}"] if persona else []
        text = "\n".join(lines)
        briefs.append((label, text_record(f"brief:{digest_text(text, 6)}", text), i // len(turns)))
    return briefs


def _synthetic(text: str, generator: str) -> Record:
    text = text.strip()
    name = f"{SYNTHETIC}{digest_text(text, 8)}"
    return Record(name, (TextPart(text),), source=f"{SYNTHETIC}{generator}")


def distinct(examples: Sequence[Example], nearest: float) -> list[Example]:
    """The first of each group of near-duplicates, by Jaccard similarity of word 3-grams."""
    kept: list[Example] = []
    grams: list[frozenset[tuple[str, ...]]] = []
    for example in examples:
        mine = _grams(example.record.text)
        if all(_jaccard(mine, other) < nearest for other in grams):
            kept.append(example)
            grams.append(mine)
    return kept


def _grams(text: str) -> frozenset[tuple[str, ...]]:
    words = text.casefold().split()
    if len(words) < 3:
        return frozenset({tuple(words)})
    return frozenset(zip(words, islice(words, 1, None), islice(words, 2, None), strict=False))


def _jaccard(left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]) -> float:
    return len(left & right) / len(left | right)


@dataclass(frozen=True, slots=True)
class Drift:
    """`auc` 0.5: synthetic and real are indistinguishable; 1.0: a simple classifier always
    separates them.
    """

    auc: float
    synthetic: int
    real: int


def drift(synthetic: Sequence[Record], real: Sequence[Record], seed: int = 0) -> Drift:
    """Cross-validated AUC of a character n-gram classifier that separates the two sets."""
    if min(len(synthetic), len(real)) < 10:
        raise InputError("drift needs at least ten synthetic and ten real records")
    texts = [r.text for r in (*synthetic, *real)]
    truth = np.array([1] * len(synthetic) + [0] * len(real))
    order = np.random.default_rng(seed).permutation(len(texts))
    vectorizer = _sklearn("feature_extraction.text").TfidfVectorizer
    vectors = vectorizer(analyzer="char_wb", ngram_range=(2, 4)).fit_transform(
        [texts[int(i)] for i in order]
    )
    regression = _sklearn("linear_model").LogisticRegression(max_iter=1000)
    chance = _sklearn("model_selection").cross_val_predict(
        regression, vectors, truth[order], cv=5, method="predict_proba"
    )
    auc = float(_sklearn("metrics").roc_auc_score(truth[order], chance[:, 1]))
    return Drift(auc, len(synthetic), len(real))


def _sklearn(part: str) -> Any:
    return from_extra(f"sklearn.{part}", "learn", "comparisons of synthetic and real records")
