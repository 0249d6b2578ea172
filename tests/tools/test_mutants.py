"""tools/mutants.py finds what the tests of a small package let pass, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

from tools.mutant_runs import Map
from tools.mutation import mutants

ROOT = Path(__file__).resolve().parents[2]
CODE = "def larger(a, b):\n    return a - b > 0\n\n\ndef twice(a):\n    return a + a\n"
WEAK = """\
from assay.core.sums import larger, twice
def test_larger(): assert larger(3, 1)
"""
STRONG = """\
import subprocess, sys
from assay.core.sums import larger, twice
def test_larger(): assert (larger(3, 1), larger(3, 3), larger(3, 4)) == (True, False, False)
def test_edges(): assert larger(1.5, 1)
def test_twice():
    called = [sys.executable, "-c", "from assay.core.sums import twice; print(twice(3))"]
    assert twice(0) == 0
    assert subprocess.run(called, capture_output=True, text=True).stdout == "6\\n"
"""


def tried(folder: Path, tests: str) -> tuple[int, str]:
    for name in ("mutants.py", "mutation.py", "mutant_runs.py", "mutants_equivalent.toml"):
        target = folder / "tools" / name
        target.parent.mkdir(exist_ok=True)
        target.write_text((ROOT / "tools" / name).read_text("utf-8"), "utf-8")
    (folder / "tools" / "mutant_site").symlink_to(ROOT / "tools" / "mutant_site")
    for name, content in (
        ("src/assay/__init__.py", ""),
        ("src/assay/core/__init__.py", ""),
        ("src/assay/core/sums.py", CODE),
        ("tests/core/test_sums.py", tests),
        ("tests/contracts/test_none.py", ""),
        ("tests/conftest.py", "from hypothesis import settings\n"
                              "settings.register_profile('mutants')\n"),
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    command = [sys.executable, str(folder / "tools" / "mutants.py"), "--package", "core"]
    env = os.environ | {"PYTHONPATH": str(folder / "src")}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_what_no_test_notices_is_listed_with_its_change(tmp_path: Path) -> None:
    code, said = tried(tmp_path, WEAK)
    assert code == 1
    assert "+    return a - b >= 0" in said
    assert "+    return a - a" in said
    assert "core            6 tried" in said


def test_tests_that_notice_kill_all_also_through_another_process(tmp_path: Path) -> None:
    code, said = tried(tmp_path, STRONG)
    assert (code, "0 alive (0%)" in said) == (0, True), said


def test_a_line_that_an_import_runs_has_the_tests_of_its_file_or_of_all() -> None:
    both = mutants("m.py", "def f():\n    return 1 + 2\n\n\nA = 3 + 4\n")
    called, imported = [mutant for mutant in both if mutant.kind == "arithmetic"]
    seconds = {"tests/p/test_m.py::a": 0.1, "tests/p/test_o.py::b": 0.2}
    assert not called.at_import
    assert imported.at_import
    nobody = Map({"m.py": {5: set()}}, seconds)
    assert nobody.of(called) == []
    assert nobody.of(imported) == list(seconds)
    once = Map({"m.py": {2: set(), 5: set()}}, seconds)
    assert once.of(called) == list(seconds)
    one = Map({"m.py": {2: {"tests/p/test_o.py::b"}, 5: set()}}, seconds)
    assert one.of(called) == ["tests/p/test_o.py::b"]
    assert one.of(imported) == ["tests/p/test_o.py::b", "tests/p/test_m.py::a"]
