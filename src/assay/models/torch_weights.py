"""Tensors out of a PyTorch checkpoint of the old format, without PyTorch and without running it.

The file is four pickles (magic number, protocol, machine, the tensors with their storages named),
a pickled list of storage keys, then each storage: its length as int64 and its bytes. Only the few
names that a state dict needs can be unpickled; anything else is refused.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import ModelError

MAGIC = 0x1950A86A20F9469CFC6C
KINDS = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}

Array = NDArray[Any]


class Tensors(pickle.Unpickler):
    """Gives (storage key, offset, shape, strides) for a tensor; `storages` are filled meanwhile."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="utf-8")
        self.kinds: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in KINDS:
            return KINDS[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return placed
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a state dict")

    def persistent_load(self, named: Any) -> str:
        _, kind, key, *_ = named
        self.kinds[key] = kind
        return str(key)


def placed(
    storage: str, offset: int, shape: Sequence[int], strides: Sequence[int], *_: object
) -> Callable[[dict[str, Array]], Array]:
    def tensor(storages: dict[str, Array]) -> Array:
        values = storages[storage]
        last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if min([offset, *shape, *strides]) < 0 or last >= len(values):
            raise pickle.UnpicklingError(f"a tensor of shape {tuple(shape)} leaves its storage")
        steps = [step * values.itemsize for step in strides]
        return np.lib.stride_tricks.as_strided(values[offset:], tuple(shape), steps)

    return tensor


def read_weights(path: Path) -> dict[str, Array]:
    """Name to array; ModelError if the file is not such a checkpoint."""
    try:
        with path.open("rb") as file:
            if Tensors(file).load() != MAGIC:
                raise pickle.UnpicklingError("no PyTorch magic number")
            for _ in range(2):  # protocol, machine
                Tensors(file).load()
            reader = Tensors(file)
            named = reader.load()
            keys = Tensors(file).load()
            storages = {key: storage(file, reader.kinds[key]) for key in keys}
        return {name: tensor(storages) for name, tensor in named.items()}
    except (pickle.UnpicklingError, EOFError, KeyError, ValueError, AttributeError) as bad:
        raise ModelError(f"{path.name} is not a checkpoint this program reads: {bad}") from None


def storage(file: IO[bytes], kind: str) -> Array:
    length = int(np.frombuffer(file.read(8), "<i8")[0])
    content = file.read(length * np.dtype(kind).itemsize)
    return np.frombuffer(content, kind, count=length)
