"""Pixels come out upright, in 8-bit RGB, whatever they were stored as."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from assay.core.errors import InputError
from assay.data.images.decode import (
    MOST_BYTES,
    Glance,
    decode,
    examine,
    glance,
    pillow,
    upright,
)
from tests.data.images.hostile import raw_png, saved

RED = (254, 0, 0)


def corner(picture: Image.Image) -> tuple[int, ...]:
    found = picture.getpixel((1, 1))
    assert isinstance(found, tuple)
    return found


def close(found: tuple[int, ...], wanted: tuple[int, ...], by: int = 6) -> bool:
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_exif_orientation_ends_upright(turn: int) -> None:
    """The upright picture is 32 by 16 with red in its upper left quarter."""
    upright = Image.new("RGB", (32, 16), "blue")
    upright.paste(RED, (0, 0, 16, 8))
    moves = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what undoes each orientation
    stored = upright.transpose(Image.Transpose(moves[turn])) if turn > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = turn
    found = decode(saved(stored, "JPEG", exif=exif.tobytes(), quality=95, subsampling=0))
    assert found.size == (32, 16)
    assert close(corner(found), RED)


@pytest.mark.parametrize("mode", ["RGB", "CMYK", "YCbCr"])
def test_colours_survive_their_colour_space(mode: str) -> None:
    stored = Image.new("RGB", (8, 8), RED)
    found = decode(saved(stored.convert(mode), "TIFF" if mode == "CMYK" else "JPEG", quality=95))
    assert close(corner(found), RED)


def test_what_is_clear_becomes_white() -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert corner(decode(saved(clear, "PNG"))) == (255, 255, 255)
    palette = Image.new("P", (8, 8), 0)
    assert corner(decode(saved(palette, "PNG", transparency=0))) == (255, 255, 255)


def test_sixteen_bits_of_a_png_are_its_full_range_and_those_of_a_tiff_are_stretched() -> None:
    dark = Image.fromarray(np.array([[0, 1_000], [2_000, 3_855]], dtype=np.uint16))
    assert np.asarray(decode(saved(dark, "PNG")))[1, 1].tolist() == [15, 15, 15]
    assert np.asarray(decode(saved(dark, "TIFF")))[1, 1].tolist() == [255, 255, 255]


def test_values_that_are_no_numbers_do_no_harm() -> None:
    odd = np.array([[np.nan, np.inf], [-1.0, 1.0]], dtype=np.float32)
    found = np.asarray(decode(saved(Image.fromarray(odd), "TIFF")))
    assert found[..., 0].tolist() == [[128, 128], [0, 255]]


def test_shades_of_a_deep_picture_are_rounded_to_the_nearest() -> None:
    shades = np.array([[0, 128, 129, 385], [386, 65_278, 65_406, 65_535]], dtype=np.uint16)
    found = np.asarray(decode(saved(Image.fromarray(shades), "PNG")))[..., 0]
    assert found.tolist() == [[0, 0, 1, 1], [2, 254, 254, 255]]


def test_memory_of_pictures_is_kept_for_the_next_at_most_32_mib(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Image, "OPEN", {})
    core: Any = vars(Image)["core"]
    core.set_block_size(2**20)
    core.set_blocks_max(0)
    pillow()
    assert (core.get_block_size(), core.get_blocks_max()) == (4 * 2**20, 8)


def test_only_the_first_frame_is_used() -> None:
    frames = [Image.new("RGB", (8, 8), c) for c in ("red", "blue")]
    moving = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert glance(moving).frames
    assert close(corner(decode(moving)), (255, 0, 0))


@pytest.mark.parametrize(("size", "wanted"), [((400, 200), (100, 50)), ((50, 60), (50, 60))])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_the_longest_side_is_reduced_and_never_enlarged(
    size: tuple[int, int], wanted: tuple[int, int], format: str
) -> None:
    assert decode(saved(Image.new("RGB", size), format), 100).size == wanted


def test_a_file_that_is_too_large_is_not_decoded() -> None:
    with pytest.raises(InputError, match="has 67,108,865 bytes"):
        examine(b"\xff\xd8\xff" + bytes(MOST_BYTES - 2), "a.jpg")


def picture(size: tuple[int, int] = (40, 20), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, 77)


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_size_is_that_of_the_upright_picture(turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    content = saved(picture(), "JPEG", exif=exif.tobytes())
    assert upright(content) == ((20, 40) if turn >= 5 else (40, 20))
    assert upright(content) == decode(content).size


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_format_and_size_are_known_without_decoding(format: str) -> None:
    content = saved(picture(), format)
    assert glance(content) == Glance(format, 40, 20)
    assert examine(content, f"deep.er/name.{format}") is None
    assert examine(content, "a name without ending") is None
    assert examine(content, "name.txt") is None
    other = "gif" if format == "PNG" else "png"
    assert examine(content, f"a.{other}") == f"is a {format} in spite of its ending"


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.jpe", "a.jfif"])
def test_one_format_has_several_endings(name: str) -> None:
    assert examine(saved(picture(), "JPEG"), name) is None


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_picture_without_its_end_is_refused(format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = saved(Image.fromarray(noise), format)
    with pytest.raises(InputError):
        examine(content[: len(content) * 2 // 3], f"a.{format}")


def test_bytes_after_the_end_do_no_harm() -> None:
    for format in ("JPEG", "PNG"):
        assert examine(saved(picture(), format) + b"more", "a") is None


@pytest.mark.parametrize(
    ("width", "height", "refused"),
    [
        (32_768, 1, False),
        (32_769, 1, True),
        (1, 32_769, True),
        (8_000, 8_000, False),
        (8_001, 8_000, True),
    ],
)
def test_pictures_of_too_many_pixels_are_refused(width: int, height: int, refused: bool) -> None:
    content = raw_png(width, height)
    if refused:
        said = f"claims {width:,} x {height:,} pixels; at most 64 megapixels and 32,768 a side"
        with pytest.raises(InputError, match=said):
            glance(content)
    else:
        assert glance(content) == Glance("PNG", width, height)


def test_a_checksum_that_is_wrong_is_told_where_the_part_is_needed() -> None:
    content = bytearray(saved(picture(), "PNG"))
    place = content.index(b"IDAT") + 6
    content[place] ^= 1
    with pytest.raises(InputError, match=r"is damaged \(a checksum is wrong\)"):
        examine(bytes(content), "a.png")


def test_a_deep_picture_of_many_rows_is_the_same_in_all_of_them() -> None:
    deep = np.full((600, 2), 65_535, dtype=np.uint16)
    deep[:300] = 0
    found = np.asarray(decode(saved(Image.fromarray(deep), "PNG")))[..., 0]
    assert found[:300].max() == 0
    assert found[300:].min() == 255
    flat = np.full((3, 3), 7.0, dtype=np.float32)
    assert np.asarray(decode(saved(Image.fromarray(flat), "TIFF"))).max() == 0


def test_a_turned_picture_is_reduced_by_its_longest_side() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = saved(picture((400, 200)), "JPEG", exif=exif.tobytes())
    assert decode(content, 100).size == (50, 100)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_half_clear_is_half_white(mode: str) -> None:
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 128)).convert(mode)
    format = "TIFF" if mode == "PA" else "PNG"
    found = corner(decode(saved(half, format)))
    assert all(abs(c - 127) <= 1 for c in found)


def test_nothing_but_pixels_comes_out() -> None:
    found = decode(saved(picture(), "PNG", dpi=(72, 72)))
    assert found.info == {}
    assert (found.mode, found.getpixel((0, 0))) == ("RGB", (77, 0, 0))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"RIFF1234WEBP", "not a readable WEBP"),
        (b"RIFF1234WAVE", "is not a picture (JPEG, PNG, WebP, GIF, BMP and TIFF are read)"),
        (b"\xef\xbb\xbf \r\n<SVG ", "is an SVG, refused since it can carry scripts"),
        (b"0000ftypavif", "is HEIC, AVIF or video"),
        (b"\x1f\x8b0", "is gzip data, not a picture"),
        (b"MZ", "is a program, not a picture"),
        (b"PK\x03\x04", "is a ZIP archive, not a picture"),
    ],
)
def test_what_is_no_picture_is_told_for_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(InputError) as caught:
        glance(content)
    assert said in str(caught.value)
