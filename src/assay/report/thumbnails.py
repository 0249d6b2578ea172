"""Small pictures inside a report: decoded and encoded anew, so that only pixels get in.

An SVG, a script, EXIF or anything else in the file cannot reach the page: what is not a picture of
a known kind is named by a line instead.
"""

import base64
import io
from dataclasses import dataclass

from assay.core.errors import InputError
from assay.core.record import ImagePart
from assay.data.images.decode import decode
from assay.data.images.source import content_of

SIDE = 160  # pixels
QUALITY = 75


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """`url` is a data URL of a JPEG; where it is None, `why` says what is wrong."""

    url: str | None
    width: int = 0
    height: int = 0
    why: str = ""


def thumbnail(part: ImagePart, side: int = SIDE) -> Thumbnail:
    """Never raises for what the picture is: a report must not break on one bad file."""
    try:
        return of_bytes(content_of(part), side)
    except InputError as bad:
        return Thumbnail(None, why=str(bad))


def of_bytes(content: bytes, side: int = SIDE) -> Thumbnail:
    """InputError where the bytes are no picture."""
    small = decode(content, side)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, optimize=True)
    text = base64.b64encode(out.getvalue()).decode("ascii")
    return Thumbnail(f"data:image/jpeg;base64,{text}", small.width, small.height)
