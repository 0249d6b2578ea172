"""A user's mistake is one clear line on stderr and exit code 2."""

import subprocess
import sys
from pathlib import Path

import pytest

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
REMOTE = "{kind: openai, model: m, base_url: 'http://127.0.0.1:9/v1', key_env: ASSAY_NO_SUCH_KEY}"


def assay(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assay.cli", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def project(folder: Path, task: str = TASK, rows: bytes = ROWS.encode(), who: str = RULE) -> None:
    (folder / "task.yaml").write_text(task.replace("ANNOTATOR", who), encoding="utf-8")
    (folder / "a.csv").write_bytes(rows)


def refused(folder: Path, expected: str, *words: str) -> None:
    done = assay(folder, *(words or ("run", "task.yaml")))
    assert done.returncode == 2, done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert expected in done.stderr


BAD: dict[str, tuple[dict[str, object], str]] = {
    "typo": ({"task": TASK.replace("question", "qestion")}, "task.yaml:3:"),
    "column": ({"rows": b"id,words\n1,x\n"}, "'text'"),
    "encoding": ({"rows": b"id,text\n1,\xff\xfe\xe9\n"}, "a.csv"),
    "empty": ({"rows": b""}, "a.csv"),
    "duplicate": ({"rows": b"id,text\n1,x\n1,y\n"}, "'1'"),
    "gold": ({"task": TASK + "gold: {label: label}\n", "rows": b"id,text,label\n1,x,odd\n"}, "odd"),
    "model": ({"who": "{kind: embedded, model: nothing}"}, "'nothing'"),
    "key": ({"who": REMOTE}, "ASSAY_NO_SUCH_KEY"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_exit_code_2(case: str, tmp_path: Path) -> None:
    given, expected = BAD[case]
    project(tmp_path, **given)  # type: ignore[arg-type]
    refused(tmp_path, expected)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    refused(tmp_path, "none.yaml", "run", "none.yaml")
    project(tmp_path)
    (tmp_path / "a.csv").unlink()
    refused(tmp_path, "a.csv")


def test_a_ledger_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "tone.assay.sqlite").write_bytes(b"not a database at all" * 100)
    refused(tmp_path, "tone.assay.sqlite")


def test_help_and_import_load_no_model_or_web_code() -> None:
    heavy = "{'aiohttp', 'numpy', 'polars', 'sqlalchemy', 'pydantic', 'xllamacpp', 'fastapi'}"
    show = "from click.testing import CliRunner as R; from assay.cli import root"
    call = "R().invoke(root, ['--help'])"
    code = f"import sys, assay; {show}; {call}; print({heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_drafted_task_file_passes_check(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    assert assay(tmp_path, "init", "a.csv").returncode == 0
    done = assay(tmp_path, "check", "task.yaml")
    assert done.returncode == 0, done.stderr
