"""Broken and malicious pictures, each with what must become of it."""

import io
import random
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

Fate = Literal["refused", "odd", "plain", "late"]
"""Left out and named, used and named, used, or found broken only when it is to be sent."""

SECRET = b"secret-4711"


@dataclass(frozen=True)
class Hostile:
    name: str
    content: bytes
    fate: Fate
    said: str = ""  # words of the line that names it


def photo(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    noise = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise).convert(mode)


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def jpeg(**options: Any) -> bytes:
    return saved(photo(), "JPEG", **options)


def png(**options: Any) -> bytes:
    return saved(photo(), "PNG", **options)


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def raw_png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


MIB = 2**20


def zeros(mib: int) -> bytes:
    """So many MiB of zeros, compressed: the same block over and over, so that none are packed."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, wbits=-15).flush()
    adler = (mib * MIB % 65_521) << 16 | 1  # of that many zeros
    return b"\x78\xda" + block * mib + last + struct.pack(">I", adler)


def with_gps() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # description
    exif[0x0112] = 6  # the camera was turned
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    return saved(photo(), "JPEG", exif=exif.tobytes())


def frames(format: str) -> bytes:
    first, *more = (photo(40 + i, 40).resize((40, 40)) for i in range(3))
    return saved(first, format, save_all=True, append_images=more, duration=50)


def sixteen_bits(format: str) -> bytes:
    deep = np.linspace(0, 65_535, 48 * 64).reshape(48, 64).astype(np.uint16)
    return saved(Image.fromarray(deep), format)


def flipped(content: bytes, places: int, start: int) -> bytes:
    rng, broken = random.Random(1), bytearray(content)
    for _ in range(places):
        broken[rng.randrange(start, len(broken) - 20)] ^= 0xFF
    return bytes(broken)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.jpg", jpeg())
    return file.getvalue()


def tiff_loop() -> bytes:
    """A directory whose next directory is itself."""
    whole = bytearray(saved(photo(), "TIFF"))
    (first,) = struct.unpack_from("<I", whole, 4)
    (count,) = struct.unpack_from("<H", whole, first)
    struct.pack_into("<I", whole, first + 2 + 12 * count, first)
    return bytes(whole)


def huge_gif() -> bytes:
    size = struct.pack("<HH", 65_535, 65_535)
    picture = b"," + bytes(4) + size + b"\x00\x08\x01\x00\x00;"
    return b"GIF89a" + size + b"\x80\x00\x00" + bytes(6) + picture


def huge_bmp() -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head


def huge_jpeg() -> bytes:
    whole = bytearray(jpeg())
    place = whole.find(b"\xff\xc0")
    struct.pack_into(">HH", whole, place + 5, 50_000, 50_000)
    return bytes(whole)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>fetch("//x")</script></svg>'


def hostile() -> list[Hostile]:
    return [*_broken(), *_bombs(), *_disguised(), *_odd(), *_private()]


def _broken() -> list[Hostile]:
    whole, drawn = jpeg(), png()
    progressive = jpeg(progressive=True)
    webp, gif = saved(photo(), "WEBP"), saved(photo(), "GIF")
    bmp, tiff = saved(photo(), "BMP"), saved(photo(), "TIFF")
    return [
        Hostile("empty.jpg", b"", "refused", "is empty"),
        Hostile("one-byte.png", b"\x89", "refused", "is not a picture"),
        Hostile("head-only.jpg", whole[:3], "refused", "not a readable JPEG"),
        Hostile("head-only.png", drawn[:20], "refused", "not a readable PNG"),
        Hostile("half.jpg", whole[: len(whole) // 2], "refused", "truncated"),
        Hostile("half-progressive.jpg", progressive[: len(progressive) // 2], "refused", "truncat"),
        Hostile("half.png", drawn[: len(drawn) // 2], "refused", "truncated"),
        Hostile("half.webp", webp[: len(webp) // 2], "refused", "not a readable WEBP"),
        Hostile("half.gif", gif[: len(gif) // 2], "refused", "truncated"),
        Hostile("half.bmp", bmp[: len(bmp) // 2], "refused", "truncated"),
        Hostile("half.tif", tiff[: len(tiff) // 2], "refused", ""),
        Hostile("bits.png", flipped(drawn, 40, 60), "refused", "is damaged"),
        Hostile("no-data.png", raw_png(8, 8), "late", "cannot be decoded"),
        Hostile("no-pixels.png", raw_png(0, 8), "refused", ""),
        Hostile("loop.tif", tiff_loop(), "plain"),
    ]


def _bombs() -> list[Hostile]:
    pixels = chunk(b"IDAT", zeros(859))
    text = chunk(b"zTXt", b"a\x00\x00" + zeros(200))
    profile = chunk(b"iCCP", b"a\x00\x00" + zeros(200))
    return [
        Hostile("huge.png", raw_png(50_000, 50_000), "refused", "claims 50,000 x 50,000 pixels"),
        Hostile("huge.jpg", huge_jpeg(), "refused", "claims 50,000 x 50,000 pixels"),
        Hostile("huge.gif", huge_gif(), "refused", "claims 65,535 x 65,535 pixels"),
        Hostile("huge.bmp", huge_bmp(), "refused", "claims 50,000 x 50,000 pixels"),
        Hostile("long.png", raw_png(40_000, 1), "refused", "claims 40,000 x 1 pixels"),
        Hostile("bomb.png", raw_png(30_000, 30_000, pixels), "refused", "claims 30,000"),
        Hostile("text-bomb.png", raw_png(8, 8, text), "refused", "not a readable PNG"),
        Hostile("profile-bomb.png", raw_png(8, 8, profile), "refused", ""),
    ]


def _disguised() -> list[Hostile]:
    return [
        Hostile("drawing.svg.png", SVG, "refused", "is an SVG, refused"),
        Hostile("commented.png", b"<?xml version='1.0'?>\n" + SVG, "refused", "is an SVG"),
        Hostile("page.jpg", b"<!doctype html><script>x()</script>", "refused", "is markup"),
        Hostile("paper.png", b"%PDF-1.7\n", "refused", "is a PDF"),
        Hostile("print.gif", b"%!PS-Adobe-3.0 EPSF\n(x) run", "refused", "is PostScript"),
        Hostile("program.jpg", b"\x7fELF\x02\x01" + bytes(64), "refused", "is a program"),
        Hostile("archive.jpg", zipped(), "refused", "is a ZIP archive"),
        Hostile("words.jpg", b"no picture at all", "refused", "is not a picture"),
        Hostile("film.png", b"\x00\x00\x00\x18ftypheic" + bytes(64), "refused", "is HEIC, AVIF"),
        Hostile("really-png.jpg", png(), "odd", "is a PNG in spite of its ending"),
        Hostile("really-jpeg.png", jpeg(), "odd", "is a JPEG in spite of its ending"),
        Hostile("both.jpg", jpeg() + zipped() + SECRET, "plain"),
        Hostile("comment.jpg", jpeg(comment=SVG + SECRET), "plain"),
    ]


def _odd() -> list[Hostile]:
    return [
        Hostile("print.jpg", saved(photo(mode="CMYK"), "JPEG"), "plain"),
        Hostile("print.tif", saved(photo(mode="CMYK"), "TIFF"), "plain"),
        Hostile("deep.png", sixteen_bits("PNG"), "plain"),
        Hostile("deep.tif", sixteen_bits("TIFF"), "plain"),
        Hostile("measure.tif", saved(photo(mode="F"), "TIFF"), "plain"),
        Hostile("bilevel.png", saved(photo(mode="1"), "PNG"), "plain"),
        Hostile("palette.gif", saved(photo(mode="P"), "GIF"), "plain"),
        Hostile("clear.png", saved(photo(mode="RGBA"), "PNG"), "plain"),
        Hostile("moving.gif", frames("GIF"), "odd", "several frames"),
        Hostile("moving.webp", frames("WEBP"), "odd", "several frames"),
        Hostile("moving.png", frames("PNG"), "odd", "several frames"),
        Hostile("dot.png", saved(photo(1, 1), "PNG"), "plain"),
        Hostile("thin.png", saved(photo(1, 5_000), "PNG"), "plain"),
    ]


def _private() -> list[Hostile]:
    text = chunk(b"tEXt", b"Comment\x00" + SECRET)
    gray = chunk(b"IDAT", zlib.compress(bytes(9 * 8)))
    broken = saved(photo(), "JPEG", exif=b"Exif\x00\x00" + b"MM\x00*" + b"\xff" * 40)
    return [
        Hostile("gps.jpg", with_gps(), "plain"),
        Hostile("broken-exif.jpg", broken, "plain"),
        Hostile("text.png", raw_png(8, 8, text, gray), "plain"),
        Hostile("xmp.webp", saved(photo(), "WEBP", xmp=SECRET), "plain"),
        Hostile("profile.jpg", jpeg(icc_profile=SECRET * 20), "plain"),
    ]
