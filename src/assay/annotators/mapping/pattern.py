"""Reads free text: the earliest mention of a label wins.

Of the rules that could be meant by the pattern matching of Mohta et al. (NeurIPS 2023 workshop),
only this one gives the verdicts printed in its case studies (section 1(d) of our notes). Words are
whole words, in any script; a negated mention ("not hateful") is no mention, and in a schema of two
labels it is a mention of the other one.
"""

import json
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from assay.annotators.mapping.base import UNPARSED, Reading, reading, too_long
from assay.annotators.mapping.jsons import first_json
from assay.annotators.mapping.lines import before, named_lines
from assay.annotators.mapping.spans import read_spans
from assay.annotators.mapping.words import any_of, meant
from assay.annotators.prompt import AnswerForm
from assay.core.annotation import Request
from assay.core.schema import Boxes, Choice, Form, FreeText, MultiChoice, Scale, Schema, Spans
from assay.core.schema.base import Label
from assay.core.value import Value
from assay.models.base import Completion

# a cluster of words after which a mention is denied; up to three words may stand between
_NEGATION = re.compile(
    r"(?:\b(?:not|isn't|isn’t|is\s+no|no|never|neither|nor|without|cannot|can't|doesn't|doesn’t|"
    r"don't|wasn't|aren't|non|nicht|kein\w*|pas|no\s+es|नाही|नहीं)\b[\s-]+(?:[\w'’]+\s+){0,3}?)$",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"(?:none|no labels?|nothing|-|\[\])\s*+\.?", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.,])[-+]?\d+(?:[.,]\d+)?(?![\w])")
_LEAST_DENIAL = 3  # characters before a mention that can deny it: "no "


class Mention(NamedTuple):
    start: int
    end: int
    label: str
    denied: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """Earliest mention for one label, all mentions for several, a number for a scale."""

    @property
    def name(self) -> str:
        return "pattern"

    @property
    def form(self) -> AnswerForm:
        return "label"

    @property
    def top_logprobs(self) -> int:
        return 0

    def read(self, request: Request, completion: Completion) -> Reading:
        unread = too_long(completion.text)
        if unread:
            return unread
        schema, record = request.task.schema, request.record
        if isinstance(schema, Spans):
            return read_spans(first_json(completion.text), record, schema)
        return reading(find(schema, completion.text, record.language, request.options.focus))


@dataclass(frozen=True, slots=True)
class LastLine:
    """For answers that reason first: only the last line tagged "Label:" counts."""

    @property
    def name(self) -> str:
        return "last_line"

    @property
    def form(self) -> AnswerForm:
        return "last_line"

    @property
    def top_logprobs(self) -> int:
        return 0

    def read(self, request: Request, completion: Completion) -> Reading:
        text, last, least = completion.text, None, 0
        unread = too_long(text)
        if unread:
            return unread
        for line in named_lines(text, ("label",), ":：", apart=True):
            last, least = line, last.end if last else 0
        if last is None:
            return UNPARSED
        schema, record = request.task.schema, request.record
        if isinstance(schema, Spans):
            said = read_spans(first_json(last.content), record, schema)
        else:
            said = reading(find(schema, last.content, record.language, request.options.focus))
        if said.value is None:
            return said
        return replace(said, rationale=before(text, last.start, least) or said.rationale)


def find(
    schema: Schema, text: str, language: str | None = None, focus: Sequence[str] = ()
) -> Value | None:
    """The value that the text names, or None."""
    if isinstance(schema, Choice):
        return _choice(schema, text, language)
    if isinstance(schema, MultiChoice):
        return _several(schema, text, language, focus)
    if isinstance(schema, Scale):
        return _number(schema, text)
    if isinstance(schema, Form):
        return _fields(schema, text, language, focus)
    if isinstance(schema, Boxes):
        text = json.dumps(first_json(text))
    return schema.parse(text) if isinstance(schema, Boxes | FreeText) else None


def _choice(schema: Choice, text: str, language: str | None) -> Value | None:
    exact = schema.parse(text)
    if exact is not None:
        return exact
    for mention in mentions(schema.labels, text, language):
        if not mention.denied:
            return mention.label
        if len(schema.labels) == 2:
            return next(n for n in schema.names if n != mention.label)
    return None


def _several(
    schema: MultiChoice, text: str, language: str | None, focus: Sequence[str]
) -> Value | None:
    if _ABSENT.fullmatch(text.strip()):
        return frozenset[str]()
    asked = set(focus or schema.names)
    found, denied = set[str](), False
    for mention in mentions(schema.labels, text, language, found):
        if mention.label in asked:
            denied = denied or mention.denied
            found |= set() if mention.denied else {mention.label}
        if found == asked:
            break
    return frozenset(found) if found or denied else _yes_or_no(text, focus)


def _yes_or_no(text: str, focus: Sequence[str]) -> Value | None:
    """One label in focus may be answered by yes or no."""
    if len(focus) != 1:
        return None
    said = find(Choice(["yes", "no"]), text)
    if said is None:
        return None
    return frozenset(focus) if said == "yes" else frozenset[str]()


def _number(schema: Scale, text: str) -> Value | None:
    tried: set[str] = set()
    for match in _NUMBER.finditer(text):
        if match[0] in tried:
            continue
        tried.add(match[0])
        value = schema.parse(match[0])
        if value is not None:
            return value
    return None


def _fields(schema: Form, text: str, language: str | None, focus: Sequence[str]) -> Value | None:
    """A line each; who was asked about one attribute may leave its name out."""
    value: dict[str, Value] = {}
    lines: dict[str, str] = {}
    for line in named_lines(text, tuple(schema.fields), ":：="):
        lines.setdefault(line.name.casefold(), line.content)
    for name, inner in schema.fields.items():
        content = lines.get(name.casefold())
        found = None if content is None else find(inner, content, language)
        if found is not None:
            value[name] = found
    if not value and len(focus) == 1:
        alone = find(schema.fields[focus[0]], text, language)
        return None if alone is None else {focus[0]: alone}
    return value or None


def mentions(
    labels: Sequence[Label], text: str, language: str | None = None, known: Set[str] = frozenset()
) -> Iterator[Mention]:
    """Mentions in reading order; of words that start at one place the longest is meant. Those of
    labels that are known when they come are left out."""
    pattern, table = _words(tuple((x.name, x.words(language)) for x in labels))
    last = 0
    named: dict[str, str] = {}
    for match in pattern.finditer(text):
        word, (begin, end) = match[0], match.span()
        label = named.get(word)
        if label is None:
            label = named[word] = meant(word, table)
        if label not in known:
            # a denial reaches to the next mention only: "not drama but comedy"
            start = max(last, begin - 60)
            near = begin - start >= _LEAST_DENIAL
            denied = near and _NEGATION.search(text, start, begin) is not None
            yield Mention(begin, end, label, denied)
        last = end


@lru_cache(maxsize=256)
def _words(
    labels: tuple[tuple[str, tuple[str, ...]], ...],
) -> tuple[re.Pattern[str], dict[str, str]]:
    table = {word.casefold(): name for name, words in labels for word in words}
    return any_of(table), table
