"""What nobody foresaw is one line with exit code 70, and a report without secrets."""

import json
import stat
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from assay import cli
from assay.cli import crash
from assay.cli.lazy import LazyGroup
from assay.core.errors import InputError

KEY = "sk-very-secret-1234567"


def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bad: Exception) -> int:
    @click.command("run")
    @click.argument("words", nargs=-1)
    def command(words: tuple[str, ...]) -> None:
        raise bad

    monkeypatch.setattr(LazyGroup, "get_command", lambda *_: command)
    monkeypatch.setattr(cli, "_set_up_output", lambda: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("SOME_API_KEY", KEY)
    address = "postgresql+psycopg://me:pa55wordx@host/db"
    monkeypatch.setattr(sys, "argv", ["assay", "run", "t.yaml", f"--ledger={address}"][:3])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_a_fault_of_ours_is_one_line_that_names_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = ZeroDivisionError(f"by {KEY} at postgresql+psycopg://me:pa55wordx@host/db")
    assert broken(monkeypatch, tmp_path, bad) == 70
    said = capsys.readouterr().err
    [report] = tmp_path.rglob("*.txt")
    assert said.count("\n") == 1
    assert str(report) in said
    text = report.read_text()
    assert "ZeroDivisionError" in text
    assert "t.yaml" in text
    assert "in command" in text
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    for secret in (KEY, "pa55wordx"):
        assert secret not in text


def test_a_mistake_of_the_user_in_a_group_of_several_is_told_as_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = ExceptionGroup("two", [KeyError("k"), ExceptionGroup("in", [InputError("row 5")])])
    assert broken(monkeypatch, tmp_path, bad) == 2
    assert capsys.readouterr().err == "assay: row 5\n"


def test_a_report_goes_among_temporary_files_where_there_is_no_other_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken, other = tmp_path / "taken", tmp_path / "other"
    taken.write_text("a file, where a folder should be")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(other))
    assert broken(monkeypatch, taken, ValueError("a  b\nc")) == 70
    said = capsys.readouterr().err
    [report] = other.iterdir()
    assert str(report) in said
    assert "(ValueError: a b c)" in said
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(taken))
    assert broken(monkeypatch, taken, ValueError()) == 70
    said = capsys.readouterr().err
    assert "(ValueError)" in said
    assert "could not be written" in said


def test_a_report_says_what_is_installed_and_what_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(crash, "PACKAGES", ("click", "no-such-package"))
    broken(monkeypatch, tmp_path, ValueError("x" * 500))
    [report] = tmp_path.rglob("*.txt")
    lines = report.read_text().splitlines()
    assert f"click {version('click')}" in lines
    assert "no-such-package is not installed" in lines


def test_a_report_has_the_arguments_apart_and_the_outermost_calls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def deep(depth: int) -> None:
        if depth:
            deep(depth - 1)
        raise ValueError("at the bottom")

    monkeypatch.setattr("sys.argv", ["assay", "run", "task.yaml", "--limit", "3"])
    with pytest.raises(ValueError, match="bottom") as raised:
        deep(200)
    report = crash._report(raised.value)
    assert "arguments: run task.yaml --limit 3\n" in report
    assert report.count('File "') <= 50
    assert report.endswith("ValueError: at the bottom\n")


def test_a_long_complaint_is_cut_in_its_middle(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in (0, 1):
        said = (
            "a " * (cli.LONGEST_LINE // 4) + "\n" + "z " * (cli.LONGEST_LINE // 4 - 1) + "z" * more
        )
        assert broken(monkeypatch, tmp_path, InputError(said + "zz")) == 2
        shown = capsys.readouterr().err.removeprefix("assay: ").removesuffix("\n")
        assert (shown[0], shown[-1]) == ("a", "z")
        assert ("…" in shown) == bool(more)
        assert len(shown) <= cli.LONGEST_LINE + 30


def test_whoever_stops_a_command_is_told_that_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert broken(monkeypatch, tmp_path, click.Abort()) == 130
    assert "run again" in capsys.readouterr().err


def test_a_file_that_fails_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_drop_output", lambda: None)
    for bad, said in (
        (OSError(13, "Permission denied", "x.csv"), "assay: x.csv: Permission denied\n"),
        (OSError(28, "No space left on device"), "assay: No space left on device\n"),
        (OSError("odd"), "assay: odd\n"),
    ):
        assert broken(monkeypatch, tmp_path, bad) == 2
        assert capsys.readouterr().err == said


def test_a_command_with_json_tells_its_end_as_an_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command("run")
    @click.option("--json", "as_json", is_flag=True)
    def command(as_json: bool) -> None:
        raise click.Abort

    monkeypatch.setattr(LazyGroup, "get_command", lambda *_: command)
    monkeypatch.setattr(cli, "_set_up_output", lambda: None)
    monkeypatch.setattr(sys, "argv", ["assay", "run", "--json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["code"] == "stopped"
    assert "run again" in error["message"]
