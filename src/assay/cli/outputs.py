"""The option that names a file to write, and `--force`: the same in all commands.

The output is checked while the options are read, so that an output that would replace an input
is refused before any request or cost.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FORCE = "Overwrite an existing file; never one that is read."


def _claimed(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and not context.resilient_parsing:
        from assay.data.replacing import wanted

        wanted(path)
    return path


def _forced(context: click.Context, option: click.Parameter, force: bool) -> None:
    from assay.data.inputs import Files, files

    context.with_resource(files(Files(force=force)))


def force_option(command: click.decorators.FC) -> click.decorators.FC:
    """`--force`, read before the output option; not passed to the command."""
    flag = click.option(
        "--force", is_flag=True, is_eager=True, expose_value=False, callback=_forced, help=FORCE
    )
    return flag(command)


def output_option(*names: str, help: str, **more: Any) -> Callable[[Callable[..., Any]], Any]:
    """A file to write, called -o and --out if nothing else, and `--force`."""

    called = names or ("-o", "--out")

    def add(command: Callable[..., Any]) -> Any:
        named = click.option(
            *called,
            type=click.Path(path_type=Path),
            callback=_claimed,
            help=help,
            **more,
        )
        return named(force_option(command))

    return add
