"""Explain, then annotate: demonstrations get a generated explanation of their gold label.

AnnoLLM (He et al., arXiv 2303.16854). An empty explanation is an error: a published replication
had run with empty slots without noticing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.annotators.prompt import in_words
from assay.core.annotation import Annotation, Decision, RequestOptions
from assay.core.digest import digest
from assay.core.errors import ModelError, SpecError
from assay.core.record import Record
from assay.core.schema import FreeText
from assay.core.task import Example, Task
from assay.core.value import encode
from assay.strategies.base import Ask
from assay.strategies.decisions import decision


@dataclass(frozen=True, slots=True)
class ExplainThenAnnotate:
    """`explainer` says why each demonstration's gold label is right; `annotator` sees them all.

    The annotator should read its label from a tagged last line (mapping `last_line`), since
    label words occur freely in the explanation before it.
    """

    annotator: str
    explainer: str
    demonstrations: tuple[Example, ...]

    def __post_init__(self) -> None:
        if not self.demonstrations:
            raise SpecError("explain needs demonstrations: give `examples` or calibration gold")

    @property
    def id(self) -> str:
        shown = digest([e.digest for e in self.demonstrations], 4)
        return f"explain({self.explainer}>{self.annotator};{shown})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.explainer, self.annotator)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        self._untouched(records)
        examples = await self.explained(ask)
        answers = await ask(self.annotator, records, RequestOptions(examples=examples))
        return [
            decision(record, answer, ("explained", self.annotator), ask)
            for record, answer in zip(records, answers, strict=True)
        ]

    async def explained(self, ask: Ask) -> tuple[Example, ...]:
        """The demonstrations in their order, each with a non-empty rationale."""
        words = [in_words(ask.task.schema, e, "label") for e in self.demonstrations]
        request_options = [RequestOptions(hint=f"The right answer is: {right}") for right in words]
        question = Task(
            f"{ask.task.name}-why",
            f"{ask.task.question}\nExplain in one or two sentences why the given answer is right.",
            FreeText(longest=2_000),
            ask.task.guideline,
        )
        records = [e.record for e in self.demonstrations]
        answers = await ask(self.explainer, records, request_options, task=question)
        explained: list[Example] = []
        for example, answer in zip(self.demonstrations, answers, strict=True):
            described = isinstance(answer, Annotation) and answer.answered
            text = str(answer.value).strip() if isinstance(answer, Annotation) and described else ""
            if not text:
                raise ModelError(
                    f"{self.explainer} gave no explanation for demonstration {example.id!r}; "
                    "take another explainer or write the rationale into the task file"
                )
            explained.append(replace(example, rationale=text))
        return tuple(explained)

    def _untouched(self, records: Sequence[Record]) -> None:
        shown = {e.record.digest for e in self.demonstrations}
        both = [r.id for r in records if r.digest in shown]
        if both:
            raise SpecError(
                f"record {both[0]!r} is a demonstration too: the prompt would hold its gold label; "
                "leave demonstrations out of the records to label"
            )


def balanced(examples: Sequence[Example], per_label: int) -> tuple[Example, ...]:
    """The first `per_label` examples of each label, labels in turn; the order is the input's."""
    groups: dict[str, list[Example]] = {}
    for example in examples:
        groups.setdefault(str(encode(example.value)), []).append(example)
    return tuple(g[r] for r in range(per_label) for g in groups.values() if r < len(g))
