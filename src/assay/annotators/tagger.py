"""A span tagger fitted on gold: logistic regression on each token, the best valid sequence of tags.

The classical baseline for spans: hashed features of a token and its neighbours, one linear model
a tag, Viterbi over the tags that may follow each other. Texts are cut into tokens here, so it
learns from and answers spans of any source; a span that ends inside a token is widened to it.
"""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.annotators.base import HoldsNothing
from assay.annotators.classifier import LEARN
from assay.annotators.fitted import in_blocks
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.digest import digest
from assay.core.errors import InputError, SpecError
from assay.core.extras import from_extra
from assay.core.record import Record
from assay.core.schema import Schema, Spans
from assay.core.shown import Shown
from assay.core.task import Example, Task
from assay.core.value import Span, Value
from assay.data.conll import OUTSIDE, tags_of

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = list[tuple[int, int]]

TOKEN = re.compile(r"https?://\S+|[@#]\w+|\w+(?:[-.'’]\w+)*|[^\w\s]")
FEATURES = 2**18
PENALTY = 3e-5
PASSES = 8
HELD_BACK = 5  # each fifth record says how readily spans are to be marked
READINESS = (0.0, 1.0, 2.0, 3.0)  # nats taken from "no span", tried in turn
BLOCK = 64
VERSION = "t1"


@dataclass(frozen=True, slots=True, repr=False)
class Tagger(HoldsNothing, Shown):
    """Marks spans; the id carries the digest of its training set.

    On a record that it was fitted on it abstains, as a text classifier does. Its confidence is the
    probability of the least sure token.
    """

    id: str
    model: Any
    readiness: float
    fitted_on: frozenset[str]  # digests of records

    def facts(self) -> Mapping[str, object]:
        return {"id": self.id, "fitted_on": len(self.fitted_on)}

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.MODEL

    def spans(self, records: Sequence[Record]) -> dict[str, tuple[Span, ...]]:
        """What it marks, by record id, on records it was fitted on too."""
        marked = mark(self.model, records, self.readiness)
        return {r.id: spans for r, (spans, _) in zip(records, marked, strict=True)}

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for abstained, fresh in in_blocks(requests, BLOCK, self.fitted_on):
            for annotation in abstained:
                yield annotation
            marked = mark(self.model, [r.record for r in fresh], self.readiness)
            for request, (spans, sure) in zip(fresh, marked, strict=True):
                yield answer(
                    request,
                    Outcome.ANSWERED,
                    value=spans,
                    confidence=sure,
                    confidence_source=Source.PROBABILITY,
                    mapping="tagger",
                )


@dataclass(frozen=True, slots=True)
class TrainableTagger:
    """Implements `Trainable`, for strategies and studies that fit a tagger as they go."""

    name: str = "tagger"

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> Tagger:
        return fit_tagger([(e.record, e.value) for e in examples], task.schema, seed)


def fit_tagger(examples: Sequence[tuple[Record, Value]], schema: Schema, seed: int = 0) -> Tagger:
    """InputError if there is nothing to learn: no span, or nothing outside of spans."""
    if not isinstance(schema, Spans):
        raise SpecError(f"a tagger answers kind `spans`, not `{schema.kind}`")
    # the order of the examples must not matter
    pairs = sorted(
        ((record, _spans(schema.check(value))) for record, value in examples),
        key=lambda pair: (pair[0].digest, pair[0].id),
    )
    if not _learnable(pairs):
        raise InputError(
            "a tagger needs marked spans and words outside of them to learn from; "
            f"{len(pairs)} records do not have both"
        )
    held = pairs[::HELD_BACK]
    rest = [pair for i, pair in enumerate(pairs) if i % HELD_BACK]
    readiness = 0.0
    if any(spans for _, spans in held) and _learnable(rest):
        readiness = _readiness(_fit(rest, seed), held)
    learnt = [[record.digest, [[s.start, s.end, s.label, s.part] for s in spans]]
              for record, spans in pairs]  # fmt: skip
    id = f"tagger/{VERSION}@{digest([learnt, seed], 6)}"
    return Tagger(id, _fit(pairs, seed), readiness, frozenset(r.digest for r, _ in pairs))


Pairs: TypeAlias = Sequence[tuple[Record, tuple[Span, ...]]]


def _table(pairs: Pairs) -> tuple[list[list[str]], list[str]]:
    """Features and tag of every token."""
    features: list[list[str]] = []
    tags: list[str] = []
    for record, spans in pairs:
        for part in record.texts:
            places = tokens(part.text)
            features += token_features(part.text, places)
            tags += tags_of(places, [s for s in spans if s.part == part.name])
    return features, tags


def _learnable(pairs: Pairs) -> bool:
    tags = set(_table(pairs)[1])
    return OUTSIDE in tags and len(tags) > 1


def _fit(pairs: Pairs, seed: int) -> Any:
    features, tags = _table(pairs)
    model = from_extra("sklearn.linear_model", *LEARN).SGDClassifier(
        loss="log_loss", alpha=PENALTY, average=True, max_iter=PASSES, tol=None, random_state=seed
    )
    return model.fit(rows(features), tags)


def _readiness(model: Any, held: Pairs) -> float:
    """What gives the best F1 on the records held back; the smallest of equals."""
    truth = [set(spans) for _, spans in held]
    best, best_f1 = 0.0, -1.0
    for readiness in READINESS:
        found = [set(spans) for spans, _ in mark(model, [r for r, _ in held], readiness)]
        right = sum(len(a & b) for a, b in zip(found, truth, strict=True))
        f1 = 2 * right / max(1, sum(map(len, found)) + sum(map(len, truth)))
        if f1 > best_f1:
            best, best_f1 = readiness, f1
    return best


def mark(
    model: Any, records: Sequence[Record], readiness: float
) -> Iterator[tuple[tuple[Span, ...], float]]:
    """The spans of each record, and the probability of its least sure token."""
    cut = [(part, tokens(part.text)) for record in records for part in record.texts]
    features = [f for part, places in cut for f in token_features(part.text, places)]
    tags = [str(tag) for tag in model.classes_]
    scores = _log_probabilities(model, features, tags, readiness)
    follows = _may_follow(tags)
    at, coming = 0, iter(cut)
    for record in records:
        spans: list[Span] = []
        sure = 1.0
        for part, places in islice(coming, len(record.texts)):
            block = scores[at : at + len(places)]
            at += len(places)
            path = best_path(block, follows)
            chosen = block[np.arange(len(path)), path]
            sure = min(sure, float(np.exp(chosen.min())) if len(path) else 1.0)
            spans += _join(places, [tags[i] for i in path], part.name)
        yield tuple(sorted(spans)), sure


def _log_probabilities(
    model: Any, features: list[list[str]], tags: list[str], readiness: float
) -> Floats:
    """Shape (tokens, tags), normalised after "no span" has lost `readiness` nats."""
    if not features:
        return np.zeros((0, len(tags)))
    margins = model.decision_function(rows(features))
    if margins.ndim == 1:  # two tags: one margin, for the second of them
        margins = np.column_stack([-margins, margins])
    logs = -np.logaddexp(0, -margins)
    logs[:, tags.index(OUTSIDE)] -= readiness
    result: Floats = logs - np.logaddexp.reduce(logs, axis=1, keepdims=True)
    return result


def _may_follow(tags: Sequence[str]) -> Floats:
    """0 where a tag (column) may follow another (row; the last row is the start), else -inf."""
    before = [*tags, OUTSIDE]
    return np.array(
        [[-np.inf if t[0] == "I" and b[2:] != t[2:] else 0.0 for t in tags] for b in before]
    )


def best_path(scores: Floats, follows: Floats) -> list[int]:
    """Viterbi: the likeliest sequence of tags in which each may follow the one before it."""
    if not len(scores):
        return []
    total = scores[0] + follows[-1]
    back: list[NDArray[np.int64]] = []
    for row in scores[1:]:
        reached = total[:, None] + follows[:-1]
        back.append(reached.argmax(axis=0))
        total = reached.max(axis=0) + row
    path = [int(total.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]


def _join(places: Places, tags: Sequence[str], part: str) -> list[Span]:
    spans: list[Span] = []
    for (start, end), tag in zip(places, tags, strict=True):
        if tag == OUTSIDE:
            continue
        begun = spans.pop().start if tag[0] == "I" and spans else start
        spans.append(Span(begun, end, tag[2:], part))
    return spans


def _spans(value: Value) -> tuple[Span, ...]:
    assert isinstance(value, tuple)
    return tuple(s for s in value if isinstance(s, Span))


def tokens(text: str) -> Places:
    """Links, mentions, hashtags, words with inner marks, and each other sign by itself."""
    return [match.span() for match in TOKEN.finditer(text)]


def rows(features: list[list[str]]) -> Any:
    """A sparse matrix, one row a token."""
    made = from_extra("sklearn.feature_extraction", *LEARN).FeatureHasher
    hasher = made(FEATURES, input_type="string", alternate_sign=False)
    matrix = hasher.transform(features)
    # scikit-learn's own hasher gives 64-bit indices, which its linear models refuse
    matrix.indices = matrix.indices.astype(np.int32)
    matrix.indptr = matrix.indptr.astype(np.int32)
    return matrix


def token_features(text: str, places: Places) -> list[list[str]]:
    """Word, shape and ends of each token, words around it, and pairs with the one before."""
    words = [text[start:end] for start, end in places]
    low = ["<", "<", *(w.lower() for w in words), ">", ">"]
    shapes = ["<", "<", *(shape(w) for w in words), ">", ">"]
    return [
        [
            "bias", f"w={low[i]}", f"s={shapes[i]}", f"w-2={low[i - 2]}", f"w-1={low[i - 1]}",
            f"w+1={low[i + 1]}", f"w+2={low[i + 2]}", f"s-1={shapes[i - 1]}",
            f"s+1={shapes[i + 1]}", f"p2={word[:2]}", f"p3={word[:3]}", f"e2={word[-2:]}",
            f"e3={word[-3:]}", f"ss={shapes[i - 1]}|{shapes[i]}", f"ws={low[i - 1]}|{shapes[i]}",
        ]
        for i, word in enumerate(words, 2)
    ]  # fmt: skip


def shape(word: str) -> str:
    """Capitals, small letters and digits, runs made one: "McDonald's2" is "XxXx'xd"."""
    kinds = (
        "X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c for c in word
    )
    return re.sub(r"(.)\1+", r"\1", "".join(kinds), flags=re.S)
