"""The options that say what the columns of a table of answers hold, the same for every command."""

from pathlib import Path

import click

from assay.data.annotations import settled
from assay.data.layout import Names


def column_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(
        [
            click.option("--record", help="Column with the record id, if not called record, "
                         "question, task, item or id."),
            click.option("--annotator", help="Column with the annotator, if not called annotator, "
                         "worker, person, performer, rater or coder."),
            click.option("--label", help="Column with the label, if not called label, answer, "
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


def print_layout(path: Path, names: Names) -> None:
    """Says on stderr what had to be guessed about the columns."""
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
