"""The argument that names a task file: left out, `task.yaml` of this folder is taken."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.decorators import FC

USUAL = "task.yaml"


def _usual(context: click.Context, argument: click.Parameter, given: Any) -> Any:
    if given is not None or context.resilient_parsing:
        return given
    if not Path(USUAL).is_file():
        raise click.UsageError(
            f"there is no {USUAL} in this folder; `assay init DATA` writes one, or name a file",
            context,
        )
    click.echo(f"reading {USUAL}", err=True)
    return argument.type_cast_value(context, USUAL)


def task_argument(name: str = "task") -> Callable[[FC], FC]:
    """An optional argument; the command says on stderr that it took the usual file."""
    return click.argument(name, type=click.Path(path_type=Path), required=False, callback=_usual)


source_argument = click.argument("source", required=False, callback=_usual)
