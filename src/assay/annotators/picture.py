"""An embedded picture model as annotator: without any label of yours, or fitted on gold."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assay.annotators.base import end
from assay.annotators.classifier import Classifier, fit
from assay.annotators.fitted import fitted_on_it
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.digest import digest
from assay.core.errors import InputError, SpecError
from assay.core.record import ImagePart, Record
from assay.core.schema import Choice, Label, Schema
from assay.core.shown import Shown
from assay.core.value import Value

Floats = NDArray[np.float32]

BLOCK = 16  # records looked at together
REMEMBERED = 4096  # records; some nine kilobytes each
SHARPNESS = 10.0  # how much more a class speaks for a label that is nearer by one cosine
SHOWN = 3  # classes named in a rationale
VERSION = "1"


class Eye(Protocol):
    """A picture network, such as `models.efficientnet.EfficientNetLite`."""

    @property
    def id(self) -> str: ...

    def read(self, parts: Sequence[ImagePart]) -> list[Floats | InputError]: ...

    def look(self, pictures: Sequence[Floats]) -> Any:
        """An object with `features` and `logits`, a row a picture."""


class Classes(Protocol):
    """The classes that the logits are of, such as `models.imagenet.ImageNet`."""

    @property
    def id(self) -> str: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    def nearness(self, wordings: Sequence[str]) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network makes of one record: a vector of length 1, and class probabilities."""

    features: Floats
    classes: Floats


@dataclass(frozen=True, slots=True)
class Pictures:
    """Records seen through a network; several pictures of one record are averaged.

    The last few thousand are remembered, so that several questions, or a classifier that is fitted
    again and again, cost one look.
    """

    eye: Eye
    _known: dict[str, Seen] = field(default_factory=dict, compare=False, repr=False)

    @property
    def id(self) -> str:
        return self.eye.id

    def seen(self, records: Sequence[Record]) -> list[Seen | InputError]:
        known = {r.digest: self._known.get(r.digest) for r in records}
        new = [r for r in records if known[r.digest] is None]
        looked = dict(zip((r.digest for r in new), self._look(new), strict=True))
        self._known.update({key: one for key, one in looked.items() if isinstance(one, Seen)})
        for old in list(self._known)[:-REMEMBERED]:
            self._known.pop(old, None)
        return [known[r.digest] or looked[r.digest] for r in records]

    def _look(self, records: Sequence[Record]) -> list[Seen | InputError]:
        parts = [part for record in records for part in record.images]
        read = self.eye.read(parts)
        whole = [pixels for pixels in read if not isinstance(pixels, InputError)]
        looked = self.eye.look(whole)
        rows = iter(zip(looked.features, softmax(looked.logits), strict=True))
        views = iter([one if isinstance(one, InputError) else next(rows) for one in read])
        return [merged(record, list(islice(views, len(record.images)))) for record in records]

    def rows(self, records: Sequence[Record]) -> Floats:
        """Features for a classifier; InputError if a record has no readable picture."""
        found: list[Floats] = []
        for at in range(0, len(records), BLOCK):
            for one in self.seen(records[at : at + BLOCK]):
                if isinstance(one, InputError):
                    raise one
                found.append(one.features)
        return np.stack(found)


def merged(
    record: Record, views: Sequence[tuple[Floats, Floats] | InputError]
) -> Seen | InputError:
    if not views:
        return InputError(f"record {record.id!r} has no picture")
    seen: list[tuple[Floats, Floats]] = []
    for view in views:
        if isinstance(view, InputError):
            return InputError(f"record {record.id!r}: {view}")
        seen.append(view)
    features = np.mean([f for f, _ in seen], axis=0)
    length = max(float(np.linalg.norm(features)), 1e-9)
    return Seen(features / length, np.mean([c for _, c in seen], axis=0))


def softmax(logits: Floats) -> Floats:
    """Over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


async def views(
    pictures: Pictures, requests: Iterable[Request]
) -> AsyncIterator[tuple[Request, Seen | InputError]]:
    """Looks in blocks, off the event loop, at no more than a block ahead."""
    coming = iter(requests)
    while block := list(islice(coming, BLOCK)):
        seen = await asyncio.to_thread(pictures.seen, [r.record for r in block])
        for pair in zip(block, seen, strict=True):
            yield pair


def unseen(request: Request, why: InputError) -> Annotation:
    """Without a picture there is nothing to say; a picture that cannot be read may come back."""
    if not request.record.images:
        return answer(request, Outcome.ABSTAINED, rationale=str(why))
    return answer(request, Outcome.FAILED, error=str(why))


@dataclass(frozen=True, slots=True, repr=False)
class ZeroShotPicture(Shown):
    """Labels a picture by what it looks like, with no label of yours to learn from.

    The network knows its own classes (a thousand kinds of things and animals); each class speaks
    for the labels whose words are near its own in a sentence encoder. A label's score is the log of
    the probability that its classes have together, minus the log of what they would have if all
    classes were equally likely: else a label near many classes would win too often. Labels that
    are no kinds of things (moods, qualities, actions) are beyond it.
    """

    pictures: Pictures
    classes: Classes
    _shares: dict[str, tuple[tuple[str, ...], Floats]] = field(default_factory=dict, compare=False)

    def facts(self) -> Mapping[str, object]:
        return {"id": self.id}

    @property
    def id(self) -> str:
        return f"zero-shot/{self.pictures.id}/{self.classes.id}/{VERSION}"

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.MODEL

    async def aclose(self) -> None:
        await end(self.pictures.eye, self.classes)

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        async for request, seen in views(self.pictures, requests):
            yield (
                unseen(request, seen) if isinstance(seen, InputError) else self._said(request, seen)
            )

    def _said(self, request: Request, seen: Seen) -> Annotation:
        labels, shares = self.shares(request.task.schema)
        scores = np.log(seen.classes @ shares + 1e-12) - np.log(shares.mean(axis=0))
        sure = softmax(scores)
        best = int(np.argmax(scores))
        return answer(
            request,
            Outcome.ANSWERED,
            value=labels[best],
            confidence=float(sure[best]),
            confidence_source=Source.LIKELIHOOD,
            scores={label: float(s) for label, s in zip(labels, scores, strict=True)},
            rationale=f"looks like {self._likeness(seen.classes)}",
            mapping="zero-shot",
        )

    def shares(self, schema: Schema) -> tuple[tuple[str, ...], Floats]:
        """The labels, and for each class (row) how much it speaks for each; a row sums to 1."""
        if not isinstance(schema, Choice):
            raise SpecError(f"a zero-shot picture model answers kind `choice`, not `{schema.kind}`")
        key = digest(schema.wording())
        if key not in self._shares:
            self._shares[key] = (schema.names, softmax(SHARPNESS * self._nearness(schema.labels)))
        return self._shares[key]

    def _nearness(self, labels: Sequence[Label]) -> Floats:
        """Of the nearest wording of each label."""
        wordings = [wording(word, label) for label in labels for word in label.words()]
        near = self.classes.nearness(wordings)
        columns, at = [], 0
        for label in labels:
            count = len(label.words())
            columns.append(near[:, at : at + count].max(axis=1))
            at += count
        return np.stack(columns, axis=1)

    def _likeness(self, classes: Floats) -> str:
        top = np.argsort(-classes)[:SHOWN]
        return ", ".join(f"{self.classes.names[i]} ({classes[i]:.0%})" for i in top)


def wording(word: str, label: Label) -> str:
    return f"{word}: {label.definition}" if label.definition else word


@dataclass(frozen=True, slots=True, repr=False)
class PictureClassifier(Shown):
    """Logistic regression over the network's features, fitted on gold."""

    pictures: Pictures
    fitted: Classifier

    def facts(self) -> Mapping[str, object]:
        return {"id": self.id}

    @property
    def id(self) -> str:
        return self.fitted.id

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.MODEL

    async def aclose(self) -> None:
        await end(self.pictures.eye)

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        async for request, seen in views(self.pictures, requests):
            if request.record.digest in self.fitted.fitted_on:
                yield fitted_on_it(request)
            elif isinstance(seen, InputError):
                yield unseen(request, seen)
            else:
                row = self.fitted.model.predict_proba(seen.features[None])[0]
                yield self.fitted.said(request, row)


def fit_pictures(
    pictures: Pictures, examples: Sequence[tuple[Record, Value]], schema: Schema, seed: int = 0
) -> PictureClassifier:
    """InputError if there is nothing to learn, or an example has no readable picture."""
    return PictureClassifier(pictures, fit(pictures, examples, schema, seed))
