"""Small pictures inside a report: decoded and re-encoded, so that only pixels get in.

An SVG, a script, EXIF or anything else in the file cannot reach the page: anything that is not a
picture of a known kind is replaced by a line of text.
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
    """`url` is a data URL of a JPEG; if None, `why` says what is wrong."""

    url: str | None
    width: int = 0
    height: int = 0
    why: str = ""


def thumbnail(part: ImagePart, side: int = SIDE) -> Thumbnail:
    """Never raises, whatever the picture: a report must not fail on one bad file."""
    try:
        return of_bytes(content_of(part), side)
    except InputError as bad:
        return Thumbnail(None, why=str(bad))


def of_bytes(content: bytes, side: int = SIDE) -> Thumbnail:
    """InputError if the bytes are not a picture."""
    small = decode(content, side)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, optimize=True)
    text = base64.b64encode(out.getvalue()).decode("ascii")
    return Thumbnail(f"data:image/jpeg;base64,{text}", small.width, small.height)
