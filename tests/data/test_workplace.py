"""Folders in which outputs are made: cleared once their owner is dead, kept while it lives."""

import fcntl
import os
import tempfile
from pathlib import Path

import pytest

from assay.data.images.source import Store
from assay.data.workplace import BEFORE, LOCK, PREFIX, clear, leave, working, workplace


def left(folder: Path, name: str = "dead", locked: bool = True) -> Path:
    """What a killed process leaves."""
    place = folder / f"{PREFIX}{name}"
    place.mkdir()
    (place / "part.csv").write_text("half")
    if locked:
        (place / LOCK).touch()
    return place


def test_what_a_dead_owner_left_is_cleared_away(tmp_path: Path) -> None:
    dead, begun = left(tmp_path), left(tmp_path, "begun", locked=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / f"{PREFIX}file").write_text("x")
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "mine")
    clear(tmp_path)
    assert not dead.exists()
    assert not begun.exists(), "an owner that has only begun makes another"
    assert {"mine", f"{PREFIX}file", f"{PREFIX}link"} <= set(os.listdir(tmp_path))


def test_a_workplace_is_held_as_long_as_its_owner_lives(tmp_path: Path) -> None:
    folder, lock = workplace(tmp_path)
    assert folder.parent == tmp_path
    assert folder.name.startswith(PREFIX)
    assert (folder / LOCK).stat().st_mode & 0o777 == 0o600
    clear(tmp_path)
    assert folder.is_dir()
    os.close(lock)
    clear(tmp_path)
    assert not folder.exists()


def test_a_new_workplace_clears_what_lies_beside_it(tmp_path: Path) -> None:
    dead = left(tmp_path)
    folder, lock = workplace(tmp_path)
    os.close(lock)
    assert not dead.exists()
    assert folder.exists()


def test_nothing_beside_is_a_place_of_the_system() -> None:
    folder, lock = workplace(None)
    with os.fdopen(os.open(folder / LOCK, os.O_RDWR)) as other:
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = False
        except OSError:
            held = True
    os.close(lock)
    (folder / LOCK).unlink()
    folder.rmdir()
    assert held


def test_what_was_about_to_take_its_place_does_so(tmp_path: Path) -> None:
    place = left(tmp_path)
    (place / BEFORE).mkdir()
    (place / BEFORE / "old.csv").write_text("old")
    clear(tmp_path)
    assert (tmp_path / "part.csv").read_text() == "half"
    assert os.listdir(tmp_path) == ["part.csv"]


def test_what_has_its_place_taken_already_is_not_put_there(tmp_path: Path) -> None:
    place = left(tmp_path)
    (place / BEFORE).mkdir()
    (tmp_path / "part.csv").write_text("new")
    clear(tmp_path)
    assert (tmp_path / "part.csv").read_text() == "new"
    assert not place.exists()


def test_a_half_made_output_does_not_take_a_place(tmp_path: Path) -> None:
    left(tmp_path)
    clear(tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there_has_nothing_to_clear(tmp_path: Path) -> None:
    clear(tmp_path / "none")
    assert os.listdir(tmp_path) == []


def test_an_owner_whose_folder_was_cleared_before_it_held_it_makes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = tempfile.mkdtemp, list[str]()

    def cleared(**where: str) -> str:
        made.append(make(**where))
        if len(made) == 1:
            clear(tmp_path)
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", cleared)
    folder, lock = workplace(tmp_path)
    assert [Path(name).exists() for name in made] == [False, True]
    leave(folder, lock)
    assert os.listdir(tmp_path) == []


def test_the_folder_is_gone_at_the_end_of_the_block(tmp_path: Path) -> None:
    with working(tmp_path) as place:
        assert place.parent == tmp_path
        (place / "part").write_text("half")
    assert not list(tmp_path.iterdir())


def test_it_is_gone_after_a_mistake_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="odd"), working(tmp_path):
        raise ValueError("odd")
    assert not list(tmp_path.iterdir())


def test_what_the_living_hold_stays(tmp_path: Path) -> None:
    held = tmp_path / f"{PREFIX}living"
    held.mkdir()
    lock = os.open(held / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with working(tmp_path):
        assert held.is_dir()
    os.close(lock)
    with working(tmp_path):
        assert not held.exists()


def test_a_kept_picture_clears_what_a_kill_left_in_the_store(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}dead").mkdir()
    place = Path(Store(tmp_path).keep(b"pixels"))
    assert place.read_bytes() == b"pixels"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [place]
    assert not list(tmp_path.glob(f"{PREFIX}*"))


def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path: Path) -> None:
    """In a folder of all, anybody may have put it there."""
    odd = tmp_path / f"{PREFIX}odd"
    odd.mkdir()
    (odd / LOCK).symlink_to(tmp_path / "elsewhere")
    clear(tmp_path)
    assert odd.exists()
    assert not (tmp_path / "elsewhere").exists()


def test_what_another_user_left_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = left(tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: dead.stat().st_uid + 1)
    clear(tmp_path)
    assert dead.exists()
