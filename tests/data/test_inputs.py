"""An input is never replaced: whichever of reading and claiming comes first, by whatever name."""

import os
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.data.inputs import Files, claim, current, files, keeping, of_ledger, reading, takes_place


@pytest.fixture(autouse=True)
def _block() -> object:
    with files(Files()) as block:
        yield block


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    return path


def test_what_is_read_cannot_be_claimed_and_the_other_way_round(tmp_path: Path) -> None:
    one, two = made(tmp_path / "a.csv"), made(tmp_path / "b.csv")
    reading(one)
    claim(two)
    assert (current().inputs, current().outputs) == ({one}, {two})
    with pytest.raises(InputError, match=r"cannot write .*a\.csv: this command reads it, and no"):
        claim(one)
    with pytest.raises(InputError, match=r"cannot write .*b\.csv: this command reads it"):
        reading(str(two))
    assert current().outputs == {two}


def test_a_link_is_the_file_that_it_leads_to(tmp_path: Path) -> None:
    one = made(tmp_path / "a.csv")
    (tmp_path / "link.csv").symlink_to(one)
    os.link(one, tmp_path / "hard.csv")
    reading(tmp_path / "link.csv")
    with pytest.raises(InputError, match="this command reads it"):
        claim(one)
    with pytest.raises(InputError, match=r"cannot write .*hard\.csv: this command reads .*a\.csv"):
        claim(tmp_path / "hard.csv")


def test_a_block_has_files_of_its_own(tmp_path: Path) -> None:
    one = made(tmp_path / "a.csv")
    reading(one)
    with files(Files(force=True)):
        assert current().force
        claim(one)
    assert not current().force
    with pytest.raises(InputError, match="this command reads it"):
        claim(one)


@pytest.mark.parametrize(
    ("output", "known", "takes"),
    [
        ("folder", "folder/deep/a.csv", True),
        ("folder/deep", "folder/deep/a.csv", True),
        ("folder/other", "folder/deep/a.csv", False),
        ("folder/deep/b.csv", "folder/deep/a.csv", False),
        ("folder/deep/a.csv", "folder/deep", True),
        ("folder/deep/a.csv", "folder", True),
        ("folder/deep/new.csv", "folder/deep", False),
        ("folder/page.html", "folder", False),
        ("folder/page.HTM", "folder", False),
        ("folder/deep/a.csv", "folder/other", False),
    ],
)
def test_a_folder_and_what_is_in_it_are_one(
    output: str, known: str, takes: bool, tmp_path: Path
) -> None:
    for name in ("folder/deep/a.csv", "folder/deep/b.csv", "folder/other/c.csv", "folder/page.html",
                 "folder/page.HTM"):  # fmt: skip
        made(tmp_path / name)
    assert takes_place(tmp_path / output, tmp_path / known) == takes


@pytest.mark.parametrize(
    ("output", "takes"),
    [
        ("l.sqlite", True),
        ("L.SQLITE", True),
        ("l.sqlite-wal", True),
        ("l.sqlite-shm", True),
        ("l.sqlite-journal", True),
        ("l.sqlite.columns", True),
        ("l.sqlite.columns/part.parquet", True),
        ("l.sqlite.columns/deep/part.parquet", False),
        ("deep/l.sqlite", False),
        ("l.sqlite.csv", False),
        (".", True),
    ],
)
def test_a_ledger_has_files_beside_it(output: str, takes: bool, tmp_path: Path) -> None:
    made(tmp_path / "l.sqlite")
    assert of_ledger(tmp_path / output, tmp_path / "l.sqlite") == takes


@pytest.mark.parametrize(
    "place", ["FOLDER/l.sqlite", "sqlite:///FOLDER/l.sqlite", "sqlite:///FOLDER/l.sqlite?mode=ro"]
)
def test_a_ledger_is_known_by_path_or_url(place: str, tmp_path: Path) -> None:
    keeping(place.replace("FOLDER", str(tmp_path)))
    with pytest.raises(InputError, match="this command reads it"):
        claim(tmp_path / "l.sqlite")
    with pytest.raises(InputError, match=r"l\.sqlite-wal: this command reads .*l\.sqlite,"):
        claim(tmp_path / "l.sqlite-wal")


def test_a_claimed_output_is_no_ledger(tmp_path: Path) -> None:
    claim(tmp_path / "l.sqlite")
    with pytest.raises(InputError, match="this command reads it"):
        keeping(str(tmp_path / "l.sqlite"))


@pytest.mark.parametrize("place", [":memory:", "postgresql://host/base"])
def test_a_ledger_without_a_file_protects_none(place: str) -> None:
    keeping(place)
    assert current().ledgers == set()
