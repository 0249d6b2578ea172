"""The task file: what a person writes to have records labelled.

YAML, read into the pydantic models of `taskfile.specs`; every error names the file and the line.
`schema()` is the JSON schema that editors use for completion, shipped as
`task.schema.json` next to this module.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from assay.core.document_path import LocatedError, PathError
from assay.core.errors import SpecError
from assay.core.redact import remember_place
from assay.taskfile.document import Document, child, composed
from assay.taskfile.errors import kindless, misplaced, unknown_key, validation_error
from assay.taskfile.kinds import is_model, kinds, members, options, users
from assay.taskfile.specs import TaskFile

SCHEMA = Path(__file__).with_name("task.schema.json")
M = TypeVar("M", bound=BaseModel)


def load(path: Path | str) -> TaskFile:
    """SpecError with file and line for whatever is wrong."""
    return read(path)[0]


def read(path: Path | str) -> tuple[TaskFile, Document]:
    """The task file, and the lines in which its parts stand."""
    path = Path(path)
    try:
        document, content = composed(path, "a task file is a mapping with name, data, question, …")
    except FileNotFoundError:
        raise SpecError(f"{path} does not exist; `assay init DATA` writes a task file") from None
    for place in _addresses(document.root):
        remember_place(place)
    return checked(document, content, TaskFile), document


def _addresses(root: yaml.Node) -> Iterator[str]:
    """Places that may hold a password; no message may repeat it."""
    todo, seen = [root], set[int]()
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            todo += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            todo += node.value
        elif "://" in node.value:
            yield node.value


def checked(document: Document, content: dict[Any, Any], model: type[M]) -> M:
    """The content as the model defines it; SpecError names the line of the first error."""
    try:
        return model.model_validate(content)
    except ValidationError as bad:
        raise LocatedError(_first_error(document, bad, model)) from None


def _first_error(document: Document, bad: ValidationError, model: type[BaseModel]) -> str:
    errors = [e for e in bad.errors() if not _other_branch(e)] or bad.errors()
    places = [_locate(_keys(e), document.root, model) for e in errors]
    first = min(range(len(errors)), key=lambda i: errors[i]["type"] != "extra_forbidden")
    place = places[first]
    here = [e for e, there in zip(errors, places, strict=True) if there.name == place.name]
    others = len({there.name for there in places} - {place.name})
    more = f" (and {others} more)" if others else ""
    return f"{document.path}:{place.line}: {_message(here, place)}{more}"


def _other_branch(error: Any) -> bool:
    """Whether it only says that the value has the other allowed type (mapping, list,
    string)."""
    branches = {"string_type": dict | list, "list_type": dict}
    return isinstance(error["input"], branches.get(error["type"], ()))


def _keys(error: Any) -> tuple[Any, ...]:
    """Where pydantic found the mistake, down to the key that a rule between keys names."""
    if error["type"] == "union_tag_invalid":
        return (*error["loc"], "kind")
    cause = error.get("ctx", {}).get("error")
    return (*error["loc"], *(cause.keys if isinstance(cause, PathError) else ()))


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the document, and what its model lets stand there."""

    name: str  # dotted
    line: int  # of the key, or of the nearest one above it
    key: str
    model: Any  # of the mapping that the key is in
    kinds: Mapping[str, type[BaseModel]]  # among which that mapping's `kind` chose, if any
    type: Any  # of the value


def _message(errors: list[Any], place: Place) -> str:
    kind = errors[0]["type"]
    if kind == "extra_forbidden":
        return _extra(place)
    if kind == "union_tag_not_found":
        return kindless(place.name, list(kinds(place.type)))
    return validation_error(errors, place.name, _kind(place))


def _extra(place: Place) -> str:
    """A key that its mapping does not take: one of another kind, or a slip."""
    kind = _kind(place)
    if kind and (others := users(place.kinds, place.key)):
        return misplaced(place.name, kind, options(place.model), others)
    known = list(place.model.model_fields) if is_model(place.model) else []
    own = " (keys of a plugin's own stand under `options`)" if kind == "plugin" else ""
    return unknown_key(place.key, known) + own


def _kind(place: Place) -> str | None:
    return next((kind for kind, model in place.kinds.items() if model is place.model), None)


def _locate(loc: tuple[Any, ...], root: yaml.Node, model: Any) -> Place:
    """Pydantic's path has keys, and between them which part of a union it took."""
    node: yaml.Node | None = root
    place = Place("", 1, "", None, {}, model)
    known: Mapping[str, type[BaseModel]] = {}
    shown: list[str] = []
    for part in loc:
        branch = _branch(place.type, part)
        if branch is not None:
            known = kinds(place.type)
            place = replace(place, type=branch)
            continue
        step, line = child(node, part, place.line)
        if step is None and (part == "[key]" or len(members(place.type)) > 1):
            continue
        shown.append(str(part))
        inner = _inner(place.type, part)
        place = Place(".".join(shown), line, str(part), _only(place.type), known, inner)
        node, known = step or node, {}
    return place


def _branch(annotation: Any, part: Any) -> Any:
    """The member of a union that a part of pydantic's path stands for; None: it is a key."""
    found = members(annotation)
    if len(found) < 2:
        return None
    named = dict(kinds(annotation)) or {_named(member): member for member in found}
    return named.get(str(part).partition("[")[0])


def _named(member: Any) -> str:
    return str(getattr(get_origin(member) or member, "__name__", member))


def _inner(annotation: Any, part: Any) -> Any:
    model = _only(annotation)
    if is_model(model):
        field = model.model_fields.get(part)
        return None if field is None else field.annotation
    inside = get_args(model)
    return inside[-1] if get_origin(model) in (dict, list) else None


def _only(annotation: Any) -> Any:
    found = members(annotation)
    return found[0] if len(found) == 1 else None


def schema() -> dict[str, Any]:
    """The JSON schema of a task file."""
    return TaskFile.model_json_schema()


def schema_line(folder: Path) -> str:
    """The first line of a task file in `folder`, by which editors find the schema that this
    installation ships: a relative path where the installation lies in the folder, else its URL."""
    folder = folder.resolve()
    inside = SCHEMA.is_relative_to(folder)
    place = SCHEMA.relative_to(folder).as_posix() if inside else SCHEMA.as_uri()
    return f"# yaml-language-server: $schema={place}\n"
