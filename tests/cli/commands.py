"""Commands as a user gives them: a folder, a task file, and what `assay` says."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TypeAlias

from assay.cli import main

Done: TypeAlias = subprocess.CompletedProcess[str]
RULE = "{kind: rule, rule: vader}"
TASK = """\
name: tone
data: {path: a.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [positive, neutral, negative]}
annotators:
  one: ANNOTATOR
"""
ROWS = "id,text,label\n1,I love it,positive\n2,I hate it,negative\n"
LEDGER = "tone.assay.sqlite"


def assay(folder: Path, *words: str) -> Done:
    """The command in this process, since a new one takes a second to begin."""
    out, err = StringIO(), StringIO()
    argv, sys.argv = sys.argv, ["assay", *words]
    code: object = 0
    try:
        with chdir(folder), redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = argv
    return Done(list(words), int(str(code or 0)), out.getvalue(), err.getvalue())


def process(folder: Path, *words: str, env: Mapping[str, str]) -> Done:
    """A process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "assay", *words], cwd=folder, capture_output=True, text=True,
        check=False, env=os.environ | dict(env),
    )  # fmt: skip


def forked(
    commands: Path,
    folder: Path,
    *words: str,
    env: Mapping[str, str] | None = None,
    largest: int | None = None,
) -> Done:
    """In a fork of a warm process, at a fraction of the price: see tests/warm.py. `largest`: no
    file may outgrow so many bytes, as on a full disk."""
    given = [str(commands / "assay"), *words]
    if largest is not None:
        limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest}))"
        described = f"sys.argv = {['assay', *words]!r}"
        code = f"import resource, sys\n{limit}\n{described}\nfrom assay.cli import main\nmain()"
        given = [given[0], "-c", code]
    return subprocess.run(
        given, cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | dict(env or {}),
    )  # fmt: skip


def project(folder: Path, task: str = TASK, rows: bytes = ROWS.encode(), who: str = RULE) -> None:
    (folder / "task.yaml").write_text(task.replace("ANNOTATOR", who), encoding="utf-8")
    (folder / "a.csv").write_bytes(rows)


def remote(url: str, more: str = "") -> str:
    """An annotator behind a URL."""
    return f"{{kind: openai, model: m, base_url: '{url}'{more}}}"


def validation_error(done: Done, code: int = 2) -> str:
    """The one line that it says on stderr."""
    assert done.returncode == code, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}
