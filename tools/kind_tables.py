"""Writes the tables of kinds and their options in docs/task-file.md from the specs themselves.

`python tools/kind_tables.py` writes the page; a test compares it.
"""

from collections.abc import Iterable
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from assay.taskfile.annotators import AnnotatorSpec
from assay.taskfile.kinds import kinds, members, options, own
from assay.taskfile.strategies import StrategySpec

PAGE = Path(__file__).parents[1] / "docs" / "task-file.md"


def written(page: str) -> str:
    """The page with its tables made new."""
    for name, rows in {
        "annotators": annotators(),
        "shared": shared(),
        "strategies": strategies(),
    }.items():
        start, end = f"<!-- {name}: python tools/kind_tables.py -->", f"<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        page = "\n".join([before + start, *rows, end + rest.partition(end)[2]])
    return page


def annotators() -> list[str]:
    found = kinds(AnnotatorSpec)
    shares = {kind: [n for n in options(m) if n not in own(m)] for kind, m in found.items()}
    return [
        "| `kind` | what answers | its own keys | shared keys, below |",
        "|---|---|---|---|",
        *(
            f"| `{kind}` | {_what(model)} | {_all(model, _first_needed(model))} | "
            f"{', '.join(f'`{name}`' for name in shares[kind] if name != 'model')} |"
            for kind, model in found.items()
        ),
    ]


def shared() -> list[str]:
    """Options that several kinds have from a common base."""
    found: dict[str, FieldInfo] = {}
    for model in kinds(AnnotatorSpec).values():
        for name in options(model):
            if name not in own(model) and name != "model":
                found.setdefault(name, model.model_fields[name])
    return ["| key | meaning |", "|---|---|", *(_row(n, field) for n, field in found.items())]


def strategies() -> list[str]:
    return [
        "| `kind` | what it does | further keys |",
        "|---|---|---|",
        *(
            f"| `{kind}` | {_what(model)} | {_all(model, options(model))} |"
            for kind, model in kinds(StrategySpec).items()
        ),
    ]


def _what(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").rstrip(".")


def _first_needed(model: type[BaseModel]) -> list[str]:
    """What a kind needs, then the rest of its own; `model` is never a shared matter."""
    mine = [n for n in options(model) if n in own(model) or n == "model"]
    return sorted(mine, key=lambda name: not model.model_fields[name].is_required())


def _all(model: type[BaseModel], names: Iterable[str]) -> str:
    return "; ".join(_option(name, model.model_fields[name]) for name in names)


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{name}` | {_option(name, field).partition('`: ')[2]} |"


def _option(name: str, field: FieldInfo) -> str:
    """Its meaning, the words that may stand there, and what holds where it is left out."""
    choices = [_shown(c) for c in _choices(field.annotation)]
    described = field.description or ""
    listed = "" if all(c in described for c in choices) else ", ".join(choices)
    needed = " (needed)" if field.is_required() else _default(field)
    return f"`{name}`: {described}{': ' if listed else ''}{listed}{needed}"


def _choices(annotation: Any) -> tuple[Any, ...]:
    return tuple(c for m in members(annotation) if get_origin(m) is Literal for c in get_args(m))


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, NoneType | BaseModel | dict):
        return ""
    return f" ({_shown(value)})"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
