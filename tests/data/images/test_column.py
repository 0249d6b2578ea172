"""Cells that name pictures: what is followed, and what is not."""

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.core.record import ImagePart
from assay.data.base import Columns, Findings, Row
from assay.data.images.column import PictureColumns, pictures
from assay.data.images.source import content_of
from assay.data.read import read_records, read_rows
from tests.data.images.hostile import jpeg, png


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "a.jpg").write_bytes(jpeg())
    (tmp_path / "data" / "deep" / "b.png").write_bytes(png())
    (tmp_path / "outside.jpg").write_bytes(jpeg(quality=50))
    return tmp_path / "data"


def asked(columns: PictureColumns, row: Row) -> tuple[tuple[ImagePart, ...] | None, list[str]]:
    findings = Findings()
    return columns.parts(row, "x.csv:2", findings), findings.lines()


def test_a_part_carries_address_and_hash_of_the_content(folder: Path) -> None:
    parts, described = asked(pictures(("image",), folder / "x.csv"), {"image": "deep/b.png"})
    sha = hashlib.sha256(png()).hexdigest()
    assert parts == (ImagePart(str(folder / "deep" / "b.png"), sha),)
    assert described == []


def test_several_columns_are_parts_by_name(folder: Path) -> None:
    columns = pictures(("before", "after"), folder / "x.csv")
    parts, _ = asked(columns, {"before": "a.jpg", "after": "deep/b.png"})
    assert parts is not None
    assert [p.name for p in parts] == ["before", "after"]


@pytest.mark.parametrize("cell", [None, "", "  ", float("nan"), {"bytes": None, "path": None}, []])
def test_an_empty_cell_is_a_record_without_picture(folder: Path, cell: object) -> None:
    assert asked(pictures(("image",), folder / "x.csv"), {"image": cell}) == ((), [])


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("../outside.jpg", "lies elsewhere; name a folder above all pictures in `data.images`"),
        ("/etc/passwd", "lies elsewhere"),
        ("deep/../../outside.jpg", "lies elsewhere"),
        ("gone.jpg", "is not there"),
        ("deep", "is not a file"),
        ("a\x00.jpg", "has no valid path"),
        ("zip:/x.zip!a", "is not there"),
        ("tar:x!0+9!a", "is not there"),
        ("https://example.org/a.jpg", "is a URL; set `data.urls: true`"),
        ("file:///etc/passwd", "is not there"),
        ("data:image/png;base64,@@", "is a broken data URL"),
        (7, "is a int, not a path"),
    ],
)
def test_a_cell_that_leads_nowhere_good_is_named_once(
    folder: Path, cell: object, said: str
) -> None:
    parts, described = asked(pictures(("image",), folder / "x.csv"), {"image": cell})
    assert parts is None
    assert len(described) == 1
    assert described[0].startswith("x.csv:2: picture ")
    assert said in described[0]
    assert "\n" not in described[0]


def test_a_folder_above_lets_paths_lead_up(folder: Path) -> None:
    columns = pictures(("image",), folder / "x.csv", folder.parent)
    for cell in ("../outside.jpg", "outside.jpg", str(folder.parent / "outside.jpg"), "a.jpg"):
        parts, described = asked(columns, {"image": cell})
        assert parts is not None, described
        assert described == []


def test_one_broken_picture_leaves_out_its_record_alone(folder: Path) -> None:
    (folder / "bad.jpg").write_bytes(jpeg()[:100])
    (folder / "x.csv").write_text("image,text\na.jpg,one\nbad.jpg,two\n,three\n")
    findings = Findings()
    columns = Columns(pictures=pictures(("image",), folder / "x.csv"))
    found = list(read_records(folder / "x.csv", columns, findings))
    assert [r.text for r in found] == ["one", "three"]
    left, named = findings.lines()
    assert "1 record is left out" in left
    assert "x.csv:3: picture bad.jpg" in named


def test_a_picture_that_changes_after_it_was_read_is_not_used(folder: Path) -> None:
    parts, _ = asked(pictures(("image",), folder / "x.csv"), {"image": "a.jpg"})
    assert parts is not None
    (folder / "a.jpg").write_bytes(png())
    with pytest.raises(InputError, match=r"a\.jpg has changed since its record was read"):
        content_of(parts[0])
    (folder / "a.jpg").unlink()
    with pytest.raises(InputError, match=r"a\.jpg is not there"):
        content_of(parts[0])


def test_data_urls_are_kept_by_content(folder: Path) -> None:
    url = "data:image/png;base64," + base64.b64encode(png()).decode()
    parts, _ = asked(pictures(("image",), folder / "x.csv"), {"image": url})
    assert parts is not None
    assert content_of(parts[0]) == png()


def test_an_archive_bomb_is_not_unpacked(folder: Path) -> None:
    with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", png() + bytes(80 * 2**20))
    columns = pictures(("image",), folder / "x.csv", folder / "x.zip")
    parts, described = asked(columns, {"image": "bomb.png"})
    assert parts is None
    assert "bytes, at most 67,108,864 are read" in described[0]


def test_troubles_are_counted_when_there_are_too_many_to_name(folder: Path) -> None:
    findings = Findings()
    columns = pictures(("image",), folder / "x.csv")
    for i in range(150):
        columns.parts({"image": f"{i}.jpg"}, f"x.csv:{i}", findings)
    assert len(findings.lines()) == 101
    assert findings.lines()[-1] == "… and 50 more pictures with trouble"


def test_a_link_out_of_the_folder_is_refused_like_two_dots(folder: Path) -> None:
    (folder.parent / "secret.jpg").write_bytes(png())
    (folder.parent / "elsewhere").mkdir()
    (folder.parent / "elsewhere" / "c.png").write_bytes(png())
    (folder / "link.jpg").symlink_to("../secret.jpg")
    (folder / "way").symlink_to("../elsewhere")
    (folder / "images").symlink_to("../elsewhere")
    (folder / "inside.png").symlink_to("deep/b.png")
    columns = pictures(("image",), folder / "x.csv")
    for name in ("link.jpg", "way/c.png", "images/c.png"):
        parts, described = asked(columns, {"image": name})
        assert parts is None
        assert "is a link that leads out of its folder" in described[-1]
    assert asked(columns, {"image": "c.png"})[0] is None
    parts, _ = asked(columns, {"image": "inside.png"})
    assert parts is not None
    named = pictures(("image",), folder / "x.csv", folder / "images")  # the user says so
    parts, _ = asked(named, {"image": "c.png"})
    assert parts is not None


def test_pictures_found_in_a_folder_are_not_links_out_of_it(folder: Path) -> None:
    (folder.parent / "secret.jpg").write_bytes(png())
    (folder / "link.jpg").symlink_to("../secret.jpg")
    columns = pictures(("image",), folder)
    found = {str(row["file"]): asked(columns, row)[0] for _, row in read_rows(folder)}
    assert found.pop("link.jpg") is None
    assert found
    assert None not in found.values()


def test_the_links_of_a_hubs_cache_stay_within_it(tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "hub" / "blobs", tmp_path / "hub" / "snapshots" / "1a"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    (blobs / "sha").write_bytes(png())
    (snapshot / "a.png").symlink_to("../../blobs/sha")
    (tmp_path / "outside.png").write_bytes(png())
    (snapshot / "b.png").symlink_to("../../../outside.png")
    columns = pictures(("image",), snapshot)
    assert asked(columns, {"image": "a.png"})[0] is not None
    assert asked(columns, {"image": "b.png"})[0] is None


@pytest.mark.parametrize("name", ["metadata.csv", "list_attr_celeba.txt", "x.parquet", "film.json"])
def test_tables_of_a_folder_are_not_links_out_of_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("file_name,text\nx,y\n")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "film.jpg").write_bytes(png())
    (folder / name).symlink_to("../secret")
    with pytest.raises(InputError, match="leads out of its folder"):
        list(read_rows(folder))
