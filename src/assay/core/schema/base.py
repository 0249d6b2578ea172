"""The contract of a schema: the kind of answer a task wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assay.core.errors import InputError, SpecError
from assay.core.jsons import loads
from assay.core.shown import Shown
from assay.core.spelling import folded
from assay.core.value import Value

MOST_MARKS = 256
"""The most spans or boxes of an answer bound to a schema: small models repeat one without end."""


@dataclass(frozen=True, slots=True)
class Label:
    """A name with its definition; aliases are other words for it, by language code ("" = any)."""

    name: str
    definition: str = ""
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def words(self, language: str | None = None) -> tuple[str, ...]:
        """The name and the aliases of one language, or of all where none is given."""
        if language is None:
            return (self.name, *(w for words in self.aliases.values() for w in words))
        return (self.name, *self.aliases.get("", ()), *self.aliases.get(language, ()))

    def wording(self) -> object:
        return [self.name, self.definition, {k: list(v) for k, v in self.aliases.items()}]


class Schema(Protocol):
    """Parses, validates, and splits an answer into units; a unit is one decision in an answer."""

    @property
    def kind(self) -> str: ...

    def parse(self, raw: str) -> Value | None:
        """The value of a strictly formed answer (the label itself, or JSON); None if it is not."""

    def check(self, cell: object) -> Value:
        """The value of a cell of a file or of JSON; InputError names what does not fit."""

    def json_schema(self) -> dict[str, object]:
        """What a constrained model must return: an object, as most endpoints demand."""

    def wording(self) -> object:
        """JSON of everything that is part of what is asked; the task id is a digest of it."""

    def units(self, values: Sequence[Value]) -> list[str]:
        """The units on which these values of one record can be compared."""

    def unit_labels(self, unit: str) -> tuple[str, ...] | None:
        """All labels a unit can take, in order; None if the set is open."""

    def label(self, value: Value, unit: str) -> str | None:
        """What `value` says about `unit`; None if it says nothing."""

    def assemble(self, labels: Mapping[str, str]) -> Value | None:
        """The value of decided units; None if they make none. Inverse of split."""

    def in_focus(self, unit: str, focus: Sequence[str]) -> bool:
        """Whether a request with this focus asked about the unit."""


class Labelled(Shown):
    """What schemas of a closed set of labels share. SpecError if the labels are not one set."""

    def facts(self) -> Mapping[str, object]:
        return {"labels": self.names}

    def __init__(self, labels: Sequence[str | Label]) -> None:
        self.labels = as_labels(labels)
        self.table = label_table(self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    def named(self, word: object) -> str | None:
        """The label that a word stands for, however its case, spaces and accents are written."""
        return self.table.get(folded(str(word)))


def entries(cell: object, name: str) -> list[object]:
    """The list in a cell, or in JSON, or under `name` in an object; InputError if none is."""
    content = cell
    if isinstance(cell, str):
        try:
            content = loads(cell)
        except ValueError as bad:
            raise InputError(f"{cell!r:.80} is not a JSON list of {name}") from bad
    if isinstance(content, Mapping):
        content = content.get(name)
    if not isinstance(content, list | tuple):
        raise InputError(f"{cell!r:.80} is not a list of {name}")
    return list(content)


def label_table(labels: Sequence[Label]) -> dict[str, str]:
    """Every word for a label, folded, to its name.

    SpecError if two labels share a word of one language; a word that stands for different
    labels in different languages is left out, since it means none without its language.
    """
    if not labels:
        raise SpecError("a schema needs at least one label")
    if len({label.name for label in labels}) != len(labels):
        raise SpecError("two labels have the same name")
    table: dict[str, dict[str, str]] = {}  # word, language, label
    for label in labels:
        if not label.name.strip():
            raise SpecError("a label has an empty name")
        for language, words in (("", (label.name,)), *label.aliases.items()):
            for word in words:
                owners = table.setdefault(folded(word), {})
                _own(owners, language, label.name, word)
    return {
        word: next(iter(owners.values()))
        for word, owners in table.items()
        if len(set(owners.values())) == 1
    }


def _own(owners: dict[str, str], language: str, label: str, word: str) -> None:
    for other, owner in owners.items():
        if owner != label and (not language or not other or language == other):
            raise SpecError(f"{word!r} stands for two labels: {owner!r} and {label!r}")
    owners[language] = label


def as_labels(labels: Sequence[str | Label]) -> tuple[Label, ...]:
    return tuple(Label(entry) if isinstance(entry, str) else entry for entry in labels)
