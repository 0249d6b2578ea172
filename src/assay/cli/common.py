"""What all commands share: examples below the options, `-q`, `-v` and data on stdin."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from assay.cli.streams import take_stdin

PASS = ("assay:", "warning:")  # what is said even with -q


def examples(*lines: str) -> str:
    """The end of a `--help`: command lines, shown as they are typed."""
    head = "Example:" if len(lines) == 1 else "Examples:"
    return "\n".join(["\b", head, *(f"  {line}" for line in lines)])


class Quiet(io.TextIOBase):
    """A stream that drops notes, hints and progress, but no error or warning; never a terminal,
    so that nothing is drawn."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        if text.startswith(PASS):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        self.stream.flush()


@contextmanager
def _quieted() -> Iterator[None]:
    before = sys.stderr
    sys.stderr = Quiet(before)
    try:
        yield
    finally:
        sys.stderr = before


def hint(line: str) -> None:
    """What to do next, on stdout; left out with -q."""
    if not isinstance(sys.stderr, Quiet):
        click.echo(line)


def _quiet(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        context.with_resource(_quieted())


class _Timed(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"info: {record.relativeCreated / 1000:6.2f} s  {record.getMessage()}"


@contextmanager
def _logged() -> Iterator[None]:
    """What is logged goes to stderr, with the seconds since the start."""
    log, shown = logging.getLogger("assay"), logging.StreamHandler(sys.stderr)
    shown.setFormatter(_Timed())
    before = log.level
    log.addHandler(shown)
    log.setLevel(logging.INFO)
    try:
        yield
        log.info("done")
    finally:
        log.removeHandler(shown)
        log.setLevel(before)


def _verbose(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        context.with_resource(_logged())


def _shared() -> list[click.Option]:
    return [
        click.Option(
            ["-q", "--quiet"], is_flag=True, is_eager=True, expose_value=False, callback=_quiet,
            help="No notes, hints or progress; errors and warnings alone.",
        ),
        click.Option(
            ["-v", "--verbose"], is_flag=True, is_eager=True, expose_value=False,
            callback=_verbose, help="Say on stderr what is read, chosen and written, and when.",
        ),
    ]  # fmt: skip


def with_shared(command: click.Command) -> click.Command:
    """The command, or all commands of the group, with -q and -v, which they are not handed, and
    with `-` for stdin where they read data."""
    if isinstance(command, click.Group):
        for one in command.commands.values():
            with_shared(one)
        if not command.invoke_without_command:
            return command
    if all(param.name != "quiet" for param in command.params):
        command.params += _shared()
        take_stdin(command)
    return command
