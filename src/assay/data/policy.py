"""One policy for the cells of answers in every command: which words are a missing answer, which
spellings are one label, and what a second answer of one annotator counts.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.spelling import folded, shortened
from assay.data.base import Given, many
from assay.data.form import Form, form_of
from assay.data.notices import notify
from assay.data.seen import Seen, key_of

MOST_LABELS = 1_000  # distinct spellings that are compared; more are no labels but texts
SHOWN = 3
T = TypeVar("T")


def settle(
    path: Path, given: Iterable[Given], known: Collection[str] | None = None
) -> Iterator[Given]:
    """The answers under the form of their file; what was read otherwise than written is said.

    `known` are the labels of a task: each is a label, also where it is a word for a missing one,
    and the task says which spellings are one."""
    labels = Labels(path, form_of(path), known=known)
    repeats = _Repeats(path, form_of(path))
    for one in given:
        label = labels.read(one.label)
        settled = one if label == one.label else replace(one, label=label)
        if label is None or repeats.counts(settled):
            yield settled
    labels.close()
    repeats.close()


@dataclass(slots=True)
class Labels:
    """Labels of one file as they count: None where a word says that there is none."""

    path: Path
    form: Form
    answers: int = 0
    known: Collection[str] | None = None
    missing: Counter[str] = field(default_factory=Counter)
    _spelt: dict[str, str] = field(default_factory=dict)
    _known: dict[str, str | None] = field(default_factory=dict)
    _merged: dict[str, str] = field(default_factory=dict)

    def read(self, label: str | None) -> str | None:
        if label is None:
            return None
        self.answers += 1
        if label in self._known:
            found = self._known[label]
        else:
            found = self._read(label)
            if len(self._known) < MOST_LABELS:
                self._known[label] = found
        if found is None:
            self.missing[label] += 1
        return found

    def _read(self, label: str) -> str | None:
        if label in self.form.words and label not in (self.known or ()):
            return None
        if self.known is not None:
            return label
        found = canonical(label)
        if self.form.exact or len(self._spelt) >= MOST_LABELS:
            return found
        first = self._spelt.setdefault(folded(found), found)
        if first != found:
            self._merged[found] = first
        return first

    def close(self) -> None:
        for word, count in self.missing.most_common():
            notify(
                f"{self.path}: {word!r} is {count / self.answers:.0%} of the answers and is read "
                "as missing (--missing names the words that are; --missing '' none)"
            )
        if self._merged:
            pairs = list(self._merged.items())
            shown = ", ".join(f"{shortened(a)} as {shortened(b)}" for a, b in pairs[:SHOWN])
            more = f" and {len(pairs) - SHOWN:,} more" if len(pairs) > SHOWN else ""
            notify(
                f"{self.path}: labels that differ in case, spaces or form of accents alone are "
                f"one: {shown}{more} (--exact-labels keeps them apart)"
            )


@dataclass(slots=True)
class _Repeats:
    """Second answers of an annotator to a record."""

    path: Path
    form: Form
    count: int = 0
    first: str = ""
    _seen: Seen = field(default_factory=Seen)

    def counts(self, one: Given) -> bool:
        if self.form.repeats == "all" or not one.named:
            return True
        if self._seen.add(key_of(f"{one.annotator}\0{one.record}")) == 1:
            return True
        said = f"{one.where}: {one.annotator!r} answers record {one.record!r} again"
        if self.form.repeats == "refuse":
            raise InputError(f"{said}; leave one out, or let --repeats first take the first")
        self.count += 1
        self.first = self.first or said
        return False

    def close(self) -> None:
        if self.count:
            again = many(self.count, "repeated answer is", "repeated answers are")
            notify(f"{self.first}; the first counts, {again} left out (--repeats says otherwise)")


def canonical(label: str) -> str:
    """One spelling of a set, of spans and of a whole number: sorted, without spaces, `1` of `1.0`.

    Objects of one list, as annotation tools write several choices, are that list.
    """
    if label.endswith(".0") and label[:-2].removeprefix("-").isdecimal():
        return label[:-2]
    if label[:1] not in ("[", "{"):
        return label
    try:
        content = loads(label)
    except ValueError:
        return label
    if isinstance(content, dict):
        inner = content.get("choices")
        if len(content) != 1 or not isinstance(inner, list):
            return _dumped(content)
        content = inner
    return _dumped(sorted(content, key=_dumped) if isinstance(content, list) else content)


def _dumped(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
