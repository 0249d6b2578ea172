"""How many tokens an answer may have, where nobody says: by what is asked, and by the effort."""

from dataclasses import dataclass, replace

from assay.annotators.prompt import AnswerForm
from assay.core.schema import Boxes, Form, FreeText, MultiChoice, Schema, Spans
from assay.models.base import Completion, Options

LABEL = 64
LIST = 1024  # spans, boxes
A_LABEL = 12  # of several labels, each
REASONS = 512  # sentences before a last line
LEAST_AGAIN = 1024  # of the second try of an answer that was cut
WIDER = 4
EFFORT = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16_384,
    "xhigh": 32_768,
    "max": 32_768,
}


def tokens_for(schema: Schema, form: AnswerForm = "label", effort: str | None = None) -> int:
    """Room for the answer and for what is thought before it, none wasted on a label."""
    reasons = REASONS if form == "last_line" else 0
    return _answer(schema) + reasons + EFFORT.get(effort or "", 0)


def _answer(schema: Schema) -> int:
    if isinstance(schema, Form):
        return sum(_answer(field) for field in schema.fields.values())
    if isinstance(schema, MultiChoice):
        return LABEL + A_LABEL * len(schema.names)
    if isinstance(schema, FreeText):
        return min(LIST, LABEL + schema.longest)
    return LIST if isinstance(schema, Spans | Boxes) else LABEL


def more_than(tokens: int) -> int:
    """The room of a second try."""
    return max(LEAST_AGAIN, WIDER * tokens)


@dataclass(slots=True)
class Room:
    """Whether answers need the room of the second try from the start, as those of a model do that
    thinks before it answers."""

    wide: bool = False

    def given(self, options: Options, schema: Schema, form: AnswerForm) -> Options:
        """The options with the room for an answer of this schema."""
        first, more = options.max_tokens, options.more_tokens
        if options.grows:
            first = max(first, tokens_for(schema, form, options.effort))
            more = max(more, more_than(first)) if more else 0
        if self.wide and more:
            first = more
        if (first, more) == (options.max_tokens, options.more_tokens):
            return options
        return replace(options, max_tokens=first, more_tokens=more)

    def received(self, completion: Completion) -> None:
        thought = completion.reasoning or completion.usage.reasoning_tokens
        if completion.cut and (thought or not completion.text.strip()):
            self.wide = True
