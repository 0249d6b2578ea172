"""Fails where the code outgrows the house figures: of files, functions, packages and imports.

Files above 400 lines and functions above 60 are signs of two subjects in one; the others are of
`src` as a whole. That no files import each other in a ring is import-linter's to check.
"""

import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

ROOTS = ("src", "bench", "examples", "tools")
LONGEST_FILE, LONGEST_FUNCTION = 400, 60  # lines
MEDIAN, NINTH_DECILE = 7, 20  # lines of the functions of src
PACKAGE = 0.12  # of the lines of src in one package, sub-packages apart
INNER = 0.08  # of the imports of src inside functions
COMPLEX, COMPLEXITY = 0.02, 10  # of the functions of src above this cyclomatic complexity


def too_long(path: Path, text: str, tree: ast.Module) -> Iterator[str]:
    lines = len(text.splitlines())
    if lines > LONGEST_FILE:
        yield f"{path}: {lines} lines, at most {LONGEST_FILE}"
    for function in functions(tree):
        if length(function) > LONGEST_FUNCTION:
            yield f"{path}:{function.lineno} {function.name}: {length(function)} lines"


def functions(tree: ast.AST) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def imports(tree: ast.AST) -> set[ast.AST]:
    return {node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)}


def share_inside(trees: Sequence[ast.Module]) -> float:
    """Of the imports that stand inside functions."""
    inside = sum(len(set().union(*map(imports, functions(tree)))) for tree in trees)
    return inside / max(1, sum(len(imports(tree)) for tree in trees))


def largest_package(texts: dict[Path, str]) -> tuple[Path, float]:
    """The folder with the most lines of its own, and its share of all."""
    lines: Counter[Path] = Counter()
    for path, text in texts.items():
        lines[path.parent] += len(text.splitlines())
    ((package, most),) = lines.most_common(1)
    return package, most / lines.total()


def complex_functions(root: str) -> int:
    """How many are above `COMPLEXITY`, as ruff counts it."""
    limit = f"lint.mccabe.max-complexity={COMPLEXITY}"
    words = ["ruff", "check", root, "--select=C901", "--config", limit, "--output-format=json"]
    ruff = [sys.executable, "-m", *words, "--exit-zero"]
    return len(json.loads(subprocess.run(ruff, capture_output=True, check=True).stdout))


def figures(root: str) -> Iterator[tuple[str, float, float]]:
    """What is measured over a folder of packages, how much it is, and its limit."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(Path(root).rglob("*.py"))}
    trees = [ast.parse(text) for text in texts.values()]
    lengths = [length(function) for tree in trees for function in functions(tree)]
    package, share = largest_package(texts)
    yield "median lines of a function", median(lengths), MEDIAN
    yield "ninth decile of the lines of a function", quantiles(lengths, n=10)[-1], NINTH_DECILE
    yield f"share of the lines in {package}", share, PACKAGE
    yield "share of the imports inside functions", share_inside(trees), INNER
    complexity = complex_functions(root) / len(lengths)
    yield f"share of the functions of complexity above {COMPLEXITY}", complexity, COMPLEX


def main() -> int:
    paths = sorted(p for root in ROOTS for p in Path(root).rglob("*.py"))
    found: list[str] = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        found += too_long(path, text, ast.parse(text))
    for what, value, limit in figures("src"):
        print(f"{what}: {value:.3g}, at most {limit}")
        if value > limit:
            found.append(f"{what}: {value:.3g} is above {limit}")
    print("\n".join(found) or f"{len(paths)} files within size")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
