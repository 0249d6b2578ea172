"""Help answers at once: nothing that a command needs is loaded for it."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from assay.cli import root
from tests.cli.commands import assay, validation_error

HEAVY = {"aiohttp", "numpy", "polars", "sqlalchemy", "pydantic", "xllamacpp", "fastapi", "torch"}
BUDGET = 0.3  # seconds of processor time: what a machine without other work takes


def test_help_and_import_load_no_model_or_web_code() -> None:
    show = "from click.testing import CliRunner as R; from assay.cli import root"
    call = "R().invoke(root, ['--help'])"
    code = f"import sys, assay; {show}; {call}; print({HEAVY} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def used() -> float:
    """Seconds of processor time of all processes that were waited for."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def test_help_comes_within_its_budget() -> None:
    command = [sys.executable, "-m", "assay", "--help"]
    taken = []
    for _ in range(3):
        before = used()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        taken.append(used() - before)
    assert min(taken) < BUDGET
    assert all(re.search(rf"^  {name} ", done.stdout, re.M) for name in root.named)


@pytest.mark.parametrize(
    "name", ["init", "check", "run", "report", "export", "import", "models", "data", "demo"]
)
def test_every_option_says_what_it_does(name: str) -> None:
    command = root.get_command(click.Context(root), name)
    assert command is not None
    below = command.commands.values() if isinstance(command, click.Group) else [command]
    options = [o for one in below for o in one.params if isinstance(o, click.Option)]
    assert [o.name for o in options if not o.help] == []


@pytest.mark.parametrize("name", ["plan", "run", "prevalence"])
def test_no_option_is_shown_that_cannot_be_used_nor_a_range_without_limits(name: str) -> None:
    shown = CliRunner().invoke(root, [name, "--help"]).stdout
    assert "--class" not in shown
    assert "None" not in shown


@pytest.mark.parametrize("group", ["models", "data", "audit", "golden", "study"])
def test_the_list_of_a_groups_commands_is_not_cut_short(group: str) -> None:
    assert "..." not in CliRunner().invoke(root, [group, "--help"]).stdout.replace("[ARGS]...", "")


def test_a_wrong_name_is_told_by_the_name_of_its_argument(tmp_path: Path) -> None:
    said = validation_error(assay(tmp_path, "data", "fetch", "nothing", "--out", "x"))
    assert said.startswith("assay: invalid value for 'NAME': 'nothing' is not one of 'tweets'")


@pytest.mark.parametrize("words", [("demo",), ("data", "fetch", "tweets")])
def test_a_file_where_a_folder_should_be_is_told_before_anything_is_fetched(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "there.txt").write_text("mine")
    done = assay(tmp_path, *words, "--out", "there.txt")
    assert validation_error(done) == "assay: there.txt is a file; --out names a folder"
    assert done.stdout == ""
