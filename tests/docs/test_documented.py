from pathlib import Path

import pytest

from assay.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = "\n".join(
    p.read_text(encoding="utf-8") for p in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_documented(name: str) -> None:
    assert f"assay {name}" in PAGES
