"""Which file that is there an output may replace."""

import os
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.data import replacing
from assay.data.inputs import Files, files, reading
from assay.data.replacing import check_free, note_output, wanted, written_by_us


def note_written(path: Path) -> None:
    """As if it had taken its place."""
    note_output(path, path)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "assay" / "outputs"


def there(folder: Path, name: str = "out.csv", content: bytes = b"mine\n") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def refused(path: Path, force: bool = False) -> str:
    """Why it may not be replaced, or nothing."""
    with files(Files(force=force)):
        try:
            check_free(path)
        except InputError as bad:
            return str(bad)
    return ""


def test_where_nothing_is_anything_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "new.csv", there(tmp_path, "none.csv", b""), tmp_path / "empty",
                 tmp_path / "pipe"):  # fmt: skip
        assert refused(path) == ""


def test_another_file_needs_force(tmp_path: Path) -> None:
    path = there(tmp_path)
    assert "is there already, and Assay did not write it" in refused(path)
    assert refused(path, force=True) == ""
    (tmp_path / "folder").mkdir()
    there(tmp_path / "folder")
    assert "is there already" in refused(tmp_path / "folder")
    assert refused(tmp_path / "folder", force=True) == ""


def test_what_assay_wrote_it_replaces_until_somebody_changes_it(tmp_path: Path) -> None:
    path = there(tmp_path)
    assert not written_by_us(path)
    note_written(path)
    assert written_by_us(path)
    assert refused(path) == ""
    path.write_bytes(b"mine\nand more\n")
    assert not written_by_us(path)
    assert "somebody has changed it" in refused(path)


def test_a_folder_is_as_it_was_left_by_names_and_contents(tmp_path: Path) -> None:
    place = tmp_path / "out"
    (place / "deep").mkdir(parents=True)
    one = there(place / "deep", "a.csv")
    there(place, "b.csv", b"2")
    note_written(place)
    assert written_by_us(place)
    one.write_bytes(b"other")
    assert not written_by_us(place)
    one.write_bytes(b"mine\n")
    assert written_by_us(place)
    one.rename(place / "deep" / "c.csv")
    assert not written_by_us(place)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jpg", b"\xff\xd8\xff", "is a picture, and no output replaces one"),
        ("a.PNG", b"x", "is a picture"),
        ("a.sqlite", b"SQLite format 3\0more", "is a ledger, and no output replaces one"),
    ],
)
def test_pictures_and_ledgers_are_never_replaced(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    assert said in refused(there(tmp_path, name, content), force=True)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("record,annotator,label,waiting_for\n1,,,crowd\n2,ann,,crowd\n", "annotator"),
        ("record,annotator,label,waiting_for\n1,,good,crowd\n", "label"),
        ("record,audit,answer\n1,x, \n2,x,yes\n", "answer"),
    ],
)
def test_a_sheet_that_people_have_filled_in_is_never_replaced(
    text: str, column: str, tmp_path: Path
) -> None:
    path = there(tmp_path, "sheet.csv", text.encode())
    for force in (False, True):
        assert f"is a sheet whose column {column!r} people have filled in" in refused(path, force)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sheet.csv", "record,annotator,label,waiting_for\n1,,,crowd\n2, ,,crowd\n"),
        ("sheet.csv", "record,label\n1,good\n"),
        ("sheet.csv", "record,waiting_for\n1,crowd,broken\n"),
        ("sheet.odd", "record,audit,answer\n1,x,yes\n"),
    ],
)
def test_other_tables_and_empty_sheets_are_plain_files(
    name: str, text: str, tmp_path: Path
) -> None:
    path = there(tmp_path, name, text.encode())
    assert "is there already" in refused(path)
    assert refused(path, force=True) == ""


def test_a_sheet_that_is_looked_at_is_not_read(tmp_path: Path) -> None:
    path = there(tmp_path, "sheet.csv", b"record,audit,answer\n1,x,\n")
    with files(Files(force=True)) as of:
        wanted(path)
        assert of.inputs == set()
        assert of.outputs == {path}
        with pytest.raises(InputError, match="this command reads it"):
            reading(path)


def test_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    path = there(tmp_path)
    (tmp_path / "link.csv").symlink_to(path)
    note_written(path)
    assert refused(tmp_path / "link.csv") == ""


def test_a_state_that_cannot_be_kept_costs_the_memory_alone(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    note_written(there(tmp_path))
    assert not written_by_us(tmp_path / "out.csv")


def test_the_oldest_tenth_is_forgotten(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "MOST_KNOWN", 20)
    paths = [there(tmp_path, f"{i}.csv", b"%d" % i) for i in range(21)]
    for i, path in enumerate(paths):
        note_written(path)
        if i < 20:
            assert len(os.listdir(state)) == i + 1
            newest = max(state.iterdir(), key=lambda note: note.stat().st_mtime_ns)
            os.utime(newest, (i, i))
    assert [written_by_us(path) for path in paths] == [False] * 2 + [True] * 19
