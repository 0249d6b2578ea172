"""Broken and malicious pictures: none stops a run, each is named, none is handed on as it was."""

from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.data.base import Columns, Findings
from assay.data.images.column import pictures
from assay.data.images.decode import decode, examine
from assay.data.read import read_records
from tests.data.images.hostile import SECRET, Hostile, hostile, jpeg, saved

PICTURES = hostile()
REFUSED = [p for p in PICTURES if p.fate == "refused"]
LATE = [p for p in PICTURES if p.fate == "late"]
USED = [p for p in PICTURES if p.fate in ("odd", "plain")]


def name(picture: Hostile) -> str:
    return picture.name


def test_there_are_forty_of_them_and_more() -> None:
    assert len({p.name for p in PICTURES}) == len(PICTURES) >= 40


@pytest.mark.parametrize("picture", REFUSED, ids=name)
def test_what_is_no_picture_is_refused_in_one_line(picture: Hostile) -> None:
    with pytest.raises(InputError) as caught:
        examine(picture.content, picture.name)
    assert picture.said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize("picture", LATE, ids=name)
def test_damage_inside_shows_when_the_pixels_are_needed(picture: Hostile) -> None:
    examine(picture.content, picture.name)
    with pytest.raises(InputError, match=picture.said):
        decode(picture.content, 32)


@pytest.mark.parametrize("picture", USED, ids=name)
def test_what_can_be_used_becomes_plain_pixels(picture: Hostile) -> None:
    odd = examine(picture.content, picture.name)
    assert (odd is not None) == (picture.fate == "odd")
    assert picture.said in (odd or "")
    plain = decode(picture.content, 32)
    assert plain.mode == "RGB"
    assert 1 <= max(plain.size) <= 32
    assert min(plain.size) >= 1
    assert not plain.info
    assert not plain.getexif()
    for sent in (saved(plain, "JPEG"), saved(plain, "PNG")):
        assert SECRET not in sent
        assert b"Exif" not in sent


def test_a_run_reads_past_all_of_them_and_names_each(tmp_path: Path) -> None:
    for picture in PICTURES:
        (tmp_path / picture.name).write_bytes(picture.content)
    (tmp_path / "good.jpg").write_bytes(jpeg(quality=60))
    findings = Findings()
    columns = Columns((), id="file", pictures=pictures(("image",), tmp_path))
    found = {r.id for r in read_records(tmp_path, columns, findings)}
    assert found == {p.name for p in PICTURES if p.fate != "refused"} | {"good.jpg"}
    assert findings.left_out == len(REFUSED)
    described = findings.lines()
    for picture in PICTURES:
        lines = [line for line in described if f"/{picture.name} " in line]
        assert len(lines) == (picture.fate in ("refused", "odd")), picture.name
