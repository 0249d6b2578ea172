"""Questions from plain Python: labels, labels with definitions, several questions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias, cast

from assay.api.tables import known
from assay.core.errors import SpecError
from assay.core.schema import Choice, Form, Label, MultiChoice, Scale, Schema, Spans
from assay.core.task import Task
from assay.data.base import cell

Labels: TypeAlias = Iterable[object] | Mapping[str, Any] | Schema
"""Labels; labels with their definitions; a schema; or for several questions, each of these by
name."""

QUESTIONS: dict[type, str] = {
    Choice: "Which label fits best?",
    MultiChoice: "Which labels apply?",
    Scale: "Which point of the scale fits best?",
    Spans: "Which passages carry which label?",
    Form: "Answer the questions about this record.",
}
MOST_GUESSED = 50  # distinct gold labels that are taken for the set of labels


@dataclass(frozen=True, slots=True)
class Question:
    """The question as the user writes it; a `task` replaces all of it."""

    labels: Labels | None = None
    question: str | Mapping[str, str] | None = None  # of a form, also one for each of its parts
    guideline: str = ""
    name: str | None = None
    task: Task | None = None

    def asked(self, gold: Iterable[object] | None) -> Task:
        """SpecError if the question is not clear; without `labels`, those of `gold` are
        used."""
        if self.task is not None:
            return self._whole(self.task)
        schema, question = self._schema(gold), self.question
        if isinstance(question, Mapping):
            schema, question = _with_questions(schema, question), None
        question = question or QUESTIONS.get(type(schema))
        if question is None:
            raise SpecError(f"answers of kind {schema.kind} need a question: question='…'")
        return Task(self.name or "labels", question, schema, self.guideline)

    def _schema(self, gold: Iterable[object] | None) -> Schema:
        if self.labels is not None:
            return schema_of(self.labels)
        found = sorted({cell(value).strip() for value in gold or ()} - {""})
        if not found:
            raise SpecError(
                "the labels are missing: give labels=['…', '…'], or gold that contains them"
            )
        if len(found) > MOST_GUESSED:
            raise SpecError(
                f"gold has {len(found):,} different labels; list the intended ones: labels=[…]"
            )
        return Choice(found)

    def _whole(self, task: object) -> Task:
        if not isinstance(task, Task):
            raise SpecError(f"task is of type {type(task).__name__}, not an assay.Task")
        both = {"labels": self.labels, "question": self.question, "guideline": self.guideline}
        for name, given in both.items():
            if given:
                raise SpecError(f"give {name} or a task, not both: the task has its own")
        return task


def _with_questions(schema: Schema, questions: Mapping[str, str]) -> Form:
    if not isinstance(schema, Form):
        raise SpecError("question is a text, unless labels is a dict with several questions")
    unknown = next((name for name in questions if name not in schema.fields), None)
    if unknown is not None:
        raise SpecError(f"question has {unknown!r}; labels has {', '.join(schema.fields)}")
    return Form(schema.fields, questions, schema.objectivity)


def schema_of(labels: Labels) -> Schema:
    """SpecError if it is not a list of labels, a schema, or a dict of these."""
    if isinstance(labels, str | bytes):
        raise SpecError(f"labels is a list, as in labels=['a', 'b'], not the text {labels!r:.40}")
    if isinstance(labels, Mapping):
        return _of_mapping(labels)
    if hasattr(labels, "json_schema") and not isinstance(labels, type):
        return cast(Schema, labels)
    if isinstance(labels, type) or not isinstance(labels, Iterable):
        raise SpecError(f"labels is of type {type(labels).__name__}; give a list of labels")
    found: list[Label] = [_label(label) for label in known(labels) if label is not None]
    if isinstance(labels, set | frozenset):
        found.sort(key=_name)
    return Choice(found)


def _of_mapping(labels: Mapping[str, Any]) -> Schema:
    if all(isinstance(value, str) for value in labels.values()):
        return Choice([Label(str(name), words) for name, words in labels.items()])
    return Form({str(name): schema_of(value) for name, value in labels.items()})


def _name(label: Label) -> str:
    return label.name


def _label(label: object) -> Label:
    if isinstance(label, Label):
        return label
    if isinstance(label, str | Real):
        return Label(cell(label))
    raise SpecError(f"{label!r:.40} is not a label: give texts, numbers, or assay.Label")


def parts(schema: Schema) -> Mapping[str, Schema]:
    """The questions of a form by name; one without a name otherwise."""
    return schema.fields if isinstance(schema, Form) else {"": schema}
