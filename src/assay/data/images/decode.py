"""Bytes of unknown origin become pixels, or one line that says why not.

Only formats known by their first bytes are opened, sizes are checked before a pixel is decoded,
and what comes out is 8-bit RGB, upright, without anything but pixels: no EXIF, no profile, no
comment, no second frame.
"""

import io
import logging
import warnings
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.errors import InputError, SpecError

MOST_BYTES = 64 * 2**20
MOST_PIXELS = 64_000_000  # 64 megapixels: any camera, no bomb
LONGEST_SIDE = 32_768
BLOCK = 4 * 2**20  # bytes of pixels that are kept in one piece
STRIP = 256  # rows of a deep picture turned into 8 bits at once

MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
ENDINGS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
}
SUFFIXES = frozenset(ending for endings in ENDINGS.values() for ending in endings)
ORIENTATION = 0x0112  # EXIF tag
SIDEWAYS = (5, 6, 7, 8)
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # to PIL's Transpose


@dataclass(frozen=True, slots=True)
class Glance:
    """What a picture's header says."""

    format: str
    width: int
    height: int
    frames: bool = False  # more than one


def glance(content: bytes) -> Glance:
    """Format and size without decoding; InputError says in a few words what is wrong."""
    found = _open(content)
    width, height = found.size
    frames = False
    if found.format != "TIFF":  # pages of a TIFF are counted by a walk that can be endless
        try:
            frames = bool(getattr(found, "is_animated", False))
        except Exception:  # a broken second frame; only the first is used
            frames = True
    return Glance(found.format or "", width, height, frames)


def upright(content: bytes) -> tuple[int, int]:
    """Width and height after the turn that EXIF asks for, which is how models are shown it."""
    found = _open(content)
    width, height = found.size
    return (height, width) if _orientation(found) in SIDEWAYS else (width, height)


def examine(content: bytes, name: str) -> str | None:
    """What is odd about a picture that can be used; InputError says why one cannot."""
    seen = glance(content)
    if _looks_cut(seen.format, content):
        decode(content)
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    if ending in SUFFIXES and ending not in ENDINGS[seen.format]:
        return f"is a {seen.format} in spite of its ending"
    if seen.frames:
        return "has several frames, of which the first is used"
    return None


def _looks_cut(format: str, content: bytes) -> bool:
    """Cheap signs of an incomplete file; only then is it worth decoding to be sure."""
    if format == "JPEG":  # neither mark can occur inside the compressed data
        end = b"\xff\xd9"
        return not content.endswith(end) and content.rfind(end) < content.rfind(b"\xff\xda")
    if format == "PNG":
        return not _png_ends(content)
    if format == "GIF":
        return not content.endswith(b";")
    if format == "WEBP":
        return len(content) < int.from_bytes(content[4:8], "little") + 8
    return len(content) < 2**20  # BMP and TIFF have no end mark; large ones show when they are sent


def _png_ends(content: bytes) -> bool:
    """Whether the last part is there; InputError if a needed part fails its checksum."""
    place = 8
    while place + 12 <= len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        kind, end = content[place + 4 : place + 8], place + 8 + size
        found = int.from_bytes(content[end : end + 4], "big")
        if kind[:1].isupper() and end + 4 <= len(content):
            if zlib.crc32(content[place + 4 : end]) != found:
                raise InputError("is damaged (a checksum is wrong)")
            if kind == b"IEND":
                return True
        place = end + 4
    return False


def decode(content: bytes, side: int | None = None) -> Any:
    """A PIL picture in RGB, upright, at most `side` pixels long; InputError if it has none."""
    found = _open(content)
    png = found.format == "PNG"
    turn = _orientation(found)
    try:
        if side is not None and found.format == "JPEG":
            found.draft("RGB", (2 * side, 2 * side))  # decodes at a fraction where far too large
        found.load()
        plain = _rgb(found, png)
        if side is not None:
            plain.thumbnail((side, side), reducing_gap=2.0)
        if turn in TURNS:
            plain = plain.transpose(TURNS[turn])
    except Exception as bad:  # a foreign decoder on hostile bytes may raise anything
        raise InputError(f"cannot be decoded ({_short(bad)})") from None
    return plain


def _open(content: bytes) -> Any:
    image = pillow()
    kind = _kind(content)
    factory = image.OPEN[kind][0]
    try:
        # not Image.open: it would try every plugin, and warn where the size is checked below
        found = factory(io.BytesIO(content), "")
    except Exception as bad:
        raise InputError(f"not a readable {kind} ({_short(bad)})") from None
    width, height = found.size
    if width < 1 or height < 1:
        raise InputError("has no pixels")
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise InputError(
            f"claims {width:,} x {height:,} pixels; at most {MOST_PIXELS // 10**6} megapixels and "
            f"{LONGEST_SIDE:,} a side are read"
        )
    return found


def _kind(content: bytes) -> str:
    if not content:
        raise InputError("is empty")
    if len(content) > MOST_BYTES:
        raise InputError(f"has {len(content):,} bytes, at most {MOST_BYTES:,} are read")
    for start, kind in MAGIC:
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    raise InputError(_other(content))


def _other(content: bytes) -> str:
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\x00").lower()
    if content[4:8] == b"ftyp":
        return "is HEIC, AVIF or video, which are not read; convert it to JPEG"
    if b"<svg" in head:
        return "is an SVG, refused since it can carry scripts; convert it to PNG"
    for start, name in ((b"%pdf", "a PDF"), (b"<", "markup"), (b"pk\x03\x04", "a ZIP archive"),
                        (b"%!ps", "PostScript"), (b"\x1f\x8b", "gzip data"), (b"mz", "a program"),
                        (b"\x7felf", "a program")):  # fmt: skip
        if head.startswith(start):
            return f"is {name}, not a picture"
    return "is not a picture (JPEG, PNG, WebP, GIF, BMP and TIFF are read)"


def _orientation(found: Any) -> int:
    try:
        return int(found.getexif().get(ORIENTATION, 1))
    except Exception:  # broken EXIF is no reason to lose the picture
        return 1


def _rgb(found: Any, png: bool) -> Any:
    image = pillow()
    if found.mode in ("I", "F") or found.mode.startswith("I;16"):
        found = _eight_bits(found, png)
    if found.mode in ("RGBA", "LA", "PA", "RGBa") or "transparency" in found.info:
        opaque = found.convert("RGBA")
        ground = image.new("RGBA", opaque.size, (255, 255, 255, 255))
        return image.alpha_composite(ground, opaque).convert("RGB")
    plain = found.convert("RGB")
    if plain is found:
        plain = found.copy()
    plain.info = {}
    return plain


def _eight_bits(found: Any, png: bool) -> Any:
    """PNG uses the full range of 16 bits; what TIFF means is unknown, so its range is stretched."""
    values = np.asarray(found)
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    low, high = (0.0, 65_535.0) if png else (float(values.min()), float(values.max()))
    plain = np.empty(values.shape, np.uint8)
    for start in range(0, len(values), STRIP):
        strip = values[start : start + STRIP].astype(np.float64)
        scaled = (strip - low) * (255.0 / max(high - low, 1e-9))
        plain[start : start + STRIP] = scaled + 0.5
    return pillow().fromarray(plain)


def _short(bad: Exception) -> str:
    words = " ".join(str(bad).split())[:80]
    return words or type(bad).__name__


def pillow() -> Any:
    try:
        from PIL import Image  # noqa: PLC0415
    except ImportError as missing:
        raise SpecError(
            "pictures need the extra `images`: pip install 'assay[images]'"
        ) from missing
    if "JPEG" not in Image.OPEN or "WEBP" not in Image.OPEN:
        Image.init()
        # memory of finished pictures is used again, at most 32 MiB of it: giving it back and
        # asking for it again costs worker threads a fifth of their time
        memory: Any = Image.core  # type: ignore[attr-defined]
        memory.set_block_size(BLOCK)
        memory.set_blocks_max(8)
        # what it has to say of a broken file comes as an exception, or does not matter
        logging.getLogger("PIL").addHandler(logging.NullHandler())
    warnings.filterwarnings("ignore", module=r"PIL\.")
    return Image
