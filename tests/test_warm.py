"""A fork of a warm process is a command like any other to who calls it."""

import os
import subprocess
from pathlib import Path


def said(commands: Path, folder: Path, *words: str, given: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [commands / "assay", *words], cwd=folder, input=given, capture_output=True, text=True,
        check=False, env=os.environ | {"COLOUR": "green"},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_it_has_the_words_folder_environment_and_input_of_its_caller(
    commands: Path, tmp_path: Path
) -> None:
    code = "import os, sys; print(os.getcwd(), os.environ['COLOUR'], sys.stdin.read())"
    assert said(commands, tmp_path, "-c", code, given="in") == (0, f"{tmp_path} green in\n", "")
    assert said(commands, tmp_path, "--version")[1].startswith("assay")


def test_its_exit_code_tells_how_it_ended(commands: Path, tmp_path: Path) -> None:
    (tmp_path / "task.yaml").write_text("name: [", encoding="utf-8")
    code, _, validation_error = said(commands, tmp_path, "check", "task.yaml")
    assert (code, validation_error.count("\n")) == (2, 1)
    code, _, trace = said(commands, tmp_path, "-c", "1 / 0")
    assert (code, trace.strip().splitlines()[-1]) == (1, "ZeroDivisionError: division by zero")
    assert said(commands, tmp_path, "-c", "import os; os.abort()")[0] == 70


def test_nothing_of_one_is_left_for_the_next(commands: Path, tmp_path: Path) -> None:
    assert said(commands, tmp_path, "-c", "import csv; csv.left = 1; held = 1")[0] == 0
    code = "import csv; print(hasattr(csv, 'left'), 'held' in globals())"
    assert said(commands, tmp_path, "-c", code)[1] == "False False\n"
