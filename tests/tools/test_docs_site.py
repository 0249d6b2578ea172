import json
import re
from pathlib import Path

from assay.cli import root
from tools.docs_site import SCHEMA, commands, from_root, in_site, task_file, written

ROOT = Path(__file__).resolve().parents[2]


def test_every_command_has_its_heading_and_options() -> None:
    page = commands()
    assert [name for name in root.named if f"## `assay {name}`" not in page] == []
    assert "| `--limit` |" in page
    assert "### `assay audit draw`" in page


def test_every_key_of_the_schema_is_a_row() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    kinds = [schema, *(k for k in schema["$defs"].values() if "properties" in k)]
    page = task_file(schema)
    assert [key for k in kinds for key in k["properties"] if f"| `{key}` |" not in page] == []


def test_links_between_types_lead_to_headings() -> None:
    page = task_file(json.loads(SCHEMA.read_text(encoding="utf-8")))
    headings = {name.lower() for name in re.findall(r"^## `(\w+)`", page, re.M)}
    assert set(re.findall(r"\(#(\w+)\)", page)) <= headings


def test_links_lead_to_where_files_are_in_the_site() -> None:
    moved = in_site(from_root("[a](docs/run.md) [b](CHANGELOG.md) [c](https://x.org) [d](#e)"))
    assert moved == "[a](run.md) [b](changelog.md) [c](https://x.org) [d](#e)"
    assert in_site("[a](../examples/x.yaml)") == "[a](examples/x.yaml)"


def test_a_page_without_a_marker_is_left_as_it_is() -> None:
    assert written("# Runs\n") == "# Runs\n"


def test_contributing_lists_every_package() -> None:
    layout = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| `tests`")[0]
    listed = re.findall(r"^\| `(\w+)` \|", layout, re.M)
    packages = [p.parent.name for p in (ROOT / "src/assay").glob("*/__init__.py")]
    assert sorted(listed) == sorted(packages)


def test_every_page_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("nav:")[2]
    assert [p.name for p in (ROOT / "docs").glob("*.md") if f": {p.name}\n" not in nav] == []
