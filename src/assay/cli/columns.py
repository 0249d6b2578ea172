"""Options that name the columns of a table of answers, the same for every command."""

from pathlib import Path

import click

from assay.data.annotations import settled
from assay.data.layout import Names


def column_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(
        [
            click.option("--record", help="Column of record ids, if not named record, "
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
    """Options for the columns of long tables, wide tables and vote counts."""
    for option in reversed(
        [
            click.option("--wide", multiple=True,
                         help="Column of one annotator; repeat for each of them."),
            click.option("--counts", multiple=True,
                         help="Column with vote counts for the label it is named "
                              "after; repeat for each."),
        ]
    ):  # fmt: skip
        command = option(command)
    return column_options(command)


def print_layout(path: Path, names: Names) -> None:
    """Reports on stderr what was guessed about the columns."""
    for note in settled(path, names).notes:
        click.echo(f"note: {note}", err=True)


INDEPENDENT = (
    "records are treated as independent; if several share an author, document or "
    "person, use --cluster COLUMN"
)


cluster_option = click.option(
    "--cluster",
    help="Column that several records share (author, document, person); one record of each is "
    "used.",
)
