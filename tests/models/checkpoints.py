"""Checkpoints in the old PyTorch format, written without PyTorch, for small networks."""

import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.models.torch_weights import MAGIC

Arrays = dict[str, NDArray[Any]]

START, STOP = b"\x80\x02", b"."


def text(word: str) -> bytes:
    return b"X" + struct.pack("<I", len(word.encode())) + word.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def name(module: str, attribute: str) -> bytes:
    return b"c" + f"{module}\n{attribute}\n".encode()


def several(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def tensor(key: str, array: NDArray[Any], offset: int = 0) -> bytes:
    """The opcodes with which PyTorch pickles a float tensor."""
    storage = several(
        text("storage"), name("torch", "FloatStorage"), text(key), text("cpu"),
        number(array.size), b"N",
    )  # fmt: skip
    strides = [step // array.itemsize for step in array.strides]
    called = several(
        storage + b"Q", number(offset), several(*map(number, array.shape)),
        several(*map(number, strides)), b"\x89", b"N",
    )  # fmt: skip
    return name("torch._utils", "_rebuild_tensor_v2") + called + b"R"


def write_checkpoint(path: Path, arrays: Arrays, offset: int = 0) -> Path:
    """`offset` moves every tensor inside its storage: above 0 it sticks out."""
    items = [text(n) + tensor(str(i), a, offset) for i, (n, a) in enumerate(arrays.items())]
    named = name("collections", "OrderedDict") + b")R(" + b"".join(items) + b"u"
    with path.open("wb") as file:
        for header in (MAGIC, 1001, {"little_endian": True}):
            pickle.dump(header, file, protocol=2)
        file.write(START + named + STOP)
        pickle.dump([str(i) for i in range(len(arrays))], file, protocol=2)
        for array in arrays.values():
            file.write(struct.pack("<q", array.size))
            file.write(np.ascontiguousarray(array, "<f4").tobytes())
    return path
