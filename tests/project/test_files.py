"""What a task file names is never replaced by an output."""

from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.data.inputs import Files, claim, files
from assay.project.files import named
from tests.project.opened import HEAD, opened

MORE = """\
annotators:
  m: {kind: recorded, path: said.csv}
  e: {kind: embedded, model: small.gguf}
  s: {kind: strategy, strategy: {kind: specialists, annotators: [m], controller: m, registry: r.yaml}}
gold: {path: gold.csv}
strategy: {kind: specialists, annotators: [m], controller: m, registry: q.yaml}
"""  # noqa: E501
PICTURES = HEAD.replace("id: id", "id: id, text: text, image: picture, images: pics")


def test_every_file_of_a_task_is_named(tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    found = opened(tmp_path, MORE, PICTURES)
    assert list(named(found.file)) == [
        "data.csv", "gold.csv", "pics", "said.csv", "small.gguf", "q.yaml", "r.yaml",
    ]  # fmt: skip


def test_what_is_not_there_is_not_named(tmp_path: Path) -> None:
    found = opened(tmp_path)
    assert list(named(found.file)) == ["data.csv", "said.csv"]


@pytest.mark.parametrize("name", ["data.csv", "said.csv", "gold.csv", "q.yaml", "kept.sqlite"])
def test_no_output_takes_its_place(name: str, tmp_path: Path) -> None:
    for registry in ("q.yaml", "r.yaml"):
        (tmp_path / registry).write_text("candidates: []\n")
    with files(Files()):
        opened(tmp_path, MORE + "ledger: kept.sqlite\n")
        with pytest.raises(InputError, match="this command reads"):
            claim(tmp_path / name)


def test_beside_pictures_a_report_may_lie(tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    with files(Files()):
        opened(tmp_path, MORE, PICTURES)
        claim(tmp_path / "pics" / "votes.csv")


def test_what_a_kill_left_is_cleared_away(tmp_path: Path) -> None:
    opened(tmp_path)
    (tmp_path / "said.csv").unlink()
    (tmp_path / "folder").mkdir()
    assert opened(tmp_path).file.data.path == "data.csv"
