"""The house figures, on code that is known."""

import ast
from pathlib import Path

import pytest

from tools.check_size import figures, largest_package, share_inside, too_long

LONG = "def f():\n" + "    x = 1\n" * 60
DEEP = "def f(x):\n" + "".join(f"    if x == {i}:\n        return {i}\n" for i in range(11))


def test_long_functions_and_files_are_named() -> None:
    assert list(too_long(Path("a.py"), LONG, ast.parse(LONG))) == ["a.py:1 f: 61 lines"]
    text = "x = 1\n" * 401
    assert list(too_long(Path("a.py"), text, ast.parse(text))) == ["a.py: 401 lines, at most 400"]


def test_an_import_in_a_nested_function_counts_once() -> None:
    text = "import a\nimport b\nimport c\ndef f():\n    def g():\n        import d\n"
    assert share_inside([ast.parse(text)]) == 0.25


def test_a_sub_package_counts_by_itself() -> None:
    texts = {Path("a/x.py"): "1\n", Path("a/b/x.py"): "1\n2\n", Path("a/b/y.py"): "1\n"}
    assert largest_package(texts) == (Path("a/b"), 0.75)


def test_figures_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LONG)
    (tmp_path / "b.py").write_text(DEEP)
    found = {what: value for what, value, _ in figures(str(tmp_path))}
    assert found["median lines of a function"] == 42
    assert found["share of the functions of complexity above 10"] == 0.5
    assert found[f"share of the lines in {tmp_path}"] == pytest.approx(1)
