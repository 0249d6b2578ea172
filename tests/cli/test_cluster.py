"""`--cluster`: records of one author are not counted as if they were many."""

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import root


@pytest.fixture
def answers(tmp_path: Path) -> str:
    """60 records of 12 authors, two people and a model; the people are right nine times in ten."""
    random.seed(4)
    rows = ["record,annotator,label,author,confidence,reference"]
    for i in range(60):
        truth = "ny"[i % 2]
        for who in ("ann", "bob", "cay", "model"):
            said = truth if random.random() < 0.9 else "ny"[1 - i % 2]
            rows.append(f"r{i},{who},{said},a{i // 5},{random.random():.3f},{truth}")
    path = tmp_path / "answers.csv"
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def described(*words: str) -> tuple[dict[str, object], str]:
    done = CliRunner().invoke(root, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    said = CliRunner().invoke(root, list(words), catch_exceptions=False)
    return json.loads(done.stdout), said.stderr


COMMANDS = (
    ("agree",),
    ("compare", "--person", "ann", "--person", "bob", "--person", "cay", "--min-records", "5"),
    ("certify", "--annotator", "model", "--alpha", "0.4"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: str(c[0]))
def test_the_assumption_is_said_or_one_record_of_each_cluster_taken(
    answers: str, command: tuple[str, ...]
) -> None:
    name, *words = command
    plain, said = described(name, answers, *words)
    assert "records are treated as independent" in str(plain["assumption"])
    assert "records are treated as independent" in said
    assert plain["cluster"] is None
    own, said = described(name, answers, *words, "--cluster", "author", "--seed", "2")
    assert own["assumption"] is None
    assert isinstance(own["cluster"], dict)
    assert (own["cluster"]["clusters"], own["cluster"]["records"]) == (12, 60)
    assert (
        "one record of each of 12 clusters by 'author' is taken, drawn at random (seed 2)" in said
    )
    again, _ = described(name, answers, *words, "--cluster", "author", "--seed", "2")
    assert again == own


def test_what_was_drawn_is_what_is_compared(answers: str) -> None:
    found, _ = described("agree", answers, "--cluster", "author")
    assert found["records"] == 12
    found, _ = described("certify", answers, "--annotator", "model", "--cluster", "author")
    certificates = found["certificates"]
    assert isinstance(certificates, list)
    assert [one["labels"] for one in certificates] == [12]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: str(c[0]))
def test_a_column_that_is_not_there_or_contradicts_itself_is_one_line(
    answers: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    name, *words = command
    done = CliRunner().invoke(root, [name, answers, *words, "--cluster", "writer"])
    assert "no column 'writer'" in str(done.exception)
    done = CliRunner().invoke(root, [name, answers, *words, "--cluster", "annotator"])
    assert "record 'r0' has annotator 'bob' here and 'ann' above" in str(done.exception)


def test_files_of_people_and_models_need_the_column_in_one_of_them(
    answers: str, tmp_path: Path
) -> None:
    rows = Path(answers).read_text().splitlines()
    people, models = tmp_path / "people.csv", tmp_path / "models.csv"
    people.write_text("\n".join([rows[0], *(r for r in rows[1:] if ",model," not in r)]) + "\n")
    cut = [",".join(r.split(",")[:3]) for r in rows if ",model," in r]
    models.write_text("\n".join(["record,annotator,label", *cut]) + "\n")
    words = ("compare", "--people", str(people), "--models", str(models), "--min-records", "5")
    found, _ = described(*words, "--cluster", "author")
    assert isinstance(found["cluster"], dict)
    assert found["cluster"]["clusters"] == 12
    done = CliRunner().invoke(root, [*words, "--cluster", "writer"])
    assert "no table of --people or --models has a column 'writer'" in str(done.exception)
