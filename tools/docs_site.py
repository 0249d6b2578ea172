"""Writes out/site-source, which the documentation site is built from (see mkdocs.yml).

It holds docs/, the repository's files that pages link to (`../examples/…`) with the links changed,
and the two pages that are written from the commands and from the JSON schema of task files.

    python tools/docs_site.py && zensical build --strict -f mkdocs.yml
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from assay.cli import root

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "out" / "site-source"
SCHEMA = ROOT / "src/assay/taskfile/task.schema.json"
PAGES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md",
         "SECURITY.md": "security-policy.md"}  # fmt: skip
COPIED = ("examples/*/*.*", "src/assay/taskfile/*.json", "CITATION.cff", "bench/*.py")


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    shutil.copytree(ROOT / "docs", OUT)
    for pattern in COPIED:
        for path in sorted(ROOT.glob(pattern)):
            place = OUT / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    for path in sorted(OUT.glob("*.md")):
        path.write_text(written(in_site(path.read_text(encoding="utf-8"))), encoding="utf-8")
    for name, page in PAGES.items():
        text = in_site(from_root((ROOT / name).read_text(encoding="utf-8")))
        (OUT / page).write_text(text, encoding="utf-8")


def written(markdown: str) -> str:
    """The page with what is written from the commands and from the schema in it."""
    if "::: commands" in markdown:
        return markdown.replace("::: commands", commands())
    if "::: task-file" in markdown:
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        return markdown.replace("::: task-file", task_file(schema))
    return markdown


def from_root(text: str) -> str:
    """Links of a file at the root, as they are from docs/."""
    text = re.sub(r"\]\(docs/decisions\)", "](index.md)", text)
    text = re.sub(r"\]\((?!docs/|https?:|#|mailto:)([^)]+)\)", r"](../\1)", text)
    return re.sub(r"\]\(docs/", "](", text)


def in_site(text: str) -> str:
    """Links out of docs/, as they are where those files are copied to."""
    for name, page in PAGES.items():
        text = text.replace(f"](../{name})", f"]({page})")
    return text.replace("](../", "](")


def commands() -> str:
    return "\n".join(_command(root, click.Context(root, info_name="assay"), 2))


def _command(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    if context.parent is not None:
        yield f"\n{'#' * level} `{context.command_path}`\n"
        yield f"{_paragraphs(command.help or '')}\n"
        usage = " ".join(command.collect_usage_pieces(context))
        yield f"```text\n{context.command_path} {usage}\n```\n"
        yield from _options(command)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                within = click.Context(inner, parent=context, info_name=name)
                yield from _command(inner, within, level + (context.parent is not None))


def _paragraphs(text: str) -> str:
    lines = text.replace("\b", "").splitlines()
    return "\n".join(re.sub(r"[<>]", lambda m: f"\\{m[0]}", line.strip()) for line in lines)


def _options(command: click.Command) -> Iterator[str]:
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if not options:
        return
    yield "| option | meaning |\n|---|---|"
    for option in options:
        names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
        yield f"| {names} | {_cell(option.help or '')}{_choices(option)}{_default(option)} |"
    yield ""


def _choices(option: click.Option) -> str:
    if not isinstance(option.type, click.Choice):
        return ""
    return " One of " + ", ".join(f"`{choice}`" for choice in option.type.choices) + "."


def _default(option: click.Option) -> str:
    shown = option.show_default and option.default not in (None, (), False)
    return f" Default `{_cell(str(option.default))}`." if shown else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;")


def task_file(schema: dict[str, Any]) -> str:
    lines = list(_keys("The file", schema))
    for name, kind in sorted(schema.get("$defs", {}).items()):
        if "properties" in kind:
            lines += _keys(f"`{name}`", kind)
    return "\n".join(lines)


def _keys(name: str, kind: dict[str, Any]) -> Iterator[str]:
    yield f"\n## {name}\n"
    if kind.get("description"):
        yield f"{_cell(kind['description'])}\n"
    yield "| key | is | meaning | default |\n|---|---|---|---|"
    required = kind.get("required", [])
    for key, spec in kind["properties"].items():
        default = "required" if key in required else _value(spec.get("default"))
        yield f"| `{key}` | {_type(spec)} | {_cell(spec.get('description', ''))} | {default} |"
    yield ""


def _value(default: object) -> str:
    return (
        ""
        if default is None or isinstance(default, dict)
        else f"`{json.dumps(default, ensure_ascii=False)}`"
    )


def _type(spec: dict[str, Any]) -> str:
    if "$ref" in spec:
        name = spec["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in spec or "const" in spec:
        return ", ".join(f"`{one}`" for one in spec.get("enum", [spec.get("const")]))
    kinds = spec.get("anyOf") or spec.get("oneOf")
    if kinds:
        return " or ".join(dict.fromkeys(_type(k) for k in kinds if k.get("type") != "null"))
    if spec.get("type") == "array":
        return f"list of {_type(spec.get('items', {}))}"
    if spec.get("type") == "object":
        inner = spec.get("additionalProperties")
        return f"names to {_type(inner)}" if isinstance(inner, dict) else "object"
    return str(spec.get("type", "anything"))


if __name__ == "__main__":
    main()
