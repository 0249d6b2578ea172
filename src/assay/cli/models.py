"""`assay models`: list, fetch and remove the files of the embedded models."""

import json

import click

from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.outputs import dry_option
from assay.cli.tables import format_option, offer
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
@format_option
def list_command(as_json: bool) -> None:
    """List the models, their licences, and what is cached."""
    show(as_json)


@models_command.command("fetch", epilog=examples("assay models fetch smollm2-135m-instruct"))
@click.argument("names", nargs=-1)
@dry_option("Say what would be downloaded; download nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the files as JSON on stdout.")
def fetch_command(names: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Download NAMES (none: all) into the cache.

    The sha256 of each file is checked.
    """

    cache = default_cache()
    paths: dict[str, str] = {}
    for entry in [named(name) for name in names] or CATALOGUE:
        if not cache.has(entry):
            would = "would fetch" if dry_run else "fetching"
            click.echo(f"{would} {entry.name} ({entry.size / 1e6:.0f} MB) ...", err=True)
        paths[entry.name] = str(cache.path(entry) if dry_run else cache.fetch(entry))
        if not as_json:
            click.echo(paths[entry.name])
    if as_json:
        print_json({"files": paths, "dry_run": dry_run})


@models_command.command("remove", epilog=examples("assay models remove smollm2-135m-instruct"))
@click.argument("names", nargs=-1, required=True)
@dry_option("Say what would be deleted; delete nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON on stdout.")
def remove_command(names: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Delete NAMES from the cache."""
    cache = default_cache()
    removed: dict[str, bool] = {}
    for entry in [named(name) for name in names]:
        there = removed[entry.name] = cache.has(entry) if dry_run else cache.remove(entry)
        done = "would be removed" if dry_run else "removed"
        click.echo(f"{entry.name}: {done if there else 'was not there'}", err=True)
    if as_json:
        print_json({"removed": removed, "dry_run": dry_run})


def named(name: str) -> Entry:
    if name not in BY_NAME:
        raise SpecError(f"no such model: {name!r}; there are {', '.join(BY_NAME)}")
    return BY_NAME[name]


def _place(entry: Entry) -> str:
    cache = default_cache()
    return str(cache.path(entry)) if cache.has(entry) else "not fetched"


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
    head = ("name", "size", "licence", "path", "use")
    offer(
        [
            head,
            *((e.name, f"{e.size / 1e6:.1f} MB", e.licence, _place(e), e.use) for e in CATALOGUE),
        ]
    )
    for entry in CATALOGUE:
        there = _place(entry)
        size = f"{entry.size / 1e6:.1f} MB"
        click.echo(f"{entry.name:22} {size:>9}  {entry.licence:11} {there}\n{'':24}{entry.use}")
