import re
from pathlib import Path

import click
import pytest

from assay.cli import root

ROOT = Path(__file__).resolve().parents[2]
OF_BENCHES = {
    "--designs",
    "--kills",
    "--large",
    "--memory",
    "--rare",
    "--replications",
    "--sizes",
    "--small",
    "--store",
    "--votes",
}
OF_TOOLS = {"--jobs", "--package", "--raise", "--sample", "--seconds"}
OF_SERVERS = {"--config", "--max-logprobs", "--mmproj", "--port"}
PAGES = "\n".join(
    p.read_text(encoding="utf-8") for p in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
)


@pytest.mark.parametrize("name", root.named)
def test_each_command_is_documented(name: str) -> None:
    assert f"assay {name}" in PAGES


def options(command: click.Command) -> set[str]:
    own = {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("--")}
    if not isinstance(command, click.Group):
        return own
    inner = [
        command.get_command(click.Context(command), n)
        for n in command.list_commands(click.Context(command))
    ]
    return own.union(*(options(c) for c in inner if c is not None))


def test_options_of_commands_are_those_that_pages_tell_of() -> None:
    described = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGES))
    assert described - options(root) - OF_BENCHES - OF_TOOLS - OF_SERVERS == {"--help"}
    assert options(root) - described == {"--version"}


def test_every_page_is_on_the_index() -> None:
    linked = set(re.findall(r"\]\((\w\S+\.md)\)", (ROOT / "docs/index.md").read_text("utf-8")))
    assert linked == {p.name for p in (ROOT / "docs").glob("*.md")} - {"index.md"}


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))],
    ids=lambda p: p.name,
)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.M | re.S)
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    assert [x for x in links if "://" not in x and not (page.parent / x).exists()] == []
