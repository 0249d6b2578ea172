"""The option that names a file to write, with `--force` and `--dry-run`: the same everywhere.

The output is checked while the options are read, so that an output that would replace an input
is refused before any request or cost. `-` is stdout, where the file is text.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import click

from assay.cli.streams import DASH, stdout_kept

if TYPE_CHECKING:
    from assay.data.inputs import Files

FORCE = "Overwrite an existing file; never one that is read."
DRY = "Check everything and say what would be written; write nothing."
FILES, STDOUT = "assay.files", "assay.stdout"


def _files(context: click.Context) -> "Files":
    """Those of this command; made at first sight."""
    from assay.data.inputs import Files, files

    if FILES not in context.meta:
        context.meta[FILES] = context.with_resource(files(Files()))
    found: Files = context.meta[FILES]
    return found


def _forced(context: click.Context, option: click.Parameter, force: bool) -> None:
    _files(context).force = force


def _rehearsed(context: click.Context, option: click.Parameter, dry: bool) -> bool:
    _files(context).dry = dry
    return dry


def force_option(command: click.decorators.FC) -> click.decorators.FC:
    """`--force`, read before the output option; not passed to the command."""
    flag = click.option(
        "--force", is_flag=True, is_eager=True, expose_value=False, callback=_forced, help=FORCE
    )
    return flag(command)


def dry_option(help: str = DRY, passed: bool = True) -> Callable[[Callable[..., Any]], Any]:
    """`--dry-run`: files are made and thrown away; passed to commands that do more than write."""
    return click.option(
        "--dry-run", is_flag=True, is_eager=True, expose_value=passed, callback=_rehearsed,
        help=help,
    )  # fmt: skip


def output_option(
    *names: str, help: str, stdout: str | None = None, dry: bool = True, **more: Any
) -> Callable[[Callable[..., Any]], Any]:
    """A file to write, called -o and --out if nothing else, `--force` and `--dry-run` (unless the
    command has its own). `stdout`: the ending of the file that `-` stands for, if it may."""

    def claimed(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
        if path is None or context.resilient_parsing:
            return path
        if str(path).startswith(DASH) and stdout is not None:
            return _to_stdout(context, str(path)[1:] or stdout)
        from assay.data.replacing import wanted

        wanted(path)
        return path

    def add(command: Callable[..., Any]) -> Any:
        named = click.option(
            *(names or ("-o", "--out")), type=click.Path(path_type=Path), callback=claimed,
            help=help, **more,
        )  # fmt: skip
        rehearsable = dry_option(passed=False)(command) if dry else command
        return named(force_option(rehearsable))

    return add


def _to_stdout(context: click.Context, ending: str) -> Path:
    """A file whose content is put out at the end, while what is printed goes to stderr."""
    if "--json" in sys.argv[1:]:
        raise click.UsageError("--json and `-o -` both write to stdout; give a file name", context)
    folder = Path(mkdtemp(prefix="assay-"))
    stream = context.with_resource(stdout_kept())
    place = context.meta[STDOUT] = folder / f"stdout{ending}"

    def put_out() -> None:
        if place.is_file():
            click.echo(place.read_text(encoding="utf-8"), file=stream, nl=False)
        shutil.rmtree(folder, ignore_errors=True)

    context.call_on_close(put_out)
    return place


def named(out: Path) -> str:
    """An output in a message."""
    context = click.get_current_context(silent=True)
    return "stdout" if context is not None and context.meta.get(STDOUT) == out else str(out)


def rehearsing() -> bool:
    """Whether `--dry-run` was given."""
    context = click.get_current_context(silent=True)
    return context is not None and FILES in context.meta and context.meta[FILES].dry


def dry_mark() -> dict[str, object]:
    """What a rehearsal adds to JSON."""
    return {"dry_run": True} if rehearsing() else {}


def written_to(out: Path) -> str:
    """The end of a sentence: that it was written, or would be."""
    if rehearsing():
        return f"would be written to {named(out)}; nothing was, because of --dry-run"
    return f"written to {named(out)}"


def wrote(out: Path) -> str:
    return f"would write {named(out)}" if rehearsing() else f"wrote {named(out)}"
