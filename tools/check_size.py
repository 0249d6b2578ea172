"""Fails on files above 400 lines and functions above 60: both are signs of two subjects in one."""

import ast
import sys
from pathlib import Path

LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def complaints(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    found = [f"{path}: {lines} lines, at most {LONGEST_FILE}"] if lines > LONGEST_FILE else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                found.append(f"{path}:{node.lineno} {node.name}: {length} lines")
    return found


def main() -> int:
    paths = [p for root in ("src", "bench", "examples", "tools") for p in Path(root).rglob("*.py")]
    found = [line for path in sorted(paths) for line in complaints(path)]
    print("\n".join(found) or f"{len(paths)} files within size")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
