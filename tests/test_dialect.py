"""The package's own prose keeps to plain words: messages, help texts, docstrings and comments."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "assay"

# Words and phrases that an engineer has to read twice, or that the field calls otherwise.
DIALECT = (
    "told", "beside", "dear", "dearer", "dearest", "anew", "parted by", "mended", "commonest",
    "dealt", "surest", "shaky", "owed", "nought", "aught", "thereof", "whereof", "whence", "hither",
    "lest", "of the answered", "right, of", "write over", "such as it is", "reckon", "reckoned",
    "way to label", "cannot be told", "95 %", "left open", "no annotator is called",
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


def test_a_word_of_the_dialect_is_found_in_comments_and_texts() -> None:
    source = 'x = f"the error is told to {name}"  # mended beside it\ny = "dear"\n'
    assert [bool(PATTERN.search(text)) for text in prose(source)] == [True, True]
    assert not PATTERN.search("the folder in `beside`, and a clear total")
