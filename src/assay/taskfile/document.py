"""A YAML file that a person writes, with the line of every key in it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from assay.core.document_path import Key, LocatedError, PathError, dotted
from assay.core.errors import SpecError
from assay.core.jsons import DEEPEST
from assay.data.inputs import reading

MOST_VALUES = 1_000_000
TOO_DEEP = f"nested more than {DEEPEST} levels deep"


class Loader(yaml.SafeLoader):
    """Booleans as in YAML 1.2: `yes`, `no`, `on` and `off` are words, as labels often are."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A value that does not match its form or tag is an error with a line number."""
        try:
            made = super().construct_object(node, deep)
            if isinstance(made, int):
                float(made)  # in hexadecimal, or in sixties, a number of any length can be written
            return made
        except (ValueError, TypeError, AttributeError, OverflowError, KeyError):
            what = node.tag.rpartition(":")[2]
            said = f"{node.value!r:.40} is not a {what}; put a text in quotes"
            raise ConstructorError(None, None, said, node.start_mark) from None


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:bool"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


@dataclass(frozen=True, slots=True)
class Document:
    path: Path
    root: yaml.Node

    @contextmanager
    def lines(self) -> Iterator[None]:
        """Errors with known keys leave this block with file and line."""
        try:
            yield
        except PathError as bad:
            raise self.mistake(str(bad), *bad.keys) from None

    def mistake(self, said: str, *keys: Key) -> LocatedError:
        place = f" `{dotted(keys)}`:" if keys else ""
        return LocatedError(f"{self.path}:{self.line(keys)}:{place} {said}")

    def line(self, keys: Sequence[Key]) -> int:
        """Line of the key, or of the nearest parent if the file leaves it out."""
        node: yaml.Node | None = self.root
        line = 1
        for key in keys:
            node, line = child(node, key, line)
        return line


def child(node: yaml.Node | None, key: object, line: int) -> tuple[yaml.Node | None, int]:
    """The node at a key or index, and the line of that key; the old line if there is none."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if str(name.value) == str(key):
                return value, name.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        found: yaml.Node = node.value[key]
        return found, found.start_mark.line + 1
    return None, line


def composed(path: Path, wanted: str) -> tuple[Document, dict[Any, Any]]:
    """SpecError with file and line if it is not YAML, or not a mapping as `wanted`; or
    FileNotFoundError."""
    reading(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise
    except OSError as bad:
        raise SpecError(f"{path} cannot be read: {bad}") from None
    except UnicodeDecodeError as bad:
        raise LocatedError(_no_text(path, bad.object, bad.start, wanted)) from None
    try:
        root = yaml.compose(text, Loader=Loader)
        _check_size(path, root)
        content = yaml.load(text, Loader=Loader)
    except yaml.YAMLError as bad:
        raise LocatedError(_yaml_error(path, bad)) from None
    except RecursionError:
        raise LocatedError(f"{path}:{_deep_line(text)}: {TOO_DEEP}") from None
    if root is None or not isinstance(content, dict):
        raise LocatedError(f"{path}:1: {wanted}")
    document = Document(path, root)
    for key, keys, (first, again) in _doubles(root, (), set()):
        raise LocatedError(
            f"{path}:{again}: `{dotted((*keys, key))}` is a duplicate of {path}:{first}; "
            "keep one of the two"
        )
    return document, content


def _check_size(path: Path, root: yaml.Node | None) -> None:
    """LocatedError for unlimited nesting, or aliases that multiply without limit."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    waiting = [] if root is None else [(root, False)]
    while waiting:
        node, done = waiting.pop()
        below = _below_node(node)
        line = node.start_mark.line + 1
        if done:
            open_nodes.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes.get(id(n), 1) for n in below)
            if sizes[id(node)] > MOST_VALUES:
                raise LocatedError(
                    f"{path}:{line}: the aliases here expand to more than {MOST_VALUES:,} values"
                )
        elif id(node) not in sizes and id(node) not in open_nodes:
            if len(open_nodes) >= DEEPEST:
                raise LocatedError(f"{path}:{line}: {TOO_DEEP}")
            open_nodes.add(id(node))
            waiting.append((node, True))
            waiting += [(n, False) for n in below]


def _below_node(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _deep_line(text: str) -> int:
    """The line at which the allowed depth is exceeded."""
    level = 0
    for event in yaml.parse(text, Loader=Loader):
        level += isinstance(event, yaml.CollectionStartEvent)
        level -= isinstance(event, yaml.CollectionEndEvent)
        if level > DEEPEST and event.start_mark is not None:
            return int(event.start_mark.line) + 1
    return 1


def _doubles(
    node: yaml.Node, keys: tuple[Key, ...], seen: set[int]
) -> Iterator[tuple[str, tuple[Key, ...], tuple[int, int]]]:
    """Duplicate keys of a mapping, with their parents and both lines; YAML would silently
    use the last."""
    if id(node) in seen:  # an alias stands for what was looked at before
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for place, below in enumerate(node.value):
            yield from _doubles(below, (*keys, place), seen)
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for name, below in node.value:
            key, line = str(name.value), name.start_mark.line + 1
            if key in first:
                yield key, keys, (first[key], line)
            first.setdefault(key, line)
            yield from _doubles(below, (*keys, key), seen)


def _no_text(path: Path, content: bytes, start: int, wanted: str) -> str:
    if b"\0" in content:
        return f"{path} is not a text file; {wanted}"
    line = content.count(b"\n", 0, start) + 1
    return f"{path}:{line}: not UTF-8; save the file as UTF-8"


def _yaml_error(path: Path, bad: yaml.YAMLError) -> str:
    mark = getattr(bad, "problem_mark", None)
    line = mark.line + 1 if mark is not None else 1
    problem = getattr(bad, "problem", None) or str(bad)
    return f"{path}:{line}: not valid YAML ({problem}){_quote_hint(bad)}"


def _quote_hint(bad: yaml.YAMLError) -> str:
    """What helps where a sign of YAML stands in a text, as `?` does in most questions."""
    problem = getattr(bad, "problem", None) or ""
    if problem.endswith("but got '?'"):
        return "; inside { } a text with ? needs quotes: {question: 'What is it?'}"
    if problem.startswith("mapping values are not allowed"):
        return "; a text with a colon and a space needs quotes: question: 'Is it: good?'"
    return ""
