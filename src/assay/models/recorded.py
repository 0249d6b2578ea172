"""Completions that were given before, for tests and for replay without a network."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assay.core.cost import Usage
from assay.core.digest import digest
from assay.core.errors import ModelError
from assay.models.base import Completion, Message, Model, Options, TokenScore


def call_key(messages: Sequence[Message], options: Options) -> str:
    """Names a call by all that is sent; pictures by their content hash."""
    parts = [
        [m.role, [p if isinstance(p, str) else ["image", p.sha256] for p in m.parts]]
        for m in messages
    ]
    return digest([parts, asdict(options)])


@dataclass(frozen=True, slots=True)
class RecordedModel:
    """Answers what it has heard, and nothing else."""

    name: str
    heard: Mapping[str, Completion]
    takes_images: bool = True

    @property
    def id(self) -> str:
        return self.name

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        key = call_key(messages, options)
        if key not in self.heard:
            raise ModelError(f"{self.name} has no recording of this call ({key}); record it first")
        return self.heard[key]

    async def close(self) -> None:
        return None


class Recorder:
    """Passes calls on to a model and writes what it says to a JSONL file."""

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
        line = json.dumps({"key": call_key(messages, options), "completion": asdict(completion)})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return completion

    async def close(self) -> None:
        await self._model.close()


def load(name: str, path: Path) -> RecordedModel:
    heard: dict[str, Completion] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        said = entry["completion"]
        said["usage"] = Usage(**said["usage"])
        said["tokens"] = tuple(TokenScore(**t) for t in said["tokens"])
        heard[entry["key"]] = Completion(**said)
    return RecordedModel(name, heard)
