"""Reader-facing words for names of the code, and number formats."""

import re
from collections.abc import Mapping
from html import escape

from markupsafe import Markup

from assay.core.annotation import Source
from assay.core.record import Record
from assay.core.value import Box, Span, Value
from assay.data.write import flat

LONGEST = 80  # characters of a marked stretch shown
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[([^\]]+)\]\((#[a-z0-9-]+)\)")  # to a section of the page


def source_words(source: str) -> str:
    """Source of a confidence; sources of plugins keep their own names."""
    return Source(source).words if source in set(Source) else source.replace("_", " ")


def between(low: str, high: str) -> str:
    """An interval as printed; empty if both ends read the same."""
    return "" if low == high else f"[{low}, {high}]"


def coded(text: str) -> Markup:
    """Words between backticks as code, `[words](#section)` as a link, everything else as it is."""
    linked = LINK.sub(r'<a href="\2">\1</a>', escape(text))
    return Markup(CODE.sub(r"<code>\1</code>", linked))


def answer(value: Value | None, record: Record) -> Markup:
    """An answer in words: marked text with labels, boxes with their position."""
    if isinstance(value, frozenset):
        return Markup(escape(", ".join(sorted(value)) or "none of them"))
    if isinstance(value, tuple):
        described = [_span(v, record) if isinstance(v, Span) else _box(v) for v in value]
        return Markup("<br>".join(described) or "nothing marked")
    if isinstance(value, Mapping):
        parts = (f"{escape(name)}: {answer(part, record)}" for name, part in value.items())
        return Markup("<br>".join(parts))
    return Markup(escape(flat(value) or ""))


def _span(span: Span, record: Record) -> str:
    text = next((part.text for part in record.texts if part.name == span.part), "")
    words = text[span.start : span.end]
    if not words:  # an answer to another wording of the record
        words = f"characters {span.start:,} to {span.end:,}"
    cut = words[: LONGEST - 1] + "…" if len(words) > LONGEST else words
    where = f" in {escape(span.part)}" if len(record.texts) > 1 else ""
    return f"<mark>{escape(cut)}</mark> <small>{escape(span.label)}{where}</small>"


def _box(box: Box) -> str:
    """Its label, its size, and where its corner is, in shares of the picture."""
    size = f"{box.width:.0%} × {box.height:.0%} of the picture"
    place = f"{box.left:.0%} from the left, {box.top:.0%} from the top"
    return f"{escape(box.label)} <small>{size}, {place}</small>"
