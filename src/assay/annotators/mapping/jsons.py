"""Reads JSON answers."""

import json
import re
from dataclasses import dataclass

from assay.annotators.mapping.base import UNPARSED, Reading, reading
from assay.annotators.mapping.spans import read_spans
from assay.annotators.prompt import AnswerForm
from assay.core.annotation import Request
from assay.core.schema import Spans
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
            return read_spans(content, request.record, schema)
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
