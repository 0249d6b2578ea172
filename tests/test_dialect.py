"""Our own prose keeps to plain words: messages, help texts, docstrings, comments, names, pages."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "assay"
TEMPLATES = SOURCE / "report" / "templates"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *TEMPLATES.iterdir()])

# Words and phrases that an engineer has to read twice, or that the field calls otherwise.
DIALECT = (
    "told", "beside", "dear", "dearer", "dearest", "anew", "parted by", "mended", "commonest",
    "dealt", "surest", "shaky", "owed", "nought", "aught", "thereof", "whereof", "whence", "hither",
    "lest", "of the answered", "right, of", "write over", "such as it is", "reckon", "reckoned",
    "way to label", "cannot be told", "95 %", "left open", "no annotator is called", "whom",
)  # fmt: skip
# Words of which names are not made
NAMES = (
    "told", "beside", "dear", "anew", "mended", "mend", "commonest", "dealt", "shaky", "owed",
    "nought", "lest", "whom", "heard", "silence", "enrol", "purse", "desk", "workshop", "strays",
    "complaints",
)  # fmt: skip
PATTERN = re.compile(r"(?<![\w`])(?:" + "|".join(map(re.escape, DIALECT)) + r")(?![\w`])", re.I)

# A prompt's wording belongs to the ids of the answers to it.
STILL = {"annotators/prompt.py": 1}


def prose(source: str) -> list[str]:
    """Comments, and texts of more than one word; of formatted ones what stands outside braces."""
    found = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            found.append(" ".join(node.value.split()))
    return found


def stray(path: Path) -> list[str]:
    return [text for text in prose(path.read_text(encoding="utf-8")) if PATTERN.search(text)]


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: p.name)
def test_prose_has_no_words_of_a_dialect(path: Path) -> None:
    found = stray(path)
    allowed = STILL.get(path.relative_to(SOURCE).as_posix(), 0)
    assert len(found) == allowed, found


def page(content: str) -> list[str]:
    """The lines of a page outside code."""
    plain = re.sub(r"^```.*?^```", "", content, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", "", plain).splitlines()


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_pages_have_no_words_of_a_dialect(path: Path) -> None:
    lines = page(path.read_text(encoding="utf-8"))
    assert [line for line in lines if PATTERN.search(line)] == []


def names(source: str) -> set[str]:
    """What the source gives names to: functions, classes, parameters, variables, attributes."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: p.name)
def test_names_have_no_words_of_a_dialect(path: Path) -> None:
    found = names(path.read_text(encoding="utf-8"))
    assert [name for name in sorted(found) if words(name) & set(NAMES)] == []


def test_a_name_of_the_dialect_is_found() -> None:
    source = "class Desk:\n  def f(self, whom):\n    self.is_told = heard = 1\n"
    assert sorted(n for n in names(source) if words(n) & set(NAMES)) == [
        "Desk", "heard", "is_told", "whom",
    ]  # fmt: skip
    assert words("HTTPLimits") == {"http", "limits"}


def test_a_word_of_the_dialect_is_found_in_comments_and_texts() -> None:
    source = 'x = f"the error is told to {name}"  # mended beside it\ny = "dear"\n'
    assert [bool(PATTERN.search(text)) for text in prose(source)] == [True, True]
    assert not PATTERN.search("the folder in `beside`, and a clear total")
