"""The options that say what the columns of a table of answers hold, the same for every command."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assay.data.layout import Names


def column_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(
        [
            click.option("--record", help="Column with the record id, if not called record, "
                         "question, task, item or id."),
            click.option("--annotator", help="Column of who said it, if not called annotator, "
                         "worker, person, performer, rater or coder."),
            click.option("--label", help="Column of what was said, if not called label, answer, "
                         "response, rating or annotation."),
        ]
    ):  # fmt: skip
        command = option(command)
    return command


def form_options(command: click.decorators.FC) -> click.decorators.FC:
    """Besides the columns of a long table, those of a wide one and of counts."""
    for option in reversed(
        [
            click.option("--wide", multiple=True,
                         help="Column of one annotator; repeat for each of them."),
            click.option("--counts", multiple=True,
                         help="Column that counts the votes for the label it is called; repeat."),
        ]
    ):  # fmt: skip
        command = option(command)
    return column_options(command)


def print_layout(path: Path, names: "Names") -> None:
    """Says on stderr what had to be guessed about the columns."""
    from assay.data.annotations import settled

    for note in settled(path, names).notes:
        click.echo(f"note: {note}", err=True)


INDEPENDENT = (
    "records are taken as independent; where several are of one author, document or person, "
    "--cluster COLUMN says so"
)


cluster_option = click.option(
    "--cluster",
    help="Column that several records share: author, document, person; one record of each is "
    "taken.",
)


def of_records(source: str, name: str, record: str | None = None) -> dict[str, str]:
    """What a column says of each record, "" where nothing: of a table, or of a ledger's records."""
    from assay.cli.audit import is_ledger
    from assay.core.errors import InputError

    found = _of_ledger(source, name) if is_ledger(source) else _of_table(source, name, record)
    if not any(found.values()):
        raise InputError(f"no record of {source} has {name!r}")
    return found


def _of_table(source: str, name: str, record: str | None) -> dict[str, str]:
    from assay.core.errors import InputError
    from assay.data.base import cell, check_columns
    from assay.data.layout import RECORD, one_of
    from assay.data.read import columns_of, read_rows

    path = Path(source)
    if path.suffix.lower() == ".json":
        raise InputError(f"{path}: --cluster names a column, so it needs a table")
    there = columns_of(path)
    of_record = record or one_of(path, there, RECORD, "--record")
    check_columns(path, there, (of_record, name))
    found: dict[str, str] = {}
    for number, row in read_rows(path):
        own, value = cell(row[of_record]).strip(), cell(row[name]).strip()
        if found.setdefault(own, value) != value:
            raise InputError(
                f"{path}:{number}: record {own!r} has {name} {value!r} here and {found[own]!r} "
                "above"
            )
    return found


def _of_ledger(source: str, name: str) -> dict[str, str]:
    from assay.cli.data import ledger_and_task

    ledger, _ = ledger_and_task(source)
    try:
        found: dict[str, str] = {}
        for r in ledger.records():
            own = {"language": r.language, "source": r.source}
            found[r.id] = own.get(name, r.meta.get(name)) or ""
        return found
    finally:
        ledger.close()
