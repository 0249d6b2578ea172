"""The question of a task file: its schema and its examples."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from assay.core.document_path import as_written, at_path
from assay.core.errors import SpecError
from assay.core.record import ImagePart, Record, TextPart, text_record
from assay.core.schema import (
    Boxes,
    Choice,
    Form,
    FreeText,
    Label,
    MultiChoice,
    Scale,
    Schema,
    Spans,
)
from assay.core.task import Example, Task
from assay.data.base import Findings, Row
from assay.project.sources import columns
from assay.taskfile.specs import (
    BoxesSpec,
    ChoiceSpec,
    ExampleSpec,
    FormSpec,
    LabelSpec,
    MultiSpec,
    ScaleSpec,
    SpansSpec,
    TaskFile,
    TextSpec,
)

LABELLED: dict[str, Callable[[Sequence[str | Label]], Schema]] = {
    cls.kind: cls for cls in (Choice, MultiChoice, Spans, Boxes)
}


def task_of(file: TaskFile, folder: Path) -> Task:
    with at_path("answer"):
        schema = schema_of(file.answer)
    examples = []
    for place, spec in enumerate(file.examples):
        with at_path("examples", place):
            examples.append(_example(spec, place + 1, file, folder, schema))
    return Task(file.name, file.question, schema, file.guideline, tuple(examples))


def _example(
    spec: ExampleSpec, number: int, file: TaskFile, folder: Path, schema: Schema
) -> Example:
    with at_path("answer"), as_written():
        value = schema.check(spec.answer)
    record = _shown(spec, number, file.data.texts)
    if spec.image is not None:
        with at_path("image"):
            seen = _pictured(spec.image, file, folder)
        record = replace(record, parts=(*seen, *record.parts))
    return Example(record, value, spec.rationale)


def _pictured(image: str, file: TaskFile, folder: Path) -> tuple[ImagePart, ...]:
    """The example's picture; SpecError if it cannot be used."""
    found = columns(file, folder).pictures
    if found is None:
        raise SpecError("an example has a picture, but `data.image` names no column of pictures")
    findings = Findings()
    row: Row = dict.fromkeys(file.data.pictures) | {file.data.pictures[0]: image}
    parts = found.parts(row, "", findings)
    if not parts:
        described = (findings.lines() or ["no picture"])[-1]
        raise SpecError(described.removeprefix(": ").removesuffix("; its record is left out"))
    return parts


def _shown(example: ExampleSpec, number: int, columns: tuple[str, ...]) -> Record:
    """An example has the form of the records: one text, or one for each column."""
    if not example.text:
        if example.image is None:
            raise SpecError("an example needs a `text` or an `image`")
        return Record(f"example{number}", ())
    if isinstance(example.text, str):
        return text_record(f"example{number}", example.text)
    if set(example.text) != set(columns):
        with at_path("text"):
            raise SpecError(f"needs a text for each of {', '.join(columns)}")
    return Record(f"example{number}", tuple(TextPart(example.text[c], c) for c in columns))


def schema_of(answer: object) -> Schema:
    if isinstance(answer, ChoiceSpec | MultiSpec | SpansSpec | BoxesSpec):
        return _labelled(LABELLED[answer.kind], _labels(answer.labels))
    if isinstance(answer, ScaleSpec):
        return Scale(answer.low, answer.high, answer.step, answer.anchors)
    if isinstance(answer, TextSpec):
        return FreeText(answer.longest)
    assert isinstance(answer, FormSpec)
    fields = {}
    for name, field in answer.fields.items():
        with at_path("fields", name, "answer"):
            fields[name] = schema_of(field.answer)
    questions = {name: f.question for name, f in answer.fields.items() if f.question}
    kinds = {name: str(f.objectivity) for name, f in answer.fields.items() if f.objectivity}
    return Form(fields, questions, kinds)


def _labelled(make: Callable[[Sequence[str | Label]], Schema], labels: Sequence[Label]) -> Schema:
    """Names the first label that does not go with those above it."""
    try:
        return make(labels)
    except SpecError as bad:
        place = bisect_left(range(1, len(labels)), True, key=lambda n: _clash(make, labels[:n]))
        with at_path("labels", place):
            raise bad


def _clash(make: Callable[[Sequence[str | Label]], Schema], labels: Sequence[Label]) -> bool:
    try:
        make(labels)
    except SpecError:
        return True
    return False


def _labels(labels: Sequence[str | LabelSpec]) -> list[Label]:
    return [Label(x) if isinstance(x, str) else _label(x) for x in labels]


def _label(spec: LabelSpec) -> Label:
    named = spec.aliases if isinstance(spec.aliases, dict) else {"": spec.aliases}
    aliases = {language: tuple(words) for language, words in named.items() if words}
    return Label(spec.name, spec.definition, aliases)
