"""The question of a task file: its task, schema, gold and data columns."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from assay.core.errors import InputError, SpecError
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
from assay.data.base import Columns, Findings, Row
from assay.data.gold import Gold, Purpose, read_labels, read_purposes, split
from assay.data.images.column import pictures
from assay.data.images.fetch import Fetch
from assay.data.specs import (
    BoxesSpec,
    ChoiceSpec,
    ExampleSpec,
    FormSpec,
    GoldSpec,
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


def columns(file: TaskFile, folder: Path) -> Columns:
    """What the columns mean; pictures are looked for below the task file's folder."""
    d = file.data
    found = None
    if d.pictures:
        images = None if d.images is None else folder / d.images
        found = pictures(d.pictures, folder / d.path, images)
        if d.urls:
            hosts = () if d.urls is True else tuple(d.urls or ())
            found = replace(found, fetch=Fetch(found.store, hosts))
    return Columns(d.texts, d.id, d.language, d.source, tuple(d.meta), found)


def task_of(file: TaskFile, folder: Path) -> Task:
    schema = schema_of(file.answer)
    examples = tuple(_example(e, i, (file, folder), schema) for i, e in enumerate(file.examples, 1))
    return Task(file.name, file.question, schema, file.guideline, examples)


def _example(
    spec: ExampleSpec, number: int, where: tuple[TaskFile, Path], schema: Schema
) -> Example:
    try:
        value = schema.check(spec.answer)
    except InputError as bad:
        raise SpecError(f"example {number}: {bad}") from None
    file, folder = where
    record = _shown(spec, number, file.data.texts)
    if spec.image is not None:
        record = replace(
            record, parts=(*_pictured(spec.image, number, file, folder), *record.parts)
        )
    return Example(record, value, spec.rationale)


def _pictured(image: str, number: int, file: TaskFile, folder: Path) -> tuple[ImagePart, ...]:
    """The example's picture; SpecError where it cannot be used."""
    found = columns(file, folder).pictures
    if found is None:
        raise SpecError(f"example {number}: `image`, but `data.image` names no column of pictures")
    trouble = Findings()
    row: Row = dict.fromkeys(file.data.pictures) | {file.data.pictures[0]: image}
    parts = found.parts(row, f"example {number}", trouble)
    if not parts:
        raise SpecError((trouble.lines() or [f"example {number}: no picture"])[-1])
    return parts


def _shown(example: ExampleSpec, number: int, columns: tuple[str, ...]) -> Record:
    """An example looks as the records do: one text, or one for each column."""
    if not example.text:
        if example.image is None:
            raise SpecError(f"example {number} has no `text` and no `image`")
        return Record(f"example{number}", ())
    if isinstance(example.text, str):
        return text_record(f"example{number}", example.text)
    if set(example.text) != set(columns):
        raise SpecError(f"example {number}: `text` needs a text for each of {', '.join(columns)}")
    return Record(f"example{number}", tuple(TextPart(example.text[c], c) for c in columns))


def schema_of(answer: object) -> Schema:
    if isinstance(answer, ChoiceSpec | MultiSpec | SpansSpec | BoxesSpec):
        return LABELLED[answer.kind](_labels(answer.labels))
    if isinstance(answer, ScaleSpec):
        return Scale(answer.low, answer.high, answer.step, answer.anchors)
    if isinstance(answer, TextSpec):
        return FreeText(answer.longest)
    assert isinstance(answer, FormSpec)
    fields = {name: schema_of(f.answer) for name, f in answer.fields.items()}
    questions = {name: f.question for name, f in answer.fields.items() if f.question}
    kinds = {name: str(f.objectivity) for name, f in answer.fields.items() if f.objectivity}
    return Form(fields, questions, kinds)


def _labels(labels: Sequence[str | LabelSpec]) -> list[Label]:
    return [Label(x) if isinstance(x, str) else _label(x) for x in labels]


def _label(spec: LabelSpec) -> Label:
    named = spec.aliases if isinstance(spec.aliases, dict) else {"": spec.aliases}
    aliases = {language: tuple(words) for language, words in named.items() if words}
    return Label(spec.name, spec.definition, aliases)


def gold_of(file: TaskFile, folder: Path, schema: Schema) -> Gold:
    """Dealt by shares, or by the file's own purpose column."""
    spec = file.gold
    if spec is None:
        return Gold()
    if spec.path is not None:
        path, record = folder / spec.path, spec.record
    elif file.data.id is not None:
        path, record = folder / file.data.path, file.data.id
    else:
        raise SpecError("gold from a column of the data file needs `data.id`")
    values = read_labels(path, record, spec.label, schema)
    if spec.purpose is None:
        return split(values, _shares(spec), file.seed)
    return read_purposes(path, record, spec.purpose, values)


def _shares(spec: GoldSpec) -> dict[Purpose, float]:
    return {
        Purpose.CALIBRATION: spec.calibration,
        Purpose.MONITORING: spec.monitoring,
        Purpose.EVALUATION: spec.evaluation,
    }
