"""Reads JSON answers."""

import json
import re
from dataclasses import dataclass

from assay.annotators.mapping.base import UNPARSED, Reading, reading
from assay.annotators.mapping.spans import read_spans
from assay.annotators.prompt import AnswerForm
from assay.core.annotation import Request
from assay.core.jsons import DEEPEST
from assay.core.schema import Spans
from assay.models.base import Completion

_FENCE = "```"
_DECODER = json.JSONDecoder()
_OPENS = re.compile(r"[{\[]")
_SIGN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+|[\[\]{}]', re.S)
WORK = 4  # how often a text may be gone over, all tries to read it taken together
A_TRY = 256  # characters that a try counts for, besides those it goes over
LEAST_WORK = 2**16
WINDOW = 4_096  # an error of the parser counts the lines before it: not from the very first


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
            return read_spans(content, request.record, schema)
        return reading(schema.parse(json.dumps(content)))


def first_json(text: str) -> object | None:
    """The first object or list that is well formed, in or out of a code fence.

    A bracket that was open where an earlier try broke off would break at the same place, so it is
    not tried again; a text that still wants to be gone over more than `WORK` times holds none.
    """
    text = _unfenced(text)
    broken: set[int] = set()
    left = WORK * len(text) + LEAST_WORK
    base, window = 0, text
    for match in _OPENS.finditer(text):
        start = match.start()
        if start in broken:
            continue
        if start - base > WINDOW:
            base, window = start, text[start:]
        content, end = _tried(window, start - base)
        if end is None:
            return content
        left -= base + end - start + A_TRY
        if left < 0:
            return None
        broken |= _still_open(text, start, base + end)
    return None


def _tried(text: str, start: int) -> tuple[object, int | None]:
    """What begins there, or how far it was read before it broke."""
    try:
        return _DECODER.raw_decode(text, start)[0], None
    except json.JSONDecodeError as bad:
        return None, len(text) if "Unterminated" in bad.msg else bad.pos
    except (ValueError, RecursionError):  # a number of too many digits, or nested too deep
        return None, len(text)


def _unfenced(text: str) -> str:
    start = text.find(_FENCE)
    inner = start + len(_FENCE)
    end = text.find(_FENCE, inner) if start >= 0 else -1
    return text if end < 0 else text[inner:end]


def _still_open(text: str, start: int, end: int) -> set[int]:
    """Where brackets stand that were open at the end, or that hold too many levels of others."""
    opened: list[list[int]] = []  # place, levels inside
    broken: set[int] = set()
    for sign in _SIGN.finditer(text, start, end):
        if sign[0] in "[{":
            opened.append([sign.start(), 0])
        elif sign[0] in "]}" and opened:
            place, levels = opened.pop()
            if levels >= DEEPEST:
                broken.add(place)
            if opened:
                opened[-1][1] = max(opened[-1][1], levels + 1)
    return broken | {place for place, _ in opened}
