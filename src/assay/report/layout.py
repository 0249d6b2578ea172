"""The frame that all pages share: style, contents list, and a script of their own that filters
tables of records. A page needs no other file, and its policy allows no other script."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assay.core.cost import UNKNOWN, money
from assay.data.write import flat, written_atomically
from assay.report.wording import answer, between, coded, source_words

HEADING = re.compile(r"<h2>(.*?)</h2>", re.S)  # ours alone: words from outside are escaped
NO_SLUG = re.compile(r"[^a-z0-9]+")
ENTITY = re.compile(r"&[#a-z0-9]+;", re.I)


@dataclass(frozen=True, slots=True)
class Heading:
    anchor: str
    words: Markup


def write_page(template: str, title: str, out: Path, **values: object) -> None:
    text = page_of(template, title, **values)
    with written_atomically(out) as part:
        part.write_text(text, encoding="utf-8")


def page_of(template: str, title: str, **values: object) -> str:
    """The whole page, by the template of what stands in its frame."""
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    body, headings = anchored(environment().get_template(template).render(made=made, **values))
    frame = environment().get_template("base.html.j2")
    return frame.render(
        title=title, body=body, headings=headings, script=Markup(script()), policy=Markup(policy())
    )


def anchored(body: str) -> tuple[Markup, list[Heading]]:
    """Gives each heading of a section an id, for the list of contents."""
    headings: list[Heading] = []

    def mark(found: re.Match[str]) -> str:
        heading = Heading(_free(_slug(found[1]), headings), Markup(found[1]))
        headings.append(heading)
        return f'<h2 id="{heading.anchor}">{found[1]}</h2>'

    return Markup(HEADING.sub(mark, body)), headings


def _slug(words: str) -> str:
    return NO_SLUG.sub("-", ENTITY.sub(" ", words).lower()).strip("-") or "section"


def _free(slug: str, headings: list[Heading]) -> str:
    taken = {heading.anchor for heading in headings}
    return next(name for name in _numbered(slug) if name not in taken)


def _numbered(slug: str) -> Iterator[str]:
    yield slug
    number = 2
    while True:
        yield f"{slug}-{number}"
        number += 1


@cache
def script() -> str:
    return (files("assay.report") / "templates" / "filter.js").read_text(encoding="utf-8")


def policy() -> str:
    """Nothing from outside, and of scripts only the one whose digest this names."""
    digest = b64encode(sha256(script().encode("utf-8")).digest()).decode("ascii")
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'"
    )


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("assay.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "money": _money,
        "flat": flat,
        "percent": _percent,
        "figure": _figure,
        "span": _span,
        "coded": coded,
        "source": source_words,
        "anchor": _anchor,
        "sentence": _sentence,
    }
    made.globals |= {"answer": answer, "between": between}
    return made


def _anchor(record: str) -> str:
    """A record's id as the end of an address, and as the id of what it leads to."""
    return "record-" + quote(record, safe="")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _money(nanos: float | None, currency: str = "USD") -> str:
    return UNKNOWN if nanos is None else money(round(nanos), currency)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:z.2f}"


def _span(seconds: float) -> str:
    """Seconds, for people."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds >= 0.05 else "0 s"
