"""A Python function as an annotator: text in, label out; sync, or async with many calls at once."""

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import Any

from assay.annotators.base import HoldsNothing, failed
from assay.annotators.window import as_they_come
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.digest import digest
from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.shown import Shown

WINDOW = 64  # calls of an async function at once
MAPPING = "function"


@dataclass(frozen=True, slots=True, repr=False)
class Function(HoldsNothing, Shown):
    """Calls `call` with a record's text; with a dict of texts by column where there are several,
    and with the `Record` where it has pictures.

    It gives a label (a list of labels, a number, a dict of answers: whatever the schema takes), a
    pair of label and confidence from 0 to 1, or None for no answer. An exception fails that record
    alone. A function that is not async is called record by record on the thread of the run.
    """

    name: str
    call: Callable[[Any], Any]
    version: str

    @classmethod
    def of(cls, name: str, call: Callable[[Any], Any]) -> "Function":
        return cls(name, call, fingerprint(call))

    def facts(self) -> dict[str, object]:
        return {"name": self.name, "version": self.version}

    @property
    def id(self) -> str:
        return f"function/{self.name}@{self.version}"

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.MODEL

    def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        if is_async(self.call):
            return as_they_come(requests, self._awaited, WINDOW)
        return self._one_by_one(requests)

    async def _one_by_one(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            try:
                given = read(request, self.call(_shown(request.record)))
            except Exception as bad:  # foreign code; its fault is an answer, not ours
                given = failed(request, bad)
            yield given

    async def _awaited(self, request: Request) -> Annotation:
        try:
            return read(request, await self.call(_shown(request.record)))
        except Exception as bad:
            return failed(request, bad)


def is_async(call: object) -> bool:
    """Also for a partial, and for an object whose `__call__` is async."""
    while isinstance(call, partial):
        call = call.func
    own = inspect.getattr_static(call, "__call__", None)
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(own)


def _shown(record: Record) -> str | dict[str, str] | Record:
    if record.images:
        return record
    if len(record.texts) == 1:
        return record.text
    return {part.name: part.text for part in record.texts}


def read(request: Request, said: object, mapping: str = MAPPING) -> Annotation:
    """InputError, TypeError or ValueError for a confidence that is none."""
    if inspect.isawaitable(said):
        if inspect.iscoroutine(said):
            said.close()
        raise InputError("it gave something to await: define it with `async def`")
    label, sure = _parts(said)
    if label is None:
        return answer(request, Outcome.ABSTAINED)
    try:
        value = request.task.schema.check(label)
    except InputError as bad:
        raw = str(label)
        return answer(request, Outcome.UNPARSED, raw=raw, mapping=mapping, error=str(bad))
    return answer(
        request,
        Outcome.ANSWERED,
        value=value,
        confidence=sure,
        confidence_source=None if sure is None else Source.STATED,
        raw=str(label),
        mapping=mapping,
    )


def _parts(said: object) -> tuple[object, float | None]:
    """A label and its confidence, where there is one."""
    if not isinstance(said, tuple) or len(said) != 2:
        return said, None
    label, sure = said
    if sure is None:
        return label, None
    if isinstance(sure, str):  # two labels
        return said, None
    number = float(sure)
    if not 0 <= number <= 1:
        raise InputError(f"a confidence lies between 0 and 1, not {number:g}")
    return label, number


def fingerprint(call: object) -> str:
    """`call.version` where it says one; else a digest of its code, its defaults and the plain
    values it closes over, so that a changed function is another annotator. What it reads
    elsewhere (globals, files, the state of an object) is not part of it."""
    said = getattr(call, "version", None)
    if said is not None:
        return str(said)
    return digest(_content(call), 6)


def _content(call: object) -> object:
    if isinstance(call, partial):
        return [_content(call.func), _plain(call.args), _plain(call.keywords.items())]
    code = getattr(call, "__code__", None)
    if not isinstance(code, CodeType):
        code = getattr(inspect.getattr_static(call, "__call__", None), "__code__", None)
        kind = type(call).__qualname__
        return [kind, _code(code) if isinstance(code, CodeType) else ""]
    cells = [_held(cell) for cell in getattr(call, "__closure__", None) or ()]
    return [_code(code), _plain(getattr(call, "__defaults__", None) or ()), _plain(cells)]


def _code(code: CodeType) -> object:
    return [code.co_code.hex(), list(code.co_names), [_constant(c) for c in code.co_consts]]


def _constant(value: object) -> object:
    if isinstance(value, CodeType):
        return _code(value)
    # a set has another order in each process
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


def _held(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _plain(values: Iterable[object]) -> list[str]:
    return [repr(v) if _is_plain(v) else type(v).__qualname__ for v in values]


def _is_plain(value: object) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | bytes | bool | int | float)
