"""A first task file, guessed from the columns of a data file."""

import os
from collections import Counter
from pathlib import Path, PurePath

from assay.core.errors import InputError
from assay.data import conll
from assay.data.base import Row, cell
from assay.data.images.decode import SUFFIXES
from assay.data.read import peek

TEXTS = ("text", "tweet", "sentence", "content", "body", "review", "comment", "message", "title")
PICTURES = ("image", "img", "picture", "photo", "poster", "file_name")
IDS = ("id", "record", "key", "uid", "record_id", "text_id", "file")
LABELS = ("label", "labels", "gold", "class", "category", "sentiment", "target", "answer")
LANGUAGES = ("language", "lang", "locale")
MOST_LABELS = 30
READS = "    kind: embedded          # runs here, needs no key: pip install 'assay[embedded]'"
SEES = "    kind: picture           # runs here, needs no key: pip install 'assay[pictures]'"
CLOSING = ("budget:", "  money: 1.00", "currency: USD", "seed: 0", "")


def draft(data: Path, folder: Path) -> str:
    """YAML with comments; InputError where the file has no records."""
    if data.suffix.lower() in conll.SUFFIXES:
        return _spans_draft(data, folder)
    rows = peek(data, 500)
    if not rows:
        raise InputError(f"{data} holds no records")
    image = _picture_column(rows)
    text = _named(rows, TEXTS) if image else _text_column(rows)
    id = _named(rows, IDS, unique=True)
    language = _named(rows, LANGUAGES)
    label = _named(rows, LABELS)
    if label is None and image and len({cell(row.get("folder")) for row in rows}) > 1:
        label = "folder"
    names = _label_names(rows, label)
    lines = [
        "# A labelling task. Check it with `assay check`, run it with `assay run`.",
        f"name: {_name(data)}",
        "data:",
        f"  path: {_quoted(os.path.relpath(data, folder))}",
    ]
    if image:
        lines.append(
            f"  image: {_quoted(image)}         # column of the picture, or a list of columns"
        )
    if text:
        lines.append(
            f"  text: {_quoted(text)}          # the column to label, or a list of columns"
        )
    lines += [f"  id: {_quoted(id)}"] if id else ["  # id: column with a unique id"]
    lines += [f"  language: {_quoted(language)}"] if language else []
    what = "picture" if image else "text"
    lines += [
        f"question: Which label fits the {what}?   # say it as you would to a new colleague",
        "answer:",
        "  kind: choice              # or multi, scale, spans, form, text",
        "  labels:",
        *(f"    - {{name: {_quoted(name)}, definition: ''}}" for name in names),
        "guideline: ''               # how to decide hard cases",
        "annotators:",
        "  small:",
        SEES if image else READS,
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
    lines += _gold(label) if id and label else []
    return "\n".join([*lines, *CLOSING])


def _spans_draft(data: Path, folder: Path) -> str:
    """For a file that marks spans: they are the gold, and a tagger learns from a half of it."""
    _, gold = conll.read_spans(data)
    names = conll.labels_of(gold.values()) or ["entity"]
    lines = [
        "# A labelling task. Check it with `assay check`, run it with `assay run`.",
        f"name: {_name(data)}",
        "data:",
        f"  path: {_quoted(os.path.relpath(data, folder))}",
        "  id: id",
        "question: Which stretches of the text are named entities, and of which kind?",
        "answer:",
        "  kind: spans",
        "  labels:",
        *(f"    - {{name: {_quoted(name)}, definition: ''}}" for name in names),
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


def _gold(label: str) -> list[str]:
    return [
        "gold:                       # labels you trust, dealt to purposes that never overlap",
        f"  label: {_quoted(label)}",
        "  calibration: 0.5          # fits classifiers and thresholds",
        "  evaluation: 0.5           # scores the result",
    ]


def _text_column(rows: list[Row]) -> str:
    columns = list(rows[0])
    for wanted in TEXTS:
        for column in columns:
            if column.casefold() == wanted:
                return column
    return max(columns, key=lambda c: sum(len(cell(row.get(c))) for row in rows))


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


def _named(rows: list[Row], names: tuple[str, ...], unique: bool = False) -> str | None:
    for wanted in names:
        for column in rows[0]:
            if column.casefold() == wanted:
                cells = [cell(row.get(column)) for row in rows]
                if not unique or len(set(cells)) == len(cells):
                    return column
    return None


def _label_names(rows: list[Row], label: str | None) -> list[str]:
    if label is None:
        return ["yes", "no"]
    counts = Counter(c for row in rows if (c := cell(row.get(label)).strip()))
    return sorted(counts) if 1 < len(counts) <= MOST_LABELS else ["yes", "no"]


def _name(data: Path) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in data.stem) or "task"


def _quoted(text: str) -> str:
    """YAML single quotes, where a bare word could be read as something else."""
    return "'" + text.replace("'", "''") + "'"
