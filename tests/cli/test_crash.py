"""What nobody foresaw is one line with exit code 70, and a report without secrets."""

import stat
import sys
from pathlib import Path

import click
import pytest

from assay import cli
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
