"""A user's mistake is one clear line on stderr, exit code 2, and nothing is left behind."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import LEDGER, ROWS, TASK, assay, names, project, remote, validation_error

PRICED = remote("http://127.0.0.1:9/v1", ", prices: {per_request: 1.0e+300}")
KEYED = remote("http://127.0.0.1:9/v1", ", key_env: ASSAY_NO_SUCH_KEY")
PASTED = remote("http://127.0.0.1:9/v1", ", key_env: sk-1234-secret")
DRUGGED = "id,text,label\n1,x,odd\n"

BAD: dict[str, tuple[dict[str, object], str]] = {
    "typo": ({"task": TASK.replace("question", "qestion")}, "task.yaml:3:"),
    "column": ({"rows": b"id,words\n1,x\n"}, "'text'"),
    "encoding": ({"rows": b"id,text\n1,\xff\xfe\xe9\n"}, "a.csv:2: not UTF-8"),
    "empty": ({"rows": b""}, "a.csv"),
    "only a header": ({"rows": b"id,text\n"}, "a.csv holds no records"),
    "duplicate": ({"rows": b"id,text\n1,x\n1,y\n"}, "'1'"),
    "no id": ({"rows": b"id,text\n,x\n"}, "a.csv:2:"),
    "gold": ({"task": TASK + "gold: {label: label}\n", "rows": DRUGGED.encode()}, "odd"),
    "model": ({"who": "{kind: embedded, model: nothing}"}, "'nothing'"),
    "rule": ({"who": "{kind: rule, rule: 'no.such:thing'}"}, "no.such:thing"),
    "recording": ({"who": "{kind: recorded, path: gone.csv}"}, "gone.csv does not exist"),
    "key": ({"who": KEYED}, "ASSAY_NO_SUCH_KEY"),
    "a key for its name": ({"who": PASTED}, "never the key itself"),
    "a word for a task": ({"task": "hello\n"}, "task.yaml:1:"),
    "control characters": ({"task": TASK + "guideline: \0\n"}, "not valid YAML"),
    "an unclosed bracket": ({"task": TASK + "budget: {money: 1\n"}, "not valid YAML"),
    "an endless alias": ({"task": "name: &a [*a]\n"}, "task.yaml:"),
    "a negative budget": ({"task": TASK + "budget: {money: -1}\n"}, "task.yaml:7:"),
    "money without end": (
        {"task": TASK + "budget: {money: .inf}\n"},
        "task.yaml:7: `budget.money`",
    ),
    "a price that is none": ({"who": PRICED}, "task.yaml:6: `annotators.one.prices.per_request`"),
    "an id with a NUL": ({"rows": b"id,text\na\0b,x\n"}, "a.csv:2: the id 'a\\x00b' holds a NUL"),
    "a folder for a file": ({"task": TASK.replace("a.csv", "sub")}, "sub holds no dataset"),
    "another kind of file": ({"task": TASK.replace("a.csv", "a.docx")}, "a.docx"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_mistake_is_one_line_and_leaves_no_ledger(case: str, tmp_path: Path) -> None:
    given, expected = BAD[case]
    project(tmp_path, **given)  # type: ignore[arg-type]
    (tmp_path / "sub").mkdir()
    said = validation_error(assay(tmp_path, "run", "task.yaml"))
    assert expected in said
    assert "secret" not in said
    assert names(tmp_path) == {"task.yaml", "a.csv", "sub"}


EVALUATED = TASK + "gold: {label: label, calibration: 0, evaluation: 1}\n"
CALIBRATED = TASK + "gold: {label: label, calibration: 0.5, evaluation: 0.5}\n"
SCALED = TASK.replace("choice, labels: [positive, neutral, negative]", "scale, low: 1, high: 5")
WORKING = {
    "plan": ["plan", "task.yaml", "--human-label", "1"],
    "target": ["run", "task.yaml", "--target", "0.9", "--human-label", "1"],
    "controller": ["controller", "task.yaml"],
    "synthesise": ["synthesise", "task.yaml", "--per-label", "1", "-o", "x.csv"],
}
UNFIT: list[tuple[str, dict[str, object], str]] = [
    ("plan", {}, "gold"),
    ("plan", {"task": EVALUATED}, "gold"),
    ("plan", {"task": CALIBRATED, "who": KEYED}, "ASSAY_NO_SUCH_KEY"),
    ("target", {}, "gold"),
    ("target", {"task": CALIBRATED, "who": KEYED}, "ASSAY_NO_SUCH_KEY"),
    ("controller", {}, "no controller"),
    ("synthesise", {"who": KEYED}, "ASSAY_NO_SUCH_KEY"),
    ("synthesise", {"task": SCALED}, "scale"),
]


@pytest.mark.parametrize(("command", "given", "expected"), UNFIT)
def test_what_a_command_cannot_work_with_leaves_no_ledger(
    command: str, given: dict[str, object], expected: str, tmp_path: Path
) -> None:
    project(tmp_path, **given)  # type: ignore[arg-type]
    assert expected in validation_error(assay(tmp_path, *WORKING[command]))
    assert names(tmp_path) == {"task.yaml", "a.csv"}


def test_a_mistake_in_the_last_line_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    rows = "id,text\n" + "".join(f"{i},I love {i}\n" for i in range(2_000)) + "7,again\n"
    project(tmp_path, rows=rows.encode())
    assert "a.csv:2002: id '7'" in validation_error(assay(tmp_path, "run", "task.yaml"))
    assert names(tmp_path) == {"task.yaml", "a.csv"}


JSONL: dict[str, tuple[bytes, str]] = {
    "truncated": (b'{"id": "1", "text": "x"}\n{"id": "2", "te', "a.jsonl:2: broken JSON"),
    "bottomless": (b"[" * 100_000, "a.jsonl:1: broken JSON"),
    "half a character": (b'{"id": "1", "text": "\\ud83d"}\n', "a.jsonl:1: \\ud83d is half"),
    "no object": (b"[1, 2]\n", "a.jsonl:1: a JSON object"),
    "other bytes": (b'{"id": "1", "text": "\xff"}\n', "a.jsonl:1: not UTF-8"),
}


@pytest.mark.parametrize("case", JSONL)
def test_broken_jsonl_is_named_by_line(case: str, tmp_path: Path) -> None:
    content, expected = JSONL[case]
    project(tmp_path, task=TASK.replace("a.csv", "a.jsonl"))
    (tmp_path / "a.jsonl").write_bytes(content)
    assert expected in validation_error(assay(tmp_path, "run", "task.yaml"))
    assert not (tmp_path / LEDGER).exists()


def test_nul_bytes_travel_through_run_report_and_export(tmp_path: Path) -> None:
    project(tmp_path, rows=b"id,text\n1,I love\0 it\n2,I hate\0it\n")
    for words in ("run", "report", "export -o x.csv", "export --annotations -o x.parquet"):
        done = assay(tmp_path, *words.split(), "task.yaml")
        assert done.returncode == 0, done.stderr


def test_data_that_can_be_read_once_only_are_refused(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "a.csv").unlink()
    os.mkfifo(tmp_path / "a.csv")
    assert "a.csv, a pipe or a device" in validation_error(assay(tmp_path, "check", "task.yaml"))


def test_a_column_of_ids_that_is_not_named_as_such_is_noted(tmp_path: Path) -> None:
    project(tmp_path, task=TASK.replace(", id: id", ""))
    for command in ("check", "run"):
        done = assay(tmp_path, command, "task.yaml")
        described = (done.stdout + done.stderr).splitlines()
        assert [line for line in described if line.startswith("note: ")] == [
            "note: the data have a column 'id' that `data.id` does not name: ids are digests of "
            "the content, and gold or recorded answers by that column are not found"
        ]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "none.yaml" in validation_error(assay(tmp_path, "run", "none.yaml"))
    project(tmp_path)
    (tmp_path / "a.csv").unlink()
    assert "a.csv" in validation_error(assay(tmp_path, "run", "task.yaml"))


def test_a_folder_in_the_place_of_a_task_file_is_named(tmp_path: Path) -> None:
    for command in ("run", "check", "report"):
        assert "Is a directory" in validation_error(assay(tmp_path, command, "."))


def test_a_budget_of_zero_spends_nothing_and_says_so(tmp_path: Path) -> None:
    priced = remote("http://127.0.0.1:9/v1", ", prices: {input: 1, output: 1}")
    project(tmp_path, task=TASK + "budget: {money: 0}\n", who=priced)
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 3
    assert not done.stderr
    described = "the budget is 0.00 USD, so nothing that costs money is asked"
    assert f"stopped: the budget is exhausted: {described}" in done.stdout
    assert "run again to resume" in done.stdout
    assert f"note: {described}: a run would stop" in assay(tmp_path, "check", "task.yaml").stdout


@pytest.mark.parametrize("words", [["-o", "none/task.yaml"], ["-o", ".", "--force"]])
def test_a_place_that_cannot_be_written_is_named(words: list[str], tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "none").write_text("a file in the way of a folder")
    before = names(tmp_path)
    assert "cannot write" in validation_error(assay(tmp_path, "init", "a.csv", *words))
    assert names(tmp_path) == before


LEDGERS: dict[str, tuple[str, str]] = {
    "no database": ("junk", "this file is something else"),
    "newer": ("99", "install a newer Assay"),
    "odd": ("odd", "was not written by Assay"),
    "damaged": ("damaged", "the file is damaged"),
    "folder": ("folder", "unable to open"),
    "foreign": ("foreign", "tables of another program"),
    "foreign with a table of our name": ("meta", "tables of another program"),
}
READ = {"report": ["report", "task.yaml"], "check": ["check", "task.yaml"],
        "export": ["export", LEDGER, "-o", "x.csv"]}  # fmt: skip


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `assay run` went well; copied before use."""
    folder = tmp_path_factory.mktemp("labelled")
    project(folder)
    assert assay(folder, "run", "task.yaml").returncode == 0
    return folder


def spoil(ledger: Path, how: str) -> None:
    content = ledger.read_bytes()
    if how == "junk":
        ledger.write_bytes(b"not a database at all" * 100)
    elif how == "damaged":
        ledger.write_bytes(content[: len(content) // 2])
    elif how in ("folder", "foreign", "meta"):
        ledger.unlink()
    if how == "folder":
        ledger.mkdir()
    if how in ("99", "odd", "foreign", "meta"):
        with closing(sqlite3.connect(ledger)) as connection:
            if how == "meta":
                connection.execute("CREATE TABLE meta (x)")
            elif how == "foreign":
                connection.execute("CREATE TABLE records (x)")
            else:
                connection.execute("UPDATE meta SET content = ?", [how])
            connection.commit()


@pytest.mark.parametrize("case", LEDGERS)
def test_a_ledger_that_cannot_be_read_is_one_line(
    case: str, labelled: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(labelled, folder)
    how, expected = LEDGERS[case]
    spoil(folder / LEDGER, how)
    before = names(folder)
    said = validation_error(assay(folder, "run", "task.yaml"))
    assert expected in said
    assert LEDGER in said
    for name, words in READ.items():
        done = assay(folder, *words)
        if how == "folder":  # to those who only read, there is no ledger
            assert done.returncode == (0 if name == "check" else 2), done.stderr
        else:
            assert expected in validation_error(done)
    assert names(folder) - before <= {f"{LEDGER}-shm", f"{LEDGER}-wal"}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_ledger_without_rights_is_one_line(labelled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(labelled, folder)
    (folder / LEDGER).chmod(0)
    for words in (["run", "task.yaml"], *READ.values()):
        assert LEDGER in validation_error(assay(folder, *words))


def test_reading_commands_make_no_ledger(tmp_path: Path) -> None:
    project(tmp_path)
    assert "first run: assay run task.yaml" in validation_error(
        assay(tmp_path, "report", "task.yaml")
    )
    assert "there is no ledger" in validation_error(
        assay(tmp_path, "export", "task.yaml", "-o", "x.csv")
    )
    assert assay(tmp_path, "check", "task.yaml").returncode == 0
    assert names(tmp_path) == {"task.yaml", "a.csv"}


def test_a_run_that_does_not_exist_is_named_with_those_that_do(labelled: Path) -> None:
    for words in (READ["report"], READ["export"]):
        said = validation_error(assay(labelled, *words, "--run", "nope"))
        assert "there is no run 'nope'" in said
    assert not (labelled / "report.html").exists()


OPTIONS: dict[str, tuple[list[str], str]] = {
    "a misspelt command": (["reprot"], "did you mean 'report'?"),
    "an unknown option": (["run", "--buget", "1"], "--buget"),
    "nothing to import": (["import"], "missing argument 'PATH'; see assay import --help"),
    "words for a number": (["run", "task.yaml", "--limit", "all"], "--limit"),
    "a record too few": (["run", "task.yaml", "--limit", "0"], "--limit"),
    "a negative budget": (["run", "task.yaml", "--budget", "-1"], "--budget"),
    "a budget that is no number": (["run", "task.yaml", "--budget", "nan"], "not a usable number"),
    "a budget without end": (["run", "task.yaml", "--budget", "inf"], "not a usable number"),
    "time that is no number": (["run", "task.yaml", "--minutes", "nan"], "not a usable number"),
    "a share that is no number": (["plan", "task.yaml", "--target", "nan"], "not a usable number"),
    "a dash for two results": (["report", "task.yaml", "-o", "-", "--json"], "give a file name"),
    "a ledger for a ledger": (["export", LEDGER, "--ledger", "l", "-o", "x.csv"], "task file"),
    "an unknown ending": (
        ["export", LEDGER, "-o", "x.docx"],
        "cannot write .docx; the endings it can write: .csv",
    ),
    "an unknown model": (["models", "fetch", "nothing"], "no such model: 'nothing'"),
    "an unknown set": (["data", "fetch", "nothing", "--out", "x"], "'nothing'"),
    "an import by wrong columns": (["import", "a.csv", "--record", "id"], "no column 'annotator'"),
    "a missing column does not exist": (
        ["import", "a.csv", "--ledger", "l"],
        "no column 'annotator'",
    ),
    "people against themselves": (
        ["compare", "--people", "a.csv", "--models", "a.csv", "--record", "id", "--wide", "label"],
        "annotators are not compared with themselves",
    ),
    "people that are not there": (["compare", "--people", "no.csv", "--models", "a.csv"], "no.csv"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_a_wrong_option_is_one_line(case: str, labelled: Path) -> None:
    words, expected = OPTIONS[case]
    before = names(labelled)
    assert expected in validation_error(assay(labelled, *words))
    assert names(labelled) == before


def test_an_import_with_a_mistake_in_its_last_line_leaves_nothing(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "l.csv").write_text("record,annotator,label\n1,a,positive\n2,a,odd\n")
    done = assay(tmp_path, "import", "l.csv", "--task", "task.yaml")
    assert "l.csv:3: record '2'" in validation_error(done)
    assert names(tmp_path) == {"task.yaml", "a.csv", "l.csv"}


def test_a_drafted_task_file_passes_check(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8")
    assert assay(tmp_path, "init", "a.csv").returncode == 0
    done = assay(tmp_path, "check", "task.yaml")
    assert done.returncode == 0, done.stderr
    assert assay(tmp_path, "init", "a.csv").returncode == 0  # it is as it was written
    with (tmp_path / "task.yaml").open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    assert "task.yaml is there already" in validation_error(assay(tmp_path, "init", "a.csv"))


def test_output_that_nobody_reads_to_its_end_is_no_error(labelled: Path) -> None:
    command = [sys.executable, "-m", "assay", "check", "task.yaml"]
    with subprocess.Popen(command, cwd=labelled, stdout=-1, stderr=-1) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "a.csv", "--epsilon", "nan"),
        ("compare", "a.csv", "--fdr", "nan"),
        ("compare", "--plan", "--person-right", "inf"),
        ("aggregate", "a.csv", "--prior", "inf", "1"),
        ("aggregate", "a.csv", "--discount", "nan"),
        ("certify", "a.csv", "--tolerance", "nan"),
        ("certify", "a.csv", "--alpha", "nan"),
        ("calibrate", "a.csv", "--tolerance", "inf"),
        ("audit", "estimate", "a.csv", "s.csv", "--tolerance", "nan"),
        ("golden", "watch", "a.csv", "--certainty", "nan"),
    ],
)
def test_options_that_are_no_numbers_to_reckon_with_are_refused(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert "is not a usable number" in validation_error(assay(tmp_path, *words))
