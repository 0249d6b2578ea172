"""`--format`: the tables of a command as Markdown, LaTeX or CSV on stdout, all else on stderr."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import TextIO, TypeAlias

import click

from assay.cli.streams import stdout_kept
from assay.report.columns import Table, columns

FORM = "assay.table"  # in the context: the form asked for and the stream of the tables
SPECIAL = str.maketrans({
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "–": "--",
})  # fmt: skip

Rows: TypeAlias = Sequence[Sequence[str]]


def markdown(rows: Rows) -> str:
    head, *body = [[_flat(cell).replace("|", r"\|") for cell in row] for row in rows]
    ruled = ["---" if words else "---:" for words in Table(rows).left]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ruled, *body))


def latex(rows: Rows) -> str:
    head, *body = [" & ".join(_flat(cell).translate(SPECIAL) for cell in row) for row in rows]
    aligned = "".join("l" if words else "r" for words in Table(rows).left)
    lines = [f"\\begin{{tabular}}{{{aligned}}}", r"\hline", rf"{head} \\", r"\hline"]
    return "\n".join([*lines, *(rf"{row} \\" for row in body), r"\hline", r"\end{tabular}", ""])


def as_csv(rows: Rows) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()


FORMS: dict[str, Callable[[Rows], str]] = {"md": markdown, "latex": latex, "csv": as_csv}


def _flat(cell: str) -> str:
    return " ".join(cell.split())


def _chosen(context: click.Context, option: click.Parameter, form: str | None) -> None:
    if form is not None:
        context.meta[FORM] = form, context.with_resource(stdout_kept())


def format_option(command: click.decorators.FC) -> click.decorators.FC:
    """`--format`; not passed to the command, whose tables are printed with `print_table`."""
    return click.option(
        "--format", type=click.Choice(list(FORMS)), is_eager=True, expose_value=False,
        callback=_chosen, help="Print tables on stdout in this form, all other lines on stderr.",
    )(command)  # fmt: skip


def _asked() -> tuple[str, TextIO] | None:
    context = click.get_current_context(silent=True)
    found: tuple[str, TextIO] | None = None if context is None else context.meta.get(FORM)
    return found


def offer(rows: Rows) -> None:
    """A table where one was asked for; nothing for people, who have the figures in lines."""
    if (asked := _asked()) is None or len(rows) < 2:
        return
    form, stream = asked
    context = click.get_current_context()
    apart = "\n" if context.meta.get(f"{FORM}.begun") else ""
    context.meta[f"{FORM}.begun"] = True
    click.echo(apart + FORMS[form](rows), file=stream, nl=False)


def print_table(rows: Rows, indent: str = "") -> None:
    """For people in columns, or in the form asked for; the first row is the header."""
    if _asked() is not None:
        offer(rows)
        return
    for line in columns(rows):
        click.echo(indent + line)


def print_parts(parts: Sequence[str | Table]) -> None:
    """Lines and tables in order."""
    for part in parts:
        if isinstance(part, Table):
            print_table(part.rows)
        else:
            click.echo(part)
