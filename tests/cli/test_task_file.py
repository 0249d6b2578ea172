"""A task file from a table and an endpoint, and `task.yaml` where no task file is named."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from assay.taskfile.hosted import OpenAISpec
from assay.taskfile.reader import SCHEMA, load
from tests.cli.commands import assay, project, validation_error
from tests.servers import Server, serving

ROWS = "nr,comment,said\n1,I love it,positive\n2,I hate it,negative\n3,A table,\n"
GIVEN = ["--text", "comment", "--gold", "said", "--id", "nr"]


def init(folder: Path, *words: str, rows: str = ROWS) -> str:
    (folder / "a.csv").write_text(rows)
    done = assay(folder, "init", "a.csv", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_a_table_an_endpoint_and_some_labels_are_four_commands(tmp_path: Path) -> None:
    async with serving(Server()) as url:
        init(tmp_path, *GIVEN, "--model", "org/small-1.5", "--base-url", url)
        for words in (["check"], ["run"], ["report"], ["export", "-o", "labels.csv"]):
            done = await asyncio.to_thread(assay, tmp_path, *words)
            assert done.returncode == 0, done.stderr
            assert "reading task.yaml" in done.stderr
    file = load(tmp_path / "task.yaml")
    assert file.data.texts == ("comment",)
    assert file.data.id == "nr"
    assert list(file.annotators) == ["small-1.5"]
    small = file.annotators["small-1.5"]
    assert isinstance(small, OpenAISpec)
    assert (small.model, small.base_url) == ("org/small-1.5", url)
    assert small.key_env is None
    assert file.gold is not None
    assert file.gold.label == "said"
    assert len((tmp_path / "labels.csv").read_text().splitlines()) == 4


def test_the_key_is_asked_for_by_name(tmp_path: Path) -> None:
    init(tmp_path, "--model", "gpt-4o-mini")
    assert key_of(tmp_path, "gpt-4o-mini") == "OPENAI_API_KEY"
    init(tmp_path, "--model", "m", "--base-url", "http://x/v1", "--key-env", "MINE")
    assert key_of(tmp_path, "m") == "MINE"


def key_of(folder: Path, name: str) -> str | None:
    spec = load(folder / "task.yaml").annotators[name]
    assert isinstance(spec, OpenAISpec)
    return spec.key_env


def labels(folder: Path) -> list[str]:
    answer = load(folder / "task.yaml").answer
    return [label["name"] for label in answer.model_dump()["labels"]]


def test_labels_and_the_question_are_taken_as_given(tmp_path: Path) -> None:
    init(tmp_path, "--labels", "good, it's bad", "--question", "What is it: praise?")
    assert labels(tmp_path) == ["good", "it's bad"]
    assert load(tmp_path / "task.yaml").question == "What is it: praise?"
    init(tmp_path, "--label", "said")
    assert labels(tmp_path) == ["negative", "positive"]


def test_the_first_line_gives_editors_the_schema(tmp_path: Path) -> None:
    init(tmp_path)
    first = (tmp_path / "task.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA.as_uri()}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--text", "coment"], "a.csv has no column 'coment'; it has nr, comment, said; did you"),
        (["--base-url", "http://x"], "add --model NAME"),
        (["--labels", ","], "--labels names no label"),
    ],
)
def test_what_cannot_be_is_refused_before_a_file_is_written(
    words: Sequence[str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    assert said in validation_error(assay(tmp_path, "init", "a.csv", *words))
    assert not (tmp_path / "task.yaml").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("comment,said\nx,a\ny,b\n", "gold needs a column with a unique id; name it with --id"),
        ("id,comment,said\n1,x,a\n2,y,a\n", "has 'a' in every row, so it cannot be gold"),
    ],
)
def test_gold_that_cannot_be_is_refused_with_what_helps(
    rows: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(rows)
    assert said in validation_error(assay(tmp_path, "init", "a.csv", "--gold", "said"))
    assert not (tmp_path / "task.yaml").exists()


@pytest.mark.parametrize("words", [["check"], ["run"], ["report"], ["cost"], ["certify"], ["plan"]])
def test_without_a_task_file_it_says_what_writes_one(words: list[str], tmp_path: Path) -> None:
    said = validation_error(assay(tmp_path, *words))
    assert "there is no task.yaml in this folder; `assay init DATA` writes one, or name" in said
    assert "[TASK]" not in said
    assert "[SOURCE]" not in said


def test_a_file_that_is_named_is_taken(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "other.yaml").write_text("name: other\n")
    assert "other.yaml" in validation_error(assay(tmp_path, "check", "other.yaml"))
