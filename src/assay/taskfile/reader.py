"""The task file: what a person writes to have records labelled.

YAML, read into the pydantic models of `data.specs`; every error names the file and the line.
`schema()` is the JSON schema that editors use for completion, shipped as
`task.schema.json` beside this module.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from assay.core.document_path import LocatedError
from assay.core.errors import SpecError, meant
from assay.core.redact import remember_place
from assay.taskfile.document import Document, child, composed
from assay.taskfile.errors import kindless, validation_error
from assay.taskfile.options import check_options
from assay.taskfile.specs import FieldSpec, TaskFile

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
    file = checked(document, content, TaskFile)
    with document.lines():
        check_options(file)
    return file, document


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
    error = min(errors, key=lambda e: e["type"] != "extra_forbidden")
    if error["type"] == "union_tag_invalid":
        error["loc"] = (*error["loc"], "kind")
    place, line, names = _locate(error["loc"], document.root, model)
    places = [_locate(e["loc"], document.root, model)[0] for e in errors]
    here = [e for e, there in zip(errors, places, strict=True) if there == place]
    others = len(set(places) - {place})
    more = f" (and {others} more)" if others else ""
    return f"{document.path}:{line}: {_message(here, place, names)}{more}"


def _other_branch(error: Any) -> bool:
    """Whether it only says that the value has the other allowed type (mapping, list,
    string)."""
    kinds = {"string_type": dict | list, "list_type": dict}
    return isinstance(error["input"], kinds.get(error["type"], ()))


def _message(errors: list[Any], place: str, names: list[str]) -> str:
    error = errors[0]
    key = str(error["loc"][-1])
    if error["type"] == "extra_forbidden":
        return f"unknown key `{key:.80}`; {meant(key, names, '`')}"
    if error["type"] == "union_tag_not_found":
        answer = (TaskFile if place == "answer" else FieldSpec).model_fields["answer"]
        return kindless(place, _kinds(answer.annotation))
    return validation_error(errors, place)


def _kinds(answer: Any) -> list[str]:
    known = [m.model_fields["kind"].annotation for m in _members(answer) if _is_model(m)]
    return [tag for kind in known for tag in kind.__args__]


def _locate(loc: tuple[Any, ...], root: yaml.Node, model: Any) -> tuple[str, int, list[str]]:
    """Dotted place, the line nearest to it, and the keys allowed next to its last part."""
    node: yaml.Node | None = root
    line = 1
    shown: list[str] = []
    names = list(model.model_fields)
    for part in loc:
        names = list(model.model_fields) if _is_model(model) else names
        step, line = child(node, part, line)
        if step is None and not (_is_model(model) and part in model.model_fields):
            model = _tagged(model, part)
            continue
        shown.append(str(part))
        node = step or node
        model = _inner(model, part)
    return ".".join(shown), line, names


def _is_model(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel)


def _members(model: Any) -> list[Any]:
    found = [model]
    for inner in getattr(model, "__args__", ()) or ():
        found += _members(inner)
    return found


def _tagged(model: Any, tag: Any) -> Any:
    for member in _members(model):
        if _is_model(member):
            kind = member.model_fields.get("kind")
            tags = getattr(kind.annotation, "__args__", ()) if kind else ()
            if tag in tags or member.__name__ == tag:
                return member
    return model


def _inner(model: Any, part: Any) -> Any:
    if _is_model(model) and part in model.model_fields:
        return _only_model(model.model_fields[part].annotation)
    return model


def _only_model(annotation: Any) -> Any:
    models = [m for m in _members(annotation) if _is_model(m)]
    return models[0] if len(models) == 1 else annotation


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
