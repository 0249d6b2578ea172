"""Pixels come out upright, in 8-bit RGB, whatever they were stored as."""

import numpy as np
import pytest
from PIL import Image

from assay.core.errors import InputError
from assay.data.images.decode import MOST_BYTES, decode, examine, glance
from tests.data.images.hostile import saved

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
