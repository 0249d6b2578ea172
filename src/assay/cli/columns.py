"""Options that name the columns of a table of answers, the same for every command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from assay.data.annotations import settled
from assay.data.form import OUTER, REPEATS, delimiter_named, encoding_named, forms, set_usual
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
    return answer_options(command)


def _changed(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def change(context: click.Context, option: click.Parameter, given: Any) -> None:
        if given is not None and given != () and not context.resilient_parsing:
            if FORMS not in context.meta:
                context.meta[FORMS] = context.with_resource(forms())
            set_usual(**{name: READ[name](given) if name in READ else given})

    return change


def _words(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in given if word)


FORMS = "assay.forms"
READ: dict[str, Callable[[Any], object]] = {
    "encoding": encoding_named,
    "delimiter": delimiter_named,
    "missing": _words,
    "exact": bool,
}


def _option(name: str, called: str, help: str, **more: Any) -> Callable[[Any], Any]:
    return click.option(called, expose_value=False, callback=_changed(name), default=None,
                        help=help, **more)  # fmt: skip


def table_options(command: click.decorators.FC) -> click.decorators.FC:
    """How delimited text is written, and words for missing values; kept for the readers, and not
    passed to the command."""
    for option in (
        _option("missing", "--missing", "Word for a missing answer, instead of NA, NaN, None and "
                "the like; repeat for each; '' for none.", multiple=True),
        _option("header", "--header/--no-header", "Whether the first row holds column names."),
        _option("quoting", "--quoting/--no-quoting", "Whether quotation marks enclose cells."),
        _option("delimiter", "--delimiter", "Mark between cells: tab, comma, semicolon, pipe or a "
                "character."),
        _option("encoding", "--encoding", "Encoding of text files. Default: UTF-8."),
    ):  # fmt: skip
        command = option(command)
    return command


def answer_options(command: click.decorators.FC) -> click.decorators.FC:
    """What cells of answers mean, and how the table is written."""
    for option in (
        _option("repeats", "--repeats", "Which answer counts of an annotator who gives several to "
                "one record. Default: first.", type=click.Choice(REPEATS)),
        _option("outer", "--outer", "What the outer keys of nested JSON are. Default: annotator.",
                type=click.Choice(OUTER)),
        _option("exact", "--exact-labels", "Keep labels apart that differ in case or spaces alone.",
                is_flag=True),
    ):  # fmt: skip
        command = option(command)
    return table_options(command)


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
