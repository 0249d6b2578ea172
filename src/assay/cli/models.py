"""`assay models`: list, fetch and remove the files of the embedded models."""

import json

import click

from assay.cli.common import examples
from assay.core.errors import SpecError
from assay.models.cache import BY_NAME, CATALOGUE, Entry, default_cache


@click.group(
    "models",
    invoke_without_command=True,
    epilog=examples("assay models", "assay models fetch smollm2-135m-instruct"),
)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def models_command(ctx: click.Context, as_json: bool) -> None:
    """List, fetch and remove the embedded models (alone: list)."""
    if ctx.invoked_subcommand is None:
        show(as_json)


@models_command.command("list", epilog=examples("assay models list --json"))
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_command(as_json: bool) -> None:
    """List the models, their licences, and what is cached."""
    show(as_json)


@models_command.command("fetch", epilog=examples("assay models fetch smollm2-135m-instruct"))
@click.argument("names", nargs=-1)
def fetch_command(names: tuple[str, ...]) -> None:
    """Download NAMES (none: all) into the cache.

    The sha256 of each file is checked.
    """

    cache = default_cache()
    for entry in [named(name) for name in names] or CATALOGUE:
        if not cache.has(entry):
            click.echo(f"fetching {entry.name} ({entry.size / 1e6:.0f} MB) ...", err=True)
        click.echo(str(cache.fetch(entry)))


@models_command.command("remove", epilog=examples("assay models remove smollm2-135m-instruct"))
@click.argument("names", nargs=-1, required=True)
def remove_command(names: tuple[str, ...]) -> None:
    """Delete NAMES from the cache."""
    cache = default_cache()
    for entry in [named(name) for name in names]:
        there = cache.remove(entry)
        click.echo(f"{entry.name}: {'removed' if there else 'was not there'}", err=True)


def named(name: str) -> Entry:
    if name not in BY_NAME:
        raise SpecError(f"no such model: {name!r}; there are {', '.join(BY_NAME)}")
    return BY_NAME[name]


def show(as_json: bool) -> None:
    cache = default_cache()
    rows = [
        {
            "name": entry.name,
            "use": entry.use,
            "size": entry.size,
            "licence": entry.licence,
            "package": f"{entry.package}=={entry.version}",
            "sha256": entry.sha256,
            "path": str(cache.path(entry)) if cache.has(entry) else None,
        }
        for entry in CATALOGUE
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for entry in CATALOGUE:
        there = str(cache.path(entry)) if cache.has(entry) else "not fetched"
        size = f"{entry.size / 1e6:.1f} MB"
        click.echo(f"{entry.name:22} {size:>9}  {entry.licence:11} {there}\n{'':24}{entry.use}")
