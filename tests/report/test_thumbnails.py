import base64
import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from assay.core.errors import InputError
from assay.core.record import ImagePart
from assay.report.thumbnails import SIDE, of_bytes, thumbnail

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(size: tuple[int, int] = (800, 600), kind: str = "PNG", **extra: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **extra)
    return out.getvalue()


def decoded(url: str) -> "Image.Image":
    start = "data:image/jpeg;base64,"
    assert url.startswith(start)
    return Image.open(io.BytesIO(base64.b64decode(url.removeprefix(start))))


def test_a_thumbnail_is_a_small_jpeg_of_the_same_shape() -> None:
    found = of_bytes(picture())
    assert found.url is not None
    small = decoded(found.url)
    assert (small.format, small.size) == ("JPEG", (SIDE, SIDE * 3 // 4))
    assert (found.width, found.height) == small.size == (160, 120)


def test_a_small_picture_is_not_blown_up() -> None:
    assert of_bytes(picture((20, 10))).width == 20


def test_exif_and_comments_do_not_reach_the_report() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    content = picture(kind="JPEG", exif=exif.tobytes(), comment=b"SECRET-COMMENT")
    assert b"SECRET" in content
    url = of_bytes(content).url
    assert url is not None
    assert b"SECRET" not in base64.b64decode(url.partition(",")[2])


@pytest.mark.parametrize("content", [SVG, b"", b"<script>alert(1)</script>", picture()[:60]])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        of_bytes(content)


def test_a_bad_picture_gives_a_line_in_place_of_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "evil.png"
    path.write_bytes(SVG)
    found = thumbnail(ImagePart(str(path), hashlib.sha256(SVG).hexdigest()))
    assert found.url is None
    assert "SVG" in found.why
    assert (found.width, found.height) == (0, 0)
    missing = thumbnail(ImagePart(str(tmp_path / "none.png"), "0" * 64))
    assert (missing.url, "none.png" in missing.why) == (None, True)


def test_a_picture_that_changed_since_it_was_read_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(picture())
    assert thumbnail(ImagePart(str(path), "0" * 64)).url is None
