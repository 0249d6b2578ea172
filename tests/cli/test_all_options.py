"""Every option of every command: its default, its range, its choices, as users rely on them."""

from collections.abc import Iterator
from pathlib import Path

import click

from assay.cli import root
from tests.worked import as_kept

RANGE = ("min", "max", "min_open", "max_open", "choices")


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield f"{before}{name}", found
        if isinstance(found, click.Group):
            yield from commands(found, f"{before}{name} ")


def described(one: click.Parameter) -> dict[str, object]:
    """Only what differs from an option that takes one word."""
    kind = one.type
    said: dict[str, object] = {"type": kind.name, "names": [*one.opts, *one.secondary_opts]}
    said |= {key: value for key in RANGE if (value := getattr(kind, key, None)) is not None}
    said |= {"nargs": one.nargs} if one.nargs != 1 else {}
    for key in ("required", "multiple", "is_flag"):
        said |= {key: True} if getattr(one, key, False) else {}
    default = one.to_info_dict()["default"]
    return said | ({} if default is None else {"default": str(default)})


def test_every_option_has_the_default_and_the_range_that_it_had() -> None:
    found = {
        name: {str(one.name): described(one) for one in command.params}
        for name, command in commands(root)
    }
    assert len(found) > 20
    as_kept(Path(__file__).parent / "worked" / "options.json", found)
