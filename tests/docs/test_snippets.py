"""Runs the code blocks of README, CONTRIBUTING and docs, page by page.

Each page has a fresh folder with the examples. A page's `python` blocks share one namespace; `bash`
blocks run in order, with an `assay` that need not import all it needs each time. A block is left
out only where the line before it is an HTML comment that says why: `<!-- not run: reason -->`.
Where a page has the address of a model server on the reader's machine, a server of the tests
answers.
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
    r"(?P<skip><!-- not run: .+? -->\n)?```(?P<kind>\w+)\n(?P<code>.*?)^```", re.M | re.S
)


def blocks(page: Path) -> list[tuple[str, str]]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [
        (m["kind"], m["code"]) for m in found if not m["skip"] and m["kind"] in ("python", "bash")
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
    for kind, written in blocks(page):
        code = written.replace(ADDRESS, address)
        if kind == "python":
            python.append(code)
            continue
        _run(["bash", "-euo", "pipefail", "-c", code], tmp_path, env)
    if python:
        _run(["assay", "-c", "\n".join(python)], tmp_path, env)


def _run(command: list[str], folder: Path, env: dict[str, str]) -> None:
    command[0] = shutil.which(command[0], path=env["PATH"]) or command[0]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
