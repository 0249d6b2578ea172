"""What a run may cost is shown before anything is sent, and asked about on a terminal."""

import asyncio
import io
import json
import sys
from pathlib import Path

import pytest

from assay.cli import confirm
from assay.cli.common import Quiet
from tests.cli.commands import assay, names, project, remote
from tests.servers import Server, serving

PRICED = ", prices: {input: 1, output: 1}"
COST = "expected cost 0.000"


async def run(folder: Path, server: Server, *words: str, prices: str = PRICED) -> list[str]:
    """What it says on stderr."""
    async with serving(server) as url:
        project(folder, who=remote(url, prices))
        done = await asyncio.to_thread(assay, folder, "run", *words)
    return [done.stdout, done.stderr, str(done.returncode)]


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize(("typed", "shown"), [(True, True), (True, False), (False, True)])
def test_a_terminal_is_one_to_type_at_and_to_read(
    monkeypatch: pytest.MonkeyPatch, typed: bool, shown: bool, quiet: bool
) -> None:
    screen = Screen() if shown else io.StringIO()
    monkeypatch.setattr(sys, "stdin", Screen() if typed else io.StringIO())
    monkeypatch.setattr(sys, "stderr", Quiet(screen) if quiet else screen)
    assert confirm._terminal() is (typed and shown)
    monkeypatch.setattr(sys, "stdin", None)
    assert confirm._terminal() is False


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "_terminal", lambda: True)


def says(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda prompt: answer)


async def test_a_dry_run_shows_requests_and_cost_and_sends_nothing(tmp_path: Path) -> None:
    server = Server()
    out, _, code = await run(tmp_path, server, "--dry-run")
    assert code == "0"
    assert "one: up to 2 requests" in out
    assert COST in out
    assert "assuming 8 output tokens per answer" in out
    assert "nothing was sent" in out
    out, _, _ = await run(tmp_path, server, "--dry-run", "--limit", "1", "--json")
    found = json.loads(out)
    assert found["records"] == 1
    assert 0 < found["expected_cost"] < found["cost"]
    assert not server.calls
    assert names(tmp_path) == {"task.yaml", "a.csv"}


async def test_without_a_terminal_it_says_the_cost_and_goes_on(tmp_path: Path) -> None:
    server = Server()
    _, err, code = await run(tmp_path, server)
    assert code == "0"
    assert COST in err
    assert "no confirmation asked, since this is not a terminal" in err
    assert server.calls.total() == 2


@pytest.mark.usefixtures("terminal")
async def test_on_a_terminal_a_no_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    says(monkeypatch, "n")
    _, err, code = await run(tmp_path, server)
    assert code == "130"
    assert COST in err
    assert "nothing was sent" in err
    assert not server.calls


@pytest.mark.usefixtures("terminal")
async def test_a_yes_runs_and_the_next_run_does_not_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    says(monkeypatch, "y")
    assert (await run(tmp_path, server, "--limit", "1"))[2] == "0"
    says(monkeypatch, "n")
    _, err, code = await run(tmp_path, server)
    assert code == "0"
    assert "expected cost" not in err
    assert server.calls.total() == 2


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("words", [["--yes"], ["-y"]])
async def test_it_does_not_ask_who_has_said_yes(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, "n")
    assert (await run(tmp_path, Server(), *words))[2] == "0"


@pytest.mark.usefixtures("terminal")
async def test_what_costs_nothing_is_not_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, "n")
    _, err, code = await run(tmp_path, Server(), prices="")
    assert code == "0"
    assert err == "reading task.yaml\n"


async def test_a_dry_run_of_what_costs_nothing_says_so(tmp_path: Path) -> None:
    project(tmp_path)  # with a rule
    done = await asyncio.to_thread(assay, tmp_path, "run", "--dry-run")
    out, code = done.stdout, str(done.returncode)
    assert code == "0"
    assert "cost 0.00 USD" in out


async def test_answers_tell_what_the_next_ones_cost(tmp_path: Path) -> None:
    await run(tmp_path, Server(), "--limit", "1")
    out, _, _ = await run(tmp_path, Server(), "--dry-run")
    assert "measured on 1 answer" in out
