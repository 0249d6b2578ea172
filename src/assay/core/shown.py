"""How the things that users hold show themselves: a short repr, and a small table in a notebook."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

LONGEST = 60  # characters of one value


class Shown:
    """Shows its `facts`; those that are None or empty words are left out."""

    __slots__ = ()

    def facts(self) -> Mapping[str, object]:
        """By name, the most important first. No key, and nothing that grows with the records."""
        raise NotImplementedError

    def _describe(self) -> dict[str, object]:
        facts = self.facts().items()
        return {name: fact for name, fact in facts if fact is not None and fact not in ("", ())}

    def __repr__(self) -> str:
        described = (f"{name}={short(fact)}" for name, fact in self._describe().items())
        return f"{type(self).__name__}({', '.join(described)})"

    def _repr_html_(self) -> str:
        rows = [(name, plain(fact)) for name, fact in self._describe().items()]
        return html_table(type(self).__name__, (), rows)


def short(fact: object) -> str:
    """As a repr, cut where it is long."""
    return _cut(repr(fact[:LONGEST] if isinstance(fact, str) else fact))


def plain(fact: object) -> str:
    """As people read it, cut where it is long."""
    return _cut(str(fact))


def _cut(said: str) -> str:
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def html_table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Every word in it is escaped: ids, labels and texts come from files and servers."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(plain(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{escape(title)}</caption>"
        + (f"<thead><tr>{top}</tr></thead>" if top else "")
        + f"<tbody>{body}</tbody></table>"
    )
