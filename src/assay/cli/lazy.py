"""A group of commands whose modules are imported when they are called."""

import importlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import click

from assay.cli.common import with_shared
from assay.core.errors import meant
from assay.data.notices import notices_shown

Commands: TypeAlias = Mapping[str, Mapping[str, tuple[str, str]]]
"""By section and name, the module and the line for the group's help."""


class LazyGroup(click.Group):
    def __init__(self, *args: Any, listed: Commands, **options: Any) -> None:
        super().__init__(*args, **options)
        self.listed = listed
        self.named = {n: entry for section in listed.values() for n, entry in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.named)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.named:
            return None
        command = getattr(importlib.import_module(self.named[name][0]), f"{name}_command")
        assert isinstance(command, click.Command)
        return with_shared(command)

    def invoke(self, ctx: click.Context) -> Any:
        """One command: each note on a file once."""
        with notices_shown(lambda line: click.echo(f"note: {line}", err=True)):
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.named and not args[0].startswith("-"):
            raise click.UsageError(
                f"no such command: {args[0]!r}; {meant(args[0], self.named)}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, self.named))
        for section, commands in self.listed.items():
            with formatter.section(section):
                rows = [(name.ljust(widest), line) for name, (_, line) in commands.items()]
                formatter.write_dl(rows)
