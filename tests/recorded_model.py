"""Completions that were given before, for tests and for replay without a network."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay.core.cost import Usage
from assay.core.digest import digest
from assay.core.errors import InputError, ModelError
from assay.core.jsons import loads
from assay.models.base import Completion, Message, Model, Options, TokenScore


def call_key(messages: Sequence[Message], options: Options) -> str:
    """Names a call by all that is sent; pictures by their content hash."""
    parts = [
        [m.role, [p if isinstance(p, str) else ["image", p.sha256] for p in m.parts]]
        for m in messages
    ]
    return digest([parts, asdict(options) | {"firm": sorted(options.firm)}])


@dataclass(frozen=True, slots=True)
class RecordedModel:
    """Answers only calls that were recorded."""

    name: str
    received: Mapping[str, Completion]
    takes_images: bool = True

    @property
    def id(self) -> str:
        return self.name

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        key = call_key(messages, options)
        if key not in self.received:
            raise ModelError(f"{self.name} has no recording of this call ({key}); record it first")
        return self.received[key]

    async def aclose(self) -> None:
        return None


class Recorder:
    """Passes calls on to a model and adds what it says to a JSONL file."""

    def __init__(self, model: Model, path: Path) -> None:
        self._model = model
        self._path = path

    @property
    def id(self) -> str:
        return self._model.id

    @property
    def takes_images(self) -> bool:
        return self._model.takes_images

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        completion = await self._model.complete(messages, options)
        if completion.error is not None:  # a failure is no answer: the call is open still
            return completion
        line = json.dumps({"key": call_key(messages, options), "completion": asdict(completion)})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return completion

    async def aclose(self) -> None:
        await self._model.aclose()


def load(name: str, path: Path) -> RecordedModel:
    """InputError names the line that is no recording."""
    received: dict[str, Completion] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                entry = loads(line)
                received[entry["key"]] = _completion(entry["completion"])
            except (ValueError, KeyError, TypeError, AttributeError) as bad:
                raise InputError(
                    f"{path}:{number}: not a recorded completion ({type(bad).__name__}: {bad})"
                ) from None
    return RecordedModel(name, received)


def _completion(said: Mapping[str, Any]) -> Completion:
    usage = Usage(**said["usage"])
    tokens = tuple(TokenScore(**token) for token in said["tokens"])
    return Completion(**{**said, "usage": usage, "tokens": tokens})
