"""stdin as a file of data, and stdout kept for what a command was asked to put there."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TextIO

import click

DASH = "-"
DATA = frozenset({
    "source", "path", "people_files", "model_files", "slices", "prices", "truth", "gold",
    "families", "labels_of", "sheet", "answers", "labels", "records",
})  # fmt: skip
SPOOLED = "assay.stdin"  # in the context: the file that stdin became
_folders: list[str] = []  # of spooled files, which messages leave out


class DataFile(click.ParamType):  # type: ignore[type-arg] # older releases take no argument
    """What the parameter takes, or `-`: the data come on stdin, and are kept in a file."""

    def __init__(self, inner: "click.ParamType[Any]") -> None:
        self.inner, self.name = inner, inner.name

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        if str(value) == DASH and ctx is not None and not ctx.resilient_parsing:
            value = _spooled(ctx)
        return self.inner.convert(value, param, ctx)


def take_stdin(command: click.Command) -> None:
    """Makes the parameters that name a file of data take `-`."""
    for param in command.params:
        a_path = isinstance(param.type, click.Path) or param.name == "source"
        if param.name in DATA and a_path:
            param.type = DataFile(param.type)


def _spooled(ctx: click.Context) -> str:
    if SPOOLED in ctx.meta:
        raise click.UsageError("only one input can be `-`: stdin is read once", ctx)
    if sys.stdin is None:
        raise click.UsageError("stdin is closed; give a file name", ctx)
    folder = mkdtemp(prefix="assay-")
    _folders.append(folder)
    ctx.call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
    raw = Path(folder) / "raw"
    with raw.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    place = raw.rename(raw.with_name(f"stdin{_ending(raw)}"))
    ctx.meta[SPOOLED] = place
    click.echo(f"note: reading {place.suffix[1:]} from stdin", err=True)
    return str(place)


def _ending(raw: Path) -> str:
    """What the data are, by their beginning."""
    with raw.open("rb") as file:
        line = file.readline(1_000_000)
    start = line.lstrip()[:1]
    if line.startswith(b"PAR1"):
        return ".parquet"
    if start == b"[":
        return ".json"
    if start == b"{":
        return ".jsonl" if _is_json(line) else ".json"
    return ".tsv" if b"\t" in line and b"," not in line else ".csv"


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def without_folders(message: str) -> str:
    """Files made of stdin are called by their name alone."""
    for folder in _folders:
        message = message.replace(f"{folder}/", "")
    return message


@contextmanager
def stdout_kept() -> Iterator[TextIO]:
    """What is printed goes to stderr; the stream yielded is stdout."""
    real = sys.stdout
    sys.stdout = sys.stderr
    try:
        yield real
    finally:
        sys.stdout = real
