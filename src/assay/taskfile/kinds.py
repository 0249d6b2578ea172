"""Unions of small classes distinguished by `kind`: which kinds there are and what each takes."""

from collections.abc import Callable, Mapping
from functools import cache
from inspect import get_annotations
from types import UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel

NO_OPTIONS = ("kind", "annotators")  # keys that every kind has


def is_model(type_: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(type_, type) and issubclass(type_, BaseModel)


def members(annotation: Any) -> tuple[Any, ...]:
    """What may stand here: the parts of a union, or the one thing; None is left out."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(m for part in get_args(annotation) for m in members(part))
    return () if annotation is type(None) else (annotation,)


def kind_of(model: type[BaseModel]) -> str:
    kind: str = get_args(model.model_fields["kind"].annotation)[0]
    return kind


def kinds(annotation: Any) -> dict[str, type[BaseModel]]:
    """The classes of a union by their kind; empty where it is none of kinds."""
    found = members(annotation)
    if len(found) < 2 or not all(is_model(m) and "kind" in m.model_fields for m in found):
        return {}
    return {kind_of(m): m for m in found}


@cache
def own(model: type[BaseModel]) -> tuple[str, ...]:
    """The options that this class alone defines, not those of its bases."""
    there = get_annotations(model)
    return tuple(n for n in model.model_fields if n in there and n not in NO_OPTIONS)


@cache
def options(model: type[BaseModel]) -> tuple[str, ...]:
    """All that a kind takes, its own options before those that it shares."""
    shared = (n for n in model.model_fields if n not in NO_OPTIONS)
    return tuple(dict.fromkeys((*own(model), *shared)))


def users(known: Mapping[str, type[BaseModel]], option: str) -> list[str]:
    """The kinds that take an option."""
    return [kind for kind, model in known.items() if option in options(model)]


def tidy(annotation: Any, default: str | None = None) -> Callable[[Any], Any]:
    """For what a person wrote of one kind: the default kind where none is said, and without keys
    of other kinds that have no value, since they say nothing."""
    known = kinds(annotation)
    every = {name for model in known.values() for name in options(model)}

    def tidied(given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        kind = default if given.get("kind") is None else given["kind"]
        model = known.get(kind) if isinstance(kind, str) else None
        silent = every - set(() if model is None else model.model_fields)
        kept = {k: v for k, v in given.items() if k not in (*silent, "kind") or v is not None}
        return kept if kind is None else {**kept, "kind": kind}

    return tidied
