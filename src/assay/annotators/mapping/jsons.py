"""Reads JSON answers, and anchors quoted spans to characters of the record."""

import json
import re
from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from assay.annotators.mapping.base import UNPARSED, Reading, reading
from assay.annotators.prompt import AnswerForm
from assay.core.annotation import Outcome, Request
from assay.core.record import Record
from assay.core.schema import Spans
from assay.core.value import Span
from assay.models.base import Completion

_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.S)


@dataclass(frozen=True, slots=True)
class Json:
    """The first JSON object (or list) in the answer, strictly checked against the schema."""

    @property
    def name(self) -> str:
        return "json"

    @property
    def form(self) -> AnswerForm:
        return "json"

    @property
    def top_logprobs(self) -> int:
        return 0

    def read(self, request: Request, completion: Completion) -> Reading:
        content = first_json(completion.text)
        if content is None:
            return UNPARSED
        schema = request.task.schema
        if isinstance(schema, Spans):
            found = content.get("spans") if isinstance(content, dict) else content
            if not isinstance(found, list):
                return UNPARSED
            anchored = anchor(found, request.record, schema)
            return Reading(Outcome.ANSWERED, anchored.spans, rationale=anchored.note() or None)
        return reading(schema.parse(json.dumps(content)))


def first_json(text: str) -> object | None:
    """The first object or list that is well formed, in or out of a code fence."""
    fenced = _FENCE.search(text)
    text = fenced[1] if fenced else text
    decoder = json.JSONDecoder()
    for match in re.finditer(r"[{\[]", text):
        try:
            content: object = decoder.raw_decode(text, match.start())[0]
        except ValueError:
            continue
        return content
    return None


@dataclass(slots=True)
class Anchored:
    """Spans with characters, and how often each policy was needed."""

    spans: tuple[Span, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def note(self) -> str:
        return "; ".join(f"{n} {what}" for what, n in sorted(self.counts.items()))


def anchor(entries: list[object], record: Record, schema: Spans) -> Anchored:
    """Quotes become character spans of the record (section 7(d) of our notes).

    Policy: an exact quote is taken at its first place not yet taken by the same quote and label
    (repeats in order of mention); else the same without regard to case; a quote that is not in
    the record is a hallucination, left out and counted; overlaps are kept, as annotators may mean
    them; entries without a known label are left out and counted.
    """
    result = Anchored()
    taken: set[Span] = set()
    for entry in entries:
        quote, label = _entry(entry, schema)
        if not quote or label is None:
            result.count("not a span")
            continue
        span = _place(quote, label, record, taken, result)
        if span is not None:
            taken.add(span)
    result.spans = tuple(sorted(taken))
    return result


def _entry(entry: object, schema: Spans) -> tuple[str, str | None]:
    if not isinstance(entry, Table) or not isinstance(entry.get("text"), str):
        return "", None
    return entry["text"].strip(), schema.table.get(str(entry.get("label", "")).strip().casefold())


def _place(
    quote: str, label: str, record: Record, taken: set[Span], result: Anchored
) -> Span | None:
    for flags in (re.NOFLAG, re.IGNORECASE):
        seen = False
        for part in record.texts:
            for match in re.finditer(re.escape(quote), part.text, flags):
                span = Span(match.start(), match.end(), label, part.name)
                if span not in taken:
                    if flags:
                        result.count("with other case")
                    return span
                seen = True
        if seen:
            result.count("repeated more often than it occurs")
            return None
    result.count("not in the record")
    return None
