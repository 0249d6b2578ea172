"""The bytes of a picture as an endpoint wants them."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from assay.core.record import ImagePart

ReadImage: TypeAlias = Callable[[ImagePart], tuple[str, bytes]]
"""Media type and bytes of a picture, ready to be sent."""

SUFFIXES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


def read_file(part: ImagePart) -> tuple[str, bytes]:
    """As it lies on disk; `annotators` that must resize or clean pictures give another reader."""
    path = Path(part.uri)
    return SUFFIXES.get(path.suffix.lower(), "image/png"), path.read_bytes()


def data_url(part: ImagePart, read: ReadImage) -> str:
    kind, content = read(part)
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
