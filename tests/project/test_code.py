"""Code that a task file names, known by where it is and what is in it, without importing it."""

import importlib.metadata
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from assay.core.errors import SpecError
from assay.project.code import (
    NOWHERE,
    Code,
    allowed,
    code_in,
    code_of,
    from_source,
    looking,
    permit,
    saying,
    trust,
)
from assay.taskfile.annotators import AnnotatorSpec, PanelSpec, PluginSpec, RuleSpec
from tests.project.opened import opened


def rule(name: str) -> RuleSpec:
    return RuleSpec(kind="rule", rule=name)


def found(name: str) -> Code:
    code = code_in("m", rule(name))
    assert code is not None
    return code


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `mine` with a module `deep`, beside a module `alone`; nothing is trusted."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "mine" / "deep.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "alone.py").write_text("raise SystemExit('imported')\n")
    return tmp_path


@pytest.mark.parametrize(
    ("named", "where"),
    [
        ("alone:judge", "alone.py"),
        ("mine:judge", "mine/__init__.py"),
        ("mine.deep:judge", "mine/deep.py"),
        (" alone :judge", "alone.py"),
    ],
)
def test_a_module_is_found_and_not_imported(named: str, where: str, place: Path) -> None:
    code = found(named)
    assert (code.annotator, code.what, code.where) == ("m", f"rule {named}", str(place / where))
    assert not {"alone", "mine", "mine.deep"} & set(sys.modules)
    assert str(code) == f"annotator 'm' runs code, rule {named} ({place / where})"


@pytest.mark.parametrize("named", ["none:x", "mine.none:x", "alone.deep:x", "mine.deep.er:x", ":x"])
def test_a_module_that_is_not_there_is_nowhere(named: str) -> None:
    assert found(named).where == NOWHERE


def test_what_is_compiled_into_python_has_no_file() -> None:
    assert found("sys:exit").where == "part of Python"
    assert found("sys:exit").digest != found("sys:settrace").digest


@pytest.mark.parametrize("spec", [rule("vader"), rule("plain"), PanelSpec(kind="panel")])
def test_what_ships_with_assay_is_no_foreign_code(spec: AnnotatorSpec) -> None:
    assert code_in("m", spec) is None


def test_the_digest_is_of_name_and_sources(place: Path) -> None:
    before = {name: found(name).digest for name in ("alone:a", "mine:a", "mine.deep:a")}
    assert found("alone:a").digest == before["alone:a"]
    assert found("alone:b").digest != before["alone:a"]
    (place / "mine" / "deep.py").write_text("x = 1\n")
    assert found("mine:a").digest != before["mine:a"], "a package may import all that is in it"
    assert found("mine.deep:a").digest != before["mine.deep:a"]
    assert found("alone:a").digest == before["alone:a"]
    (place / "mine" / "more.py").write_text("")
    again = found("mine.deep:a").digest
    (place / "mine" / "more.py").rename(place / "mine" / "other.py")
    assert found("mine.deep:a").digest != again


def test_code_is_asked_about_until_it_is_allowed_or_changed(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = found("alone:judge")
    assert not code.trusted
    with pytest.raises(SpecError, match=r"which is not trusted yet; .* --allow-code"):
        permit(code, allow=False)
    assert capsys.readouterr().err == ""
    permit(code, allow=True)
    assert capsys.readouterr().err == f"note: {code}\n"
    assert code.trusted
    permit(code, allow=False)
    assert capsys.readouterr().err == f"note: {code}\n"
    (place / "alone.py").write_text("y = 2\n")
    assert not found("alone:judge").trusted


def test_each_trust_is_kept_on_a_line_of_its_own(place: Path) -> None:
    one, two = found("alone:a"), found("mine:b")
    trust(one)
    trust(two)
    permit(one, allow=True)
    lines = (place / "config" / "assay" / "trusted-code").read_text().splitlines()
    assert [line.split()[0] for line in lines] == [one.digest, two.digest]
    assert "'rule alone:a'" in lines[0]


def test_a_folder_that_cannot_be_written_costs_only_the_memory(place: Path) -> None:
    (place / "config").write_text("a file\n")
    permit(found("alone:a"), allow=True)
    assert not found("alone:a").trusted


def test_a_plugin_is_the_code_of_its_entry_point(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(group: str, name: str) -> list[EntryPoint]:
        there = {
            ("assay.annotators", "mine"): "mine.deep:make",
            ("assay.rules", "r"): "alone:judge",
        }
        return [EntryPoint(name, there[group, name], group)] if (group, name) in there else []

    monkeypatch.setattr(importlib.metadata, "entry_points", known)
    code = code_in("m", PluginSpec(kind="plugin", plugin="mine"))
    assert code is not None
    assert (code.what, code.where) == ("plugin mine", str(place / "mine" / "deep.py"))
    gone = code_in("m", PluginSpec(kind="plugin", plugin="none"))
    assert gone is not None
    assert gone.where == NOWHERE
    assert found("r").where == str(place / "alone.py")


def test_all_code_of_a_task_is_listed(tmp_path: Path) -> None:
    more = (
        "annotators:\n  a: {kind: rule, rule: 'alone:x'}\n  v: {kind: panel}\n"
        "  b: {kind: rule, rule: 'mine:y'}\n"
    )
    assert [code.annotator for code in code_of(opened(tmp_path, more).file)] == ["a", "b"]


def test_blocks_leave_things_as_they_were() -> None:
    def broken() -> None:
        with saying(looking), from_source():
            assert looking.get()
            assert str(sys.pycache_prefix).endswith("bytecode")
            raise KeyError

    before = sys.pycache_prefix
    with pytest.raises(KeyError):
        broken()
    assert not looking.get()
    assert sys.pycache_prefix == before


def test_a_project_lets_code_run_only_where_it_is_opened_so(tmp_path: Path) -> None:
    assert not opened(tmp_path).allow_code
    with saying(allowed):
        assert opened(tmp_path).allow_code
    assert not opened(tmp_path).allow_code
    with pytest.raises(SpecError, match="--allow-code"):
        _ = opened(tmp_path, "annotators: {m: {kind: rule, rule: 'alone:judge'}}\n").annotators
