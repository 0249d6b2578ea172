"""Runs the code blocks of README, CONTRIBUTING and docs, page by page.

Each page has a fresh folder with the examples. A page's `python` blocks share one namespace; `bash`
blocks run in order, with an `assay` that need not import all it needs each time. A block is left
out only where the line before it is an HTML comment that says why: `<!-- not run: reason -->`.
Where a page has the address of a model server on the reader's machine, a server of the tests
answers. A block after `<!-- output -->` shows what the commands before it print, up to a `…`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needs import needs_models
from tests.servers import Server, on_a_thread, reviewer

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FETCHED = re.compile(r"^assay models fetch (\S+)$", re.M)
ADDRESS = "http://localhost:8000/v1"  # of a model server, on the pages
BLOCK = re.compile(
    r"(?P<skip><!-- not run: .+? -->\n)?(?P<shown><!-- output -->\n)?"
    r"```(?P<kind>\w+)\n(?P<code>.*?)^```",
    re.M | re.S,
)


def blocks(page: Path) -> list[tuple[str, str]]:
    """(kind, code) in order; `output` is what the `bash` blocks before it have printed."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    named = (("output" if m["shown"] else m["kind"], m) for m in found)
    return [
        (kind, m["code"])
        for kind, m in named
        if not m["skip"] and kind in ("python", "bash", "output")
    ]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with on_a_thread(Server(reviewer)) as url:
        yield url


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda p: p.stem)
def test_every_snippet_of_the_page_runs(
    page: Path, tmp_path: Path, commands: Path, address: str
) -> None:
    needs_models(*(name for _, code in blocks(page) for name in FETCHED.findall(code)))
    env = os.environ | {"PATH": f"{commands}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    python: list[str] = []
    printed = ""
    for kind, written in blocks(page):
        code = written.replace(ADDRESS, address)
        if kind == "python":
            python.append(code)
        elif kind == "bash":
            printed += _run(["bash", "-euo", "pipefail", "-c", code], tmp_path, env)
        else:
            assert missing(written, printed) == []
    if python:
        _run(["assay", "-c", "\n".join(python)], tmp_path, env)


def missing(shown: str, printed: str) -> list[str]:
    """The lines, up to a `…`, that nothing printed; spaces count as one."""
    there = " ".join(printed.split())
    lines = (" ".join(line.partition("…")[0].split()) for line in shown.splitlines())
    return [line for line in lines if line not in there]


def test_a_line_that_nothing_printed_is_missing() -> None:
    assert missing("a  1\nb …\n\nc 2\n", "x a 1\nb 3 4") == ["c 2"]


def _run(command: list[str], folder: Path, env: dict[str, str]) -> str:
    command[0] = shutil.which(command[0], path=env["PATH"]) or command[0]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
