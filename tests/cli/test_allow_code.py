"""Code that a task file names runs only where somebody said so."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import assay as python
from assay.core.errors import SpecError
from tests.cli.commands import LEDGER, TASK, assay, project, validation_error

RULE = """
from pathlib import Path
with Path({log!r}).open("a") as file:
    file.write("imported ")

def judge(record):
    return "positive"
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module that leaves a trace where it is imported."""
    name = f"judge_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(RULE.format(log=str(tmp_path / "log")))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    project(tmp_path, who=f"{{kind: rule, rule: '{name}:judge'}}")
    yield name
    sys.modules.pop(name, None)


def ran(folder: Path, module: str) -> bool:
    sys.modules.pop(module, None)
    log = folder / "log"
    seen = log.exists()
    log.unlink(missing_ok=True)
    return seen


@pytest.mark.parametrize(
    ("who", "named"),
    [
        ("{kind: rule, rule: 'sys:exit'}", "rule sys:exit (part of Python)"),
        ("{kind: rule, rule: 'code:interact'}", "rule code:interact"),
        ("{kind: rule, rule: 'os:system'}", "rule os:system"),
        ("{kind: rule, rule: 'importlib.resources:files'}", "rule importlib.resources:files"),
    ],
)
@pytest.mark.parametrize("command", ["check", "run", "plan", "report", "export"])
def test_a_function_of_python_is_never_run_unasked(
    who: str, named: str, command: str, tmp_path: Path
) -> None:
    gold = TASK + "gold: {label: label, calibration: 1}\n"
    project(tmp_path, task=gold, who=who)
    more = {"export": ["-o", "out.csv"], "plan": ["--human-label", "1"]}.get(command, [])
    done = assay(tmp_path, command, "task.yaml", *more)
    if command == "check":
        assert done.returncode == 0, done.stderr
        assert f"annotator 'one' runs code, {named}" in done.stdout
        assert "NOT trusted, not run" in done.stdout
    else:
        assert done.returncode == 2
    if command in ("run", "plan"):
        assert named in done.stderr
        assert "--allow-code" in done.stderr
    assert command == "plan" or not (tmp_path / LEDGER).exists()


def test_code_runs_where_it_was_allowed_and_until_it_changes(module: str, tmp_path: Path) -> None:
    def says(*words: str) -> str:
        return validation_error(assay(tmp_path, *words))

    assert "NOT trusted" in assay(tmp_path, "check", "task.yaml").stdout
    assert f"rule {module}:judge ({tmp_path / module}.py)" in says("run", "task.yaml")
    assert not ran(tmp_path, module)
    done = assay(tmp_path, "run", "task.yaml", "--allow-code")
    assert done.returncode == 0, done.stderr
    assert f"note: annotator 'one' runs code, rule {module}:judge" in done.stderr
    assert ran(tmp_path, module)
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 0, done.stderr
    assert "runs code" in done.stderr
    assert ran(tmp_path, module)
    done = assay(tmp_path, "check", "task.yaml")
    assert ": trusted" in done.stdout
    assert not ran(tmp_path, module)  # a check imports nothing, trusted or not
    with (tmp_path / f"{module}.py").open("a") as file:
        file.write("# changed\n")
    assert "--allow-code" in says("run", "task.yaml")
    assert not ran(tmp_path, module)


def test_a_check_can_trust_without_running(module: str, tmp_path: Path) -> None:
    done = assay(tmp_path, "check", "task.yaml", "--allow-code")
    assert ": trusted" in done.stdout
    assert not ran(tmp_path, module)
    assert assay(tmp_path, "run", "task.yaml").returncode == 0


def test_a_package_is_known_by_all_of_its_code_and_not_imported_to_be_found(
    module: str, tmp_path: Path
) -> None:
    package = tmp_path / f"{module}_pack"
    package.mkdir()
    (package / "__init__.py").write_text(RULE.format(log=str(tmp_path / "log")))
    (package / "rules.py").write_text("from .inner import judge\n")
    (package / "inner.py").write_text("def judge(record): return 'positive'\n")
    project(tmp_path, who=f"{{kind: rule, rule: '{package.name}.rules:judge'}}")
    assert assay(tmp_path, "check", "task.yaml").returncode == 0
    assert assay(tmp_path, "run", "task.yaml").returncode == 2
    assert not ran(tmp_path, module)
    assert assay(tmp_path, "check", "task.yaml", "--allow-code").returncode == 0
    (package / "inner.py").write_text("def judge(record): return 'negative'\n")
    assert assay(tmp_path, "run", "task.yaml").returncode == 2
    assert not ran(tmp_path, module)


def test_compiled_code_beside_the_source_is_not_what_runs(module: str, tmp_path: Path) -> None:
    import importlib.util
    import py_compile

    source = tmp_path / f"{module}.py"
    honest = source.read_text()
    source.write_text(honest.replace("positive", "negative"))
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    assert Path(importlib.util.cache_from_source(str(source))).exists()
    source.write_text(honest)
    assert assay(tmp_path, "run", "task.yaml", "--allow-code").returncode == 0
    words = ("export", "task.yaml", "--only-answers", "-o", "x.csv")
    assert assay(tmp_path, *words).returncode == 0
    assert "negative" not in (tmp_path / "x.csv").read_text()


def test_python_is_asked_as_well(module: str, tmp_path: Path) -> None:
    opened = python.load(tmp_path / "task.yaml")
    with pytest.raises(SpecError, match="allow_code=True"):
        opened.run()
    assert "NOT trusted" in opened.forecast().notes[0]
    assert not ran(tmp_path, module)
    opened = python.load(tmp_path / "task.yaml", allow_code=True)
    opened.forecast()
    assert not ran(tmp_path, module)
    assert {d.value for d in opened.run().decisions} == {"positive"}


def test_a_rule_that_ships_needs_no_leave(tmp_path: Path) -> None:
    project(tmp_path)
    assert "runs code" not in assay(tmp_path, "check", "task.yaml").stdout
    assert "runs code" not in assay(tmp_path, "run", "task.yaml").stderr
