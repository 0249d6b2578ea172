"""Reads JSON answers."""

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.annotators.mapping.base import LONGEST, UNPARSED, Reading, reading, too_long
from assay.annotators.mapping.spans import read_spans
from assay.annotators.prompt import AnswerForm
from assay.core.annotation import Outcome, Request
from assay.core.jsons import DEEPEST
from assay.core.schema import Boxes, Spans
from assay.core.schema.base import MOST_MARKS
from assay.models.base import Completion

Codes: TypeAlias = NDArray[np.uint32]
Flags: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = NDArray[np.int64]

FULL = f"a list of {MOST_MARKS}, the longest there may be: others may be missing"
_FENCE = "```"
_DECODER = json.JSONDecoder()
WORK = 4  # how often a text may be gone over, all tries to read it taken together
A_TRY = 1_024  # characters that a try counts for, besides those it goes over
LEAST_WORK = 2**16
WINDOW = 4_096  # an error of the parser counts the lines before it: not from the very first
SHORT = 64  # characters in which one bracket after the other is looked at sooner than all at once
_SIGN = re.compile(r'\\["\\]|["\[\]{}]')


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
            return too_long(completion.text) or UNPARSED
        schema = request.task.schema
        if isinstance(schema, Spans | Boxes) and _is_full(content):
            return Reading(Outcome.UNPARSED, error=FULL)
        if isinstance(schema, Spans):
            return read_spans(content, request.record, schema)
        return reading(schema.parse(json.dumps(content)))


def _is_full(content: object) -> bool:
    marks = content.values() if isinstance(content, dict) else [content]
    return any(isinstance(m, list) and len(m) >= MOST_MARKS for m in marks)


def first_json(text: str) -> object | None:
    """The first object or list that is well formed, in or out of a code fence.

    A bracket that was open where an earlier try broke off would break at the same place, so it is
    not tried again; a text that still wants to be gone over more than `WORK` times holds none, and
    neither does one of more than `LONGEST` characters.
    """
    if len(text) > LONGEST:
        return None
    text = _unfenced(text)
    untried = _opening(codes(text))
    left = WORK * len(text) + LEAST_WORK
    base, window = 0, text
    start = -1
    while left >= 0:
        start = _next(untried, start + 1)
        if start < 0:
            return None
        if start - base > WINDOW:
            base, window = start, text[start:]
        content, end = _tried(window, start - base)
        if end is None:
            return content
        left -= base + end - start + A_TRY
        _leave_out(untried[start:], text[start : base + end])
    return None


def _next(untried: Flags, start: int) -> int:
    """The first place from there on; -1 where there is none."""
    ahead = untried[start:]
    place = int(ahead.argmax()) if len(ahead) else 0
    return start + place if len(ahead) and ahead[place] else -1


def _tried(text: str, start: int) -> tuple[object, int | None]:
    """What begins there, or how far it was read before it broke."""
    try:
        return _DECODER.raw_decode(text, start)[0], None
    except json.JSONDecodeError as bad:
        return None, len(text) if "Unterminated" in bad.msg else bad.pos
    except (ValueError, RecursionError):  # a number of too many digits, or nested too deep
        return None, len(text)


def _leave_out(untried: Flags, broken: str) -> None:
    """The brackets that stand open at the end of a try are not tried again."""
    places = open_in_short(broken) if len(broken) <= SHORT else still_open(broken)
    untried[places] = False


def _unfenced(text: str) -> str:
    start = text.find(_FENCE)
    inner = start + len(_FENCE)
    end = text.find(_FENCE, inner) if start >= 0 else -1
    return text if end < 0 else text[inner:end]


def still_open(text: str) -> Numbers:
    """Where brackets stand that are open at the end, or that hold too many levels of others."""
    signs = codes(text.replace("\\\\", "__").replace('\\"', "__"))
    outside = np.bitwise_xor.accumulate(signs == ord('"')) == 0
    opens, closes = _opening(signs) & outside, _closing(signs) & outside
    level = np.cumsum(opens.view(np.int8) - closes.view(np.int8), dtype=np.int64)
    level -= np.minimum(np.minimum.accumulate(level), 0)  # one that closes nothing counts for none
    lowest_after = np.minimum.accumulate(level[::-1])[::-1]
    return np.concatenate(
        [np.flatnonzero(opens & (lowest_after >= level)), _too_deep(np.flatnonzero(opens), level)]
    )


def open_in_short(text: str) -> list[int]:
    """The same, of a text too short to hold too many levels."""
    places = list[int]()
    quoted = False
    for match in _SIGN.finditer(text):
        sign = match[0]
        if sign == '"':
            quoted = not quoted
        elif quoted or len(sign) > 1:
            continue
        elif sign in "[{":
            places.append(match.start())
        elif places:
            places.pop()
    return places


def _too_deep(opens: Numbers, level: Numbers) -> Numbers:
    """Of brackets with others `DEEPEST` levels inside them, each the last of its level before."""
    inner = opens[level[opens] > DEEPEST]
    if not len(inner):
        return inner
    size = len(level)
    ordered = np.sort(level[opens] * size + opens)  # level by level, in each by place
    outer = np.searchsorted(ordered, (level[inner] - DEEPEST) * size + inner) - 1
    return np.unique(ordered[outer] % size)


def codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _opening(signs: Codes) -> Flags:
    found: Flags = (signs == ord("[")) | (signs == ord("{"))
    return found


def _closing(signs: Codes) -> Flags:
    found: Flags = (signs == ord("]")) | (signs == ord("}"))
    return found
