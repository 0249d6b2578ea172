"""A first task file, drafted from the columns of a data file."""

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePath

from assay.core.errors import InputError, SpecError
from assay.core.jsons import loads
from assay.core.schema import Scale
from assay.core.spelling import folded
from assay.data import conll
from assay.data.annotations import infer_schema
from assay.data.base import Row, cell, check_columns, many
from assay.data.form import Form, form_of
from assay.data.images.decode import SUFFIXES
from assay.data.read import peek, read_rows
from assay.taskfile.endpoint import Endpoint, quoted

TEXTS = ("text", "tweet", "sentence", "content", "body", "review", "comment", "message", "title")
PICTURES = ("image", "img", "picture", "photo", "poster", "file_name")
IDS = ("id", "record", "key", "uid", "record_id", "text_id", "file")
LABELS = (
    "label", "labels", "gold", "class", "category", "sentiment", "target", "answer", "rating",
    "stars",
)  # fmt: skip
LANGUAGES = ("language", "lang", "locale")
ROWS = 500  # that tell columns apart
MOST_ROWS = 200_000  # that tell which labels there are: files are often sorted by label
MOST_LABELS = 100
READS = "    kind: embedded          # runs here, needs no key: pip install 'assay[embedded]'"
SEES = "    kind: picture           # runs here, needs no key: pip install 'assay[pictures]'"
CLOSING = ("budget:", "  money: 1.00", "currency: USD", "seed: 0", "")
NO_LABELS = ("yes", "no")
EMPTY = "is empty"


@dataclass(frozen=True, slots=True)
class Answers:
    """The kind of answer in a column, its labels, and what is odd about the column."""

    kind: str = "choice"
    names: tuple[str, ...] = NO_LABELS
    scale: Scale | None = None
    odd: str | None = None
    missing: str | None = None  # what is read as no answer

    @property
    def lines(self) -> list[str]:
        if self.scale is not None:
            return [
                "  kind: scale               # or choice, multi, spans, form, text",
                f"  low: {self.scale.low:g}",
                f"  high: {self.scale.high:g}",
                "  step: null                # any number between them"
                if self.scale.step is None
                else "  step: 1",
            ]
        others = "multi, scale" if self.kind == "choice" else "choice, scale"
        return [
            f"  kind: {self.kind:19} # or {others}, spans, form, text",
            "  labels:",
            *_named_labels(self.names),
        ]

    def __str__(self) -> str:
        if self.scale is not None:
            return f"a scale from {self.scale.low:g} to {self.scale.high:g}"
        what = "choice" if self.kind == "choice" else "sets"
        return f"{what} of {many(len(self.names), 'label', 'labels')}"


@dataclass(frozen=True, slots=True)
class Given:
    """What need not be guessed; names of columns, and the names of the labels."""

    text: tuple[str, ...] = ()
    id: str | None = None
    label: str | None = None
    labels: tuple[str, ...] = ()
    gold: str | None = None
    question: str | None = None
    endpoint: Endpoint | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.text, *filter(None, (self.id, self.label, self.gold)))


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a task file, and notes on how the columns are used."""

    text: str
    guesses: tuple[str, ...]


GUESS_ALL = Given()


@dataclass(frozen=True, slots=True)
class Found:
    """The columns that a draft uses, and what its labels are."""

    image: str | None
    text: tuple[str, ...]
    id: str | None
    language: str | None
    label: str | None
    answers: Answers

    @property
    def has_gold(self) -> bool:
        return bool(self.label and self.id and self.answers.odd is None)


def draft(data: Path, folder: Path, given: Given = GUESS_ALL) -> Draft:
    """YAML with comments; InputError if the file has no records, or not the columns given."""
    if data.suffix.lower() in conll.SUFFIXES:
        if given != GUESS_ALL:
            raise SpecError(f"{data} marks spans, which are its labels; give no columns or labels")
        return Draft(_spans_draft(data, folder), ())
    rows = peek(data, ROWS)
    if not rows:
        raise InputError(f"{data} holds no records")
    check_columns(data, list(rows[0]), given.columns)
    found = _found(data, rows, given)
    if given.gold and not found.has_gold:
        raise InputError(_no_gold(data, found))
    lines = [
        "# A labelling task. Check it with `assay check`, run it with `assay run`.",
        f"name: {quoted(_name(data))}",
        *_data(data, folder, found),
        _question(given.question, "picture" if found.image else "text"),
        "answer:",
        *found.answers.lines,
        "guideline: ''               # how to decide hard cases",
    ]
    lines += given.endpoint.lines if given.endpoint else _asked(SEES if found.image else READS)
    lines += _gold(found.label or "", given.endpoint is None) if found.has_gold else []
    return Draft("\n".join([*lines, *CLOSING]), (*_describe(found), *_describe_gold(found)))


def _found(data: Path, rows: list[Row], given: Given) -> Found:
    image = _picture_column(rows)
    id = given.id or _id_column(rows)
    language = _named(rows, LANGUAGES)
    label = given.gold or given.label or _named(rows, LABELS)
    if label is None and image and len({cell(row.get("folder")) for row in rows}) > 1:
        label = "folder"
    text = given.text
    if not text:
        one = _named(rows, TEXTS) if image else _text_column(rows, (id, label, language))
        text = (one,) if one else ()
    source = given.label or label
    answers = Answers() if source is None else _answers(data, source)
    if given.labels:
        kind = "multi" if answers.kind == "multi" else "choice"
        odd = answers.odd if answers.odd == EMPTY else None
        answers = replace(answers, kind=kind, names=given.labels, scale=None, odd=odd)
    return Found(image, text, id, language, label, answers)


def _no_gold(data: Path, found: Found) -> str:
    if found.answers.odd is not None:
        named = f"{data}: column {found.label!r} {found.answers.odd}"
        return f"{named}, so it cannot be gold; --labels A,B names the labels"
    return f"{data}: gold needs a column with a unique id; name it with --id"


def _data(data: Path, folder: Path, found: Found) -> list[str]:
    lines = ["data:", f"  path: {quoted(os.path.relpath(data, folder))}"]
    if found.image:
        image = quoted(found.image)
        lines.append(f"  image: {image:18} # column of the picture, or a list of columns")
    if found.text:
        named = [quoted(name) for name in found.text]
        text = named[0] if len(named) == 1 else f"[{', '.join(named)}]"
        lines.append(f"  text: {text:19} # the column to label, or a list of columns")
    lines += [f"  id: {quoted(found.id)}"] if found.id else ["  # id: column with a unique id"]
    lines += [f"  language: {quoted(found.language)}"] if found.language else []
    return lines + _written(form_of(data))


def _written(form: Form) -> list[str]:
    """How the table is written, as far as options say it."""
    keys = {
        "encoding": form.encoding if form.encoding != Form().encoding else None,
        "delimiter": form.delimiter, "quoting": form.quoting, "header": form.header,
        "missing": None if form.missing is None else list(form.missing),
    }  # fmt: skip
    return [f"  {key}: {json.dumps(value)}" for key, value in keys.items() if value is not None]


def _question(given: str | None, what: str) -> str:
    if given:
        return f"question: {quoted(given)}"
    return f"question: Which label fits the {what}?   # phrase it as for a new colleague"


def _asked(small: str) -> list[str]:
    return [
        "annotators:",
        "  small:",
        small,
        "  # large:",
        "  #   kind: openai          # any OpenAI-compatible server",
        "  #   base_url: https://api.openai.com/v1",
        "  #   model: gpt-4o-mini",
        "  #   key_env: OPENAI_API_KEY",
        "  #   prices: {input: 0.15, output: 0.60}   # currency units per million tokens",
        "strategy:",
        "  kind: single              # or vote, chain, triage, review, retrieved",
        "  annotators: [small]",
    ]


def _describe(found: Found) -> list[str]:
    columns = {
        "picture": found.image, "text": ", ".join(found.text), "id": found.id,
        "language": found.language,
    }  # fmt: skip
    described = [f"{what} from column {column!r}" for what, column in columns.items() if column]
    if not found.id:
        described.append("no column with a unique id: ids are made from the content")
    return described


def _describe_gold(found: Found) -> list[str]:
    missing = found.answers.missing
    return [*([missing] if missing else []), _gold_line(found)]


def _gold_line(found: Found) -> str:
    label, answers = found.label, found.answers
    if label is None:
        if answers.names != NO_LABELS:
            return f"{answers}; no gold: add some labels of people to measure accuracy"
        return "no column of labels: replace yes and no with your own labels"
    if answers.odd is not None:
        return f"no gold: column {label!r} {answers.odd}; write the labels yourself"
    if found.id is None:
        return f"using column {label!r} as {answers}; no gold, because gold needs an id column"
    return f"using column {label!r} as {answers} and as gold labels"


def _answers(data: Path, label: str) -> Answers:
    """Content of the column; labels that differ only in case are merged, as in a schema."""
    found = (cell(row.get(label)).strip() for _, row in islice(read_rows(data), MOST_ROWS))
    counts = Counter(filter(None, found))
    missing = _missing(label, counts, form_of(data).words)
    return replace(_answers_in(counts), missing=missing)


def _missing(label: str, counts: Counter[str], words: Collection[str]) -> str | None:
    """Takes the words for a missing answer out of the counts, and says so."""
    total = counts.total()
    shares = [(word, counts.pop(word) / total) for word in list(counts) if word in words]
    if not shares:
        return None
    shown = ", ".join(f"{word!r} is {share:.0%}" for word, share in shares)
    return f"{shown} of column {label!r}: read as missing (--missing names the words that are)"


def _answers_in(counts: Counter[str]) -> Answers:
    sets = _sets(counts)
    names = _spellings(sets or counts)
    if not names:
        return Answers(odd=EMPTY)
    if len(names) == 1 and not sets:
        return Answers(odd=f"has {names[0]!r} in every row")
    schema = infer_schema(names) if not sets else None
    if isinstance(schema, Scale):
        return Answers("scale", scale=schema)
    if len(names) > MOST_LABELS:
        return Answers(odd=f"holds {len(names):,} different values")
    return Answers("multi" if sets else "choice", tuple(sorted(names)))


def _spellings(counts: Counter[str]) -> list[str]:
    spelt: dict[str, str] = {}
    for label, _ in counts.most_common():
        spelt.setdefault(folded(label), label)
    return list(spelt.values())


def _sets(counts: Counter[str]) -> Counter[str] | None:
    """The labels, if cells hold several: JSON lists, or words separated by `;` or `|`."""
    listed = all(content.startswith("[") and content.endswith("]") for content in counts)
    mark = next((m for m in ";|" if any(m in content for content in counts)), None)
    if not counts or not (listed or mark):
        return None
    parts: Counter[str] = Counter()
    for content, count in counts.items():
        parts.update(dict.fromkeys(_entries(content) if listed else content.split(mark), count))
    return Counter({part.strip(): count for part, count in parts.items() if part.strip()})


def _entries(content: str) -> Iterable[str]:
    try:
        return [cell(entry) for entry in loads(content)]
    except ValueError:
        return (content,)


def _spans_draft(data: Path, folder: Path) -> str:
    """For a file with spans: they are the gold, and a tagger learns from half of it."""
    _, gold = conll.read_spans(data)
    names = conll.labels_of(gold.values()) or ["entity"]
    lines = [
        "# A labelling task. Check it with `assay check`, run it with `assay run`.",
        f"name: {quoted(_name(data))}",
        "data:",
        f"  path: {quoted(os.path.relpath(data, folder))}",
        "  id: id",
        "question: Which stretches of the text are named entities, and of which kind?",
        "answer:",
        "  kind: spans",
        "  labels:",
        *_named_labels(names),
        "guideline: ''               # how to decide hard cases",
        "annotators:",
        "  tagger:",
        "    kind: classifier        # fitted on calibration gold",
        "  # small:",
        "  #   kind: embedded        # runs here, needs no key: pip install 'assay[embedded]'",
        "  #   mapping: json         # quotes, bound to the schema",
        "strategy:",
        "  kind: single              # or vote, chain, triage, review, retrieved",
        "  annotators: [tagger]",
    ]
    return "\n".join([*lines, *_gold("spans"), *CLOSING])


def _gold(label: str, learns: bool = True) -> list[str]:
    use = "fits classifiers and thresholds" if learns else "for `assay certify`"
    return [
        "gold:                       # labels you trust, split by purpose without overlap",
        f"  label: {quoted(label)}",
        f"  calibration: 0.5          # {use}",
        "  evaluation: 0.5           # scores the result",
    ]


def _text_column(rows: list[Row], taken: tuple[str | None, ...]) -> str:
    """A column by its name, or else the unused one with the most text."""
    columns = list(rows[0])
    for wanted in TEXTS:
        for column in columns:
            if column.casefold() == wanted:
                return column
    free = [c for c in columns if c not in taken] or columns
    return max(free, key=lambda c: sum(len(cell(row.get(c))) for row in rows))


def _id_column(rows: list[Row]) -> str | None:
    """By its name, or by a name that ends in `id`; each row has one of its own."""
    known = [c for wanted in IDS for c in rows[0] if c.casefold() == wanted]
    ending = [c for c in rows[0] if c.casefold().endswith(("_id", "-id", " id"))]
    for column in (*known, *ending):
        cells = [cell(row.get(column)).strip() for row in rows]
        if all(cells) and len(set(cells)) == len(cells):
            return column
    return None


def _picture_column(rows: list[Row]) -> str | None:
    """A column by its name, or one whose cells are pictures or their file names."""
    named = _named(rows, PICTURES)
    if named is not None:
        return named
    for column in rows[0]:
        content = [row.get(column) for row in rows]
        if all(isinstance(c, str) and PurePath(c).suffix.lower() in SUFFIXES for c in content):
            return column
    return None


def _named(rows: list[Row], names: tuple[str, ...]) -> str | None:
    return next((c for wanted in names for c in rows[0] if c.casefold() == wanted), None)


def _named_labels(names: Iterable[str]) -> list[str]:
    return [f"    - {{name: {quoted(name)}, definition: ''}}" for name in names]


def _name(data: Path) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in data.stem) or "task"
