"""A form asked in several calls: one attribute each, or several together."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.core import within
from assay.core.annotation import Annotation, DecidedBy, Decision, RequestOptions, Source
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.schema import Form
from assay.core.value import Value
from assay.strategies.base import Answer, Ask
from assay.strategies.decisions import first_waiting


@dataclass(frozen=True, slots=True)
class Attributes:
    """Asks about `together` attributes at a time; the decision is what was said of each.

    One question a call is how the CelebA study asked (Lu and Zhong, arXiv 2410.09416); several
    cost fewer tokens, and the bill of a call is shared among the attributes in it. An attribute
    without an answer is left out, which is no "no".
    """

    annotator: str
    together: int = 1

    def __post_init__(self) -> None:
        if self.together < 1:
            raise SpecError(f"a call asks about at least one attribute, not {self.together}")
        within.count("attributes that a call asks about", self.together)

    @property
    def id(self) -> str:
        return f"attributes({self.annotator};{self.together})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.annotator,)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        schema = ask.task.schema
        if not isinstance(schema, Form):
            raise SpecError(
                f"strategy `attributes` needs answers of kind `form`, not {schema.kind}"
            )
        names = tuple(schema.fields)
        groups = [names[i : i + self.together] for i in range(0, len(names), self.together)]
        # all questions on a record one after the other, so that its pictures are made once
        asked = [(record, RequestOptions(focus=group)) for record in records for group in groups]
        answers = await ask(
            self.annotator, [r for r, _ in asked], [options for _, options in asked]
        )
        few = len(groups)
        return [
            self._decide(record, answers[i * few : (i + 1) * few], ask)
            for i, record in enumerate(records)
        ]

    def _decide(self, record: Record, answers: Sequence[Answer], ask: Ask) -> Decision:
        waiting = first_waiting(answers)
        if waiting is not None:
            return Decision(record.id, None, waiting_for=waiting.annotator)
        said = [a for a in answers if isinstance(a, Annotation)]
        value: dict[str, Value] = {}
        for a in said:
            if isinstance(a.value, dict):
                value |= {name: part for name, part in a.value.items() if name in a.focus}
        silent = sum(not a.answered for a in said)
        route = ("attributes", self.annotator, *([f"{silent} calls unanswered"] if silent else []))
        if not value:
            return Decision(record.id, None, route=route)
        who = DecidedBy.PEOPLE if ask.people(self.annotator) else DecidedBy.MODEL
        return Decision(record.id, value, *_least(said), who, route)


def _least(said: Sequence[Annotation]) -> tuple[float | None, Source | None]:
    """A form is as sure as its least sure part; not known where any part is silent about it."""
    sure = [(a.confidence, a.confidence_source) for a in said if a.answered]
    known = [(c, s) for c, s in sure if c is not None]
    if len(known) < len(sure) or len({s for _, s in known}) != 1:
        return None, None
    return min(known, key=lambda pair: pair[0])
