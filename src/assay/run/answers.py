"""An annotator's answers, where any failure of one answer becomes its outcome.

The one place for all annotators: those of Assay keep their contract, a plugin may
break it.
"""

import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import count

from assay.annotators.base import STOPS, Annotator, Drawn, failed
from assay.core.annotation import Annotation, Outcome, Request
from assay.core.spelling import whole_letters
from assay.core.value import Box, Span
from assay.run.use import drawn as drawing

MOST = 2**63 - 1  # what a ledger's whole number holds


async def answers(who: Annotator, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
    """One a request drawn, as `Annotator.annotate`, also where the annotator breaks.

    Requests that it had drawn and not answered are then put to it one by one, so that the one it
    breaks on fails alone, and it goes on with the rest.
    """
    coming = iter(requests)
    broken = True
    while broken:
        broken = False
        drawn: dict[str, Request] = {}
        counted = count()
        said = _said(who, _noted(requests, coming, drawn, counted), drawn)
        try:
            async with aclosing(said):
                async for annotation in said:
                    yield annotation
        except STOPS:
            raise
        except Exception as bad:
            if not next(counted):  # it broke before it was given anything
                raise
            broken = True
            async for annotation in _singly(who, list(drawn.values()), bad):
                yield annotation


async def _singly(
    who: Annotator, requests: list[Request], first: Exception
) -> AsyncIterator[Annotation]:
    for request in requests:
        drawn = {request.key: request}
        bad = first
        if len(requests) > 1:
            try:
                async for annotation in _said(who, [request], drawn):
                    yield annotation
                continue
            except STOPS:
                raise
            except Exception as again:
                bad = again
        if drawn:
            yield failed(request, bad)


async def _said(
    who: Annotator, requests: Iterable[Request], drawn: dict[str, Request]
) -> AsyncGenerator[Annotation, None]:
    async with drawing(who.annotate(requests)) as given:
        async for annotation in given:
            drawn.pop(annotation.key, None)
            yield sound(annotation)


@dataclass(slots=True)
class _Noted:
    """The requests as they are drawn, each noted until it is answered."""

    coming: Iterator[Request]
    drawn: dict[str, Request]
    counted: "count[int]"

    def __iter__(self) -> Iterator[Request]:
        for request in self.coming:
            next(self.counted)
            self.drawn[request.key] = request
            yield request


@dataclass(slots=True)
class _NotedDrawn(_Noted):
    """The same, where a run hears the answers in the places of their calls."""

    run: Drawn

    def check(self) -> None:
        self.run.check()

    async def received(self, annotation: Annotation) -> None:
        self.drawn.pop(annotation.key, None)
        await self.run.received(sound(annotation))


def _noted(
    requests: Iterable[Request],
    coming: Iterator[Request],
    drawn: dict[str, Request],
    counted: "count[int]",
) -> Iterable[Request]:
    if isinstance(requests, Drawn):
        return _NotedDrawn(coming, drawn, counted, requests)
    return _Noted(coming, drawn, counted)


def sound(annotation: Annotation) -> Annotation:
    """The annotation, if a ledger can keep it; else one without what cannot be kept, and why."""
    flaw = _flaw(annotation)
    if flaw is None:
        return annotation
    outcome = Outcome.UNPARSED if annotation.answered else annotation.outcome
    return replace(
        annotation,
        outcome=outcome,
        value=None,
        confidence=None,
        confidence_source=None,
        scores=None,
        raw=_text(annotation.raw),
        rationale=_text(annotation.rationale),
        error=_text(annotation.error) or flaw,
        cost_nanos=annotation.cost_nanos if _countable(annotation.cost_nanos) else 0,
        seconds=annotation.seconds if _finite(annotation.seconds) else 0.0,
    )


def _flaw(a: Annotation) -> str | None:
    if a.confidence is not None and not _finite(a.confidence):
        return f"its confidence {a.confidence!r:.40} is not a finite number"
    if a.value is not None and (flaw := _flaw_of(a.value)) is not None:
        return f"its value {flaw}"
    for text in (a.raw, a.rationale, a.error):
        if text is not None and (flaw := _flaw_of(text, str)) is not None:
            return f"its text {flaw}"
    if a.scores is not None and not _are_scores(a.scores):
        return "its scores are not numbers by label"
    if not (_countable(a.cost_nanos) and _finite(a.seconds)):
        return f"its cost {a.cost_nanos!r:.40} or time {a.seconds!r:.40} is not a usable number"
    return None


def _flaw_of(value: object, kind: type = object) -> str | None:
    """What keeps a value from being written as JSON in UTF-8 and read back."""
    if isinstance(value, str):
        return None if value.isascii() or whole_letters(value) == value else "has lone surrogates"
    if not isinstance(value, kind) or kind is str:
        return f"is a {type(value).__name__}"
    if isinstance(value, float | int) and not isinstance(value, bool):
        return None if _finite(value) else "is not a finite number"
    if isinstance(value, Mapping):
        parts: Iterable[object] = (*value, *value.values())
    elif isinstance(value, frozenset) or (
        isinstance(value, tuple) and all(isinstance(mark, Span | Box) for mark in value)
    ):
        parts = (part.label if isinstance(part, Span | Box) else part for part in value)
    else:
        return f"is a {type(value).__name__}"
    return next((flaw for part in parts if (flaw := _flaw_of(part)) is not None), None)


def _are_scores(scores: object) -> bool:
    return isinstance(scores, Mapping) and all(
        isinstance(name, str)
        and (name.isascii() or whole_letters(name) == name)
        and isinstance(score, float | int)
        and not math.isnan(score)
        for name, score in scores.items()
    )


def _finite(number: object) -> bool:
    return (isinstance(number, float) and math.isfinite(number)) or _countable(number)


def _countable(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and abs(number) <= MOST


def _text(text: object) -> str | None:
    return None if text is None else whole_letters(str(text))
