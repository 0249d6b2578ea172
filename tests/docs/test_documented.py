import re
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


def test_every_page_is_on_the_index() -> None:
    linked = set(re.findall(r"\]\((\S+\.md)\)", (ROOT / "docs/index.md").read_text("utf-8")))
    assert linked == {p.name for p in (ROOT / "docs").glob("*.md")} - {"index.md"}


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name
)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.M | re.S)
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    assert [x for x in links if "://" not in x and not (page.parent / x).exists()] == []
