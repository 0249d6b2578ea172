"""What all commands share: an example in every help, -o, -q, and errors as JSON with --json."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from assay.cli import common, root
from tests.cli.commands import assay, process, project, validation_error


def leaves(command: click.Command, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from leaves(below, *names, name)
        if not command.invoke_without_command:
            return
    yield names, command


LEAVES = dict(leaves(root))


def examples(command: click.Command) -> list[list[str]]:
    lines = (command.epilog or "").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("  assay ")]


@pytest.mark.parametrize("names", LEAVES, ids=" ".join)
def test_every_help_ends_with_examples_that_the_command_takes(names: tuple[str, ...]) -> None:
    assert examples(LEAVES[names])
    for _, *words in examples(LEAVES[names]):
        command: click.Command = root
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            below = command.get_command(click.Context(command), words.pop(0))
            assert below is not None
            command = below
        context = command.make_context("assay", words, resilient_parsing=True)
        assert context.args == []
        known = {spelling for param in command.params for spelling in param.opts}
        assert {word for word in words if word.startswith("-")} <= known
    shown = CliRunner().invoke(root, [*names, "--help"]).stdout
    assert f"  {shlex.join(examples(LEAVES[names])[0])}" in shown


def test_one_example_has_a_heading_of_its_own() -> None:
    one, two = common.examples("assay run"), common.examples("assay run", "assay report")
    assert one == "\b\nExample:\n  assay run"
    assert two == "\b\nExamples:\n  assay run\n  assay report"


@pytest.mark.parametrize("names", LEAVES, ids=" ".join)
def test_options_have_one_spelling_and_a_help_line(names: tuple[str, ...]) -> None:
    options = [p for p in LEAVES[names].params if isinstance(p, click.Option)]
    assert [o.name for o in options if not o.help] == []
    spelt = {o.name: o.opts for o in options}
    assert spelt.get("out", ["-o", "--out"]) == ["-o", "--out"]
    assert spelt["quiet"] == ["-q", "--quiet"]
    assert spelt.get("as_json", ["--json"]) == ["--json"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "--buget", "1"], "usage", "no such option"),
        (["check", "no.yaml"], "spec", "no.yaml does not exist"),
        (["agree", "a.csv", "--reference", "ann"], "input", "a.csv"),
    ],
)
def test_with_json_an_error_is_an_object_on_stderr(
    words: list[str], code: str, said: str, tmp_path: Path
) -> None:
    project(tmp_path)
    done = assay(tmp_path, *words, "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    error = json.loads(done.stderr)["error"]
    assert error["code"] == code
    assert said in error["message"]
    assert not error["message"].startswith("assay:")


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        (["agree", "a.csv", "--kind", "odd"], "'nominal', 'ordinal', 'interval', 'multi'"),
        (["agree", "a.csv", "--over", "odd"], "'records', 'annotators'"),
        (["compare", "a.csv", "--kind", "odd"], "'nominal', 'ordinal', 'interval'"),
        (["compare", "a.csv", "--score", "odd"], "'accuracy', 'neg-rmse'"),
        (["audit", "draw", "a.csv", "--by", "odd", "-o", "x.csv"], "'none', 'confidence', 'value'"),
    ],
)
def test_a_wrong_choice_is_refused_with_the_choices(
    words: list[str], choices: str, tmp_path: Path
) -> None:
    project(tmp_path)
    assert f"'odd' is not one of {choices}" in validation_error(assay(tmp_path, *words))


def test_what_was_written_is_printed_as_json(tmp_path: Path) -> None:
    project(tmp_path)
    assay(tmp_path, "run")
    for words, figures in {
        ("export", "-o", "a.jsonl"): {"records": 2, "undecided": 0, "out": "a.jsonl"},
        ("export", "-o", "b.csv", "--annotations"): {"annotations": 2, "out": "b.csv"},
        ("export", "-o", "c.csv", "--waiting"): {"waiting": {}, "out": "c.csv"},
        ("audit", "draw", "task.yaml", "--size", "2", "-o", "d.csv"): {
            "drawn": 2, "decided": 2, "records": 2, "out": "d.csv",
        },
    }.items():  # fmt: skip
        assert json.loads(assay(tmp_path, *words, "--json").stdout) == figures


def test_quiet_leaves_the_result_and_drops_notes_hints_and_progress(tmp_path: Path) -> None:
    project(tmp_path)
    done = assay(tmp_path, "run", "-q")
    assert done.returncode == 0
    assert "2 records: 2 decided" in done.stdout
    assert "next:" not in done.stdout
    assert done.stderr == ""


def test_quiet_keeps_errors(tmp_path: Path) -> None:
    assert assay(tmp_path, "check", "no.yaml", "-q").stderr.startswith("assay: no.yaml")


def test_an_error_as_json_keeps_the_letters_of_its_words(tmp_path: Path) -> None:
    done = assay(tmp_path, "check", "größe.yaml", "--json")
    assert "größe.yaml" in done.stderr
    assert "größe.yaml" in json.loads(done.stderr)["error"]["message"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_ask_what_may_follow(shell: str, tmp_path: Path) -> None:
    source = process(tmp_path, env={"_ASSAY_COMPLETE": f"{shell}_source"})
    assert "_assay_completion" in source.stdout, source.stderr
    asked = {"_ASSAY_COMPLETE": f"{shell}_complete", "COMP_WORDS": "assay rep", "COMP_CWORD": "1"}
    if shell == "fish":
        asked["COMP_CWORD"] = "rep"
    done = process(tmp_path, env=asked)
    assert "report" in done.stdout, done.stderr
    assert "aggregate" not in done.stdout
