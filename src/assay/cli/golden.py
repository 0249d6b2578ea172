"""`assay golden`: golden questions (hidden known answers): annotators' commitment, and pay."""

from dataclasses import dataclass, replace
from pathlib import Path

import click

from assay.cli.amount import Number
from assay.cli.columns import column_options
from assay.cli.common import examples
from assay.cli.golden_tables import candidates, gold_questions, golden_answers, rows_of, truth_of
from assay.cli.json_output import print_json
from assay.cli.outputs import output_option
from assay.cli.sources import TASK_FILES, ledger_and_task
from assay.cli.tables import format_option, offer
from assay.core.errors import InputError, SpecError
from assay.core.spelling import oddities
from assay.data.base import Columns, many
from assay.data.gold import Purpose
from assay.data.layout import Names
from assay.data.read import read_records
from assay.data.write import write_rows
from assay.project import open_project
from assay.quality.golden.choice import rank
from assay.quality.golden.commitment import Commitment, commitments, of_constant
from assay.quality.golden.contract import Paid, Terms, contract
from assay.quality.golden.disguise import disguise
from assay.quality.golden.watch import Watched, always, watched

UNIT = Number(0, 1)
as_json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print everything as JSON on stdout."
)


def terms_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(
        [
            click.option("--target", type=UNIT, default=0.8, show_default=True,
                         help="Target commitment: share of answers given with care."),
            click.option("--bonus", default=1.0, show_default=True,
                         help="Bonus paid to annotators who pass, in any unit of money."),
            click.option("--marginal-cost", default=0.5, show_default=True,
                         help="Annotator's marginal cost of commitment at the target, "
                              "in the same unit."),
            click.option("--cost-power", default=1.0, show_default=True,
                         help="Exponent of the cost: 1 linear, 2 quadratic."),
        ]
    ):  # fmt: skip
        command = option(command)
    return command


@click.group("golden")
def golden_command() -> None:
    """Golden questions: choose them, hide them, monitor annotators with them, set pay."""


@golden_command.command(
    "contract", epilog=examples("assay golden contract --questions 20 --questions 50 --target 0.9")
)
@click.option("--questions", "-n", type=click.IntRange(min=2), multiple=True, required=True,
              help="Golden questions per annotator; repeat to compare.")  # fmt: skip
@terms_options
@click.option("--certainty", type=UNIT, default=1.0, show_default=True,
              help="Probability that a committed annotator gives the gold answer.")  # fmt: skip
@click.option("--guess", type=UNIT, default=0.5, show_default=True,
              help="Probability that a careless one does: 1/m for m equally likely "
                   "labels.")  # fmt: skip
@format_option
@as_json_option
def contract_command(
    questions: tuple[int, ...],
    target: float,
    bonus: float,
    marginal_cost: float,
    cost_power: float,
    certainty: float,
    guess: float,
    as_json: bool,
) -> None:
    """The pay threshold, and how often an honest annotator misses it."""
    found = [
        contract(Terms(n, target, bonus, marginal_cost, certainty, guess, cost_power))
        for n in questions
    ]
    if as_json:
        described = {"contracts": [c.as_json() for c in found]}
        print_json(described)
        return
    head = ("questions", "threshold", "misses")
    offer([head, *((f"{c.terms.questions:,}", _figure(c.threshold, 3), _figure(c.failure, 5))
                   for c in found)])  # fmt: skip
    for c in found:
        click.echo(f"{c.terms.questions:,} questions: {c.statement}")


def _figure(value: float | None, decimals: int) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"


@golden_command.command("watch", epilog=examples("assay golden watch answers.csv --gold gold.csv"))
@click.argument("answers", type=click.Path(path_type=Path))
@click.option("--gold", type=click.Path(path_type=Path),
              help="Columns record and label; certainty and guess where known.")  # fmt: skip
@click.option("--certainty", type=UNIT, default=0.95, show_default=True,
              help="Certainty of questions for which the gold file has none.")  # fmt: skip
@click.option(
    "--guess",
    type=UNIT,
    help="Guess rate of such questions; default: 1/m for the m labels of gold.",
)
@column_options
@click.option("--pay", is_flag=True, help="Report who passes the contract with these terms.")
@terms_options
@format_option
@as_json_option
def watch_command(
    answers: Path,
    gold: Path | None,
    certainty: float,
    guess: float | None,
    record: str | None,
    annotator: str | None,
    label: str | None,
    pay: bool,
    target: float,
    bonus: float,
    marginal_cost: float,
    cost_power: float,
    as_json: bool,
) -> None:
    """Estimate each annotator's commitment from golden questions.

    ANSWERS is a table with --gold, or a task file with monitoring gold among its records.
    """

    notes: list[str] = []
    if gold is not None:
        names = Names(record, annotator, label)
        seen, notes = _of_tables(answers, names, Questioned(gold, certainty, guess))
    elif answers.suffix in TASK_FILES:
        seen = _monitored(answers, certainty, guess)
    else:
        raise SpecError(f"which answers in {answers} are golden? give --gold FILE, or a task file")
    found = commitments(seen.questions, seen.answers)
    paid: list[Paid | None] = [None] * len(found)
    if pay:
        terms = Terms(1, target, bonus, marginal_cost, power=cost_power)
        paid = [_paid(seen, i, c, terms) for i, c in enumerate(found)]
    if as_json:
        described = [
            c.as_json() | (k.as_json() if k else {}) for c, k in zip(found, paid, strict=True)
        ]
        whole = {"questions": len(seen.questions), "annotators": described, "notes": notes}
        print_json(whole)
        return
    for line in notes:
        click.echo(f"note: {line}", err=True)
    head = ("annotator", "right", "questions", "commitment", "95% CI")
    offer([head, *((c.annotator, str(c.right), str(c.questions), f"{c.commitment:.2f}",
                    f"[{c.interval[0]:.2f}, {c.interval[1]:.2f}]") for c in found)])  # fmt: skip
    for c, k in sorted(zip(found, paid, strict=True), key=lambda pair: pair[0].commitment):
        low, high = c.interval
        error = "" if c.error is None else f" ± {c.error:.2f}"
        line = f"{c.annotator}: {c.right} of {c.questions} right, commitment {c.commitment:.2f}"
        click.echo(f"{line}{error} [{low:.2f}, {high:.2f}]{k.words if k else ''}")


@dataclass(frozen=True, slots=True)
class Questioned:
    """A file of golden questions, with what holds where it says nothing of its own."""

    path: Path
    certainty: float
    guess: float | None  # None: one over the number of labels


def _of_tables(answers: Path, names: Names, gold: Questioned) -> tuple[Watched, list[str]]:
    order, truth, questions = gold_questions(gold.path, gold.certainty, gold.guess)
    given, notes = golden_answers(answers, names, order, truth)
    constant = always([("", label) for label in truth.values()])
    return Watched(questions, given, 0, constant), notes


def _paid(seen: Watched, place: int, found: Commitment, terms: Terms) -> Paid:
    """Estimate for the annotator at `place`, on the questions it was asked."""
    asked, all_ = seen.answers.question[seen.answers.annotator == place], seen.questions
    certainty, guess = float(all_.certainty[asked].mean()), float(all_.guess[asked].mean())
    own = replace(terms, questions=found.questions, certainty=certainty, guess=guess)
    return Paid(contract(own), found, of_constant(all_, asked, seen.constant))


def _monitored(path: Path, certainty: float, guess: float | None) -> Watched:
    """Answers from the ledger of a task file, with its monitoring gold."""
    project = open_project(path)
    gold = project.gold.of(Purpose.MONITORING)
    if not gold:
        raise SpecError(f"{path} has no monitoring gold: set `gold.monitoring` above 0")
    ledger, task = ledger_and_task(str(path))
    try:
        found = watched(ledger.annotations(task), gold, project.task.schema, certainty, guess)
    finally:
        ledger.close()
    if found.assisted:
        are = many(
            found.assisted,
            "answer given after seeing another is",
            "answers given after seeing another are",
        )
        click.echo(f"note: {are} left out", err=True)
    return found


@golden_command.command(
    "choose",
    epilog=examples("assay golden choose labels.csv --gold gold.csv --take 20 -o chosen.csv"),
)
@click.argument("labels", type=click.Path(path_type=Path))
@click.option("--gold", type=click.Path(path_type=Path), required=True,
              help="Correct labels of the candidates: columns record and label.")  # fmt: skip
@click.option("--take", type=click.IntRange(min=1), default=20, show_default=True,
              help="Number of golden questions per annotator.")  # fmt: skip
@click.option("--target", type=UNIT, default=0.8, show_default=True,
              help="Commitment at which they should be most informative.")  # fmt: skip
@click.option("--guess", type=click.Choice(["frequency", "even"]), default="frequency",
              show_default=True, help="Model of careless answers: by label frequency, "
                                      "or uniform.")  # fmt: skip
@output_option(stdout=".csv", help="Write the chosen questions to this CSV file; `-`: stdout.")
@format_option
@as_json_option
def choose_command(
    labels: Path,
    gold: Path,
    take: int,
    target: float,
    guess: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Rank candidates by how much they tell about annotators.

    LABELS is a table of committed annotators' labels, one row per label.
    """
    given: dict[str, list[str]] = {}
    for record, said_of_it in candidates(labels):
        given.setdefault(record, []).append(said_of_it)
    truth = truth_of(gold, rows_of(gold, ("record", "label")))
    said = {label for labels_of_one in given.values() for label in labels_of_one}
    notes = oddities({*truth.values(), *said}, records={*truth, *given})
    found = rank(given, truth, target, "even" if guess == "even" else "frequency")
    chosen = found.candidates[:take]
    if out is not None:
        fields = ("record", "label", "certainty", "guess")
        write_rows(({name: getattr(c, name) for name in fields} for c in chosen), fields, out)
    error = found.error(take)
    if as_json:
        described = {
            "candidates": len(found.candidates), "useless": found.useless, "error": error,
            "chosen": [c.as_json() for c in chosen], "notes": notes,
        }  # fmt: skip
        print_json(described)
        return
    for line in notes:
        click.echo(f"note: {line}", err=True)
    head = ("record", "label", "certainty", "guess", "information")
    offer([head, *((c.record, c.label, f"{c.certainty:.2f}", f"{c.guess:.2f}",
                    f"{c.information:.2f}") for c in chosen)])  # fmt: skip
    for c in chosen:
        click.echo(
            f"{c.record}: {c.label!r}, certainty {c.certainty:.2f} ({c.agreeing} of {c.votes}), "
            f"guess {c.guess:.2f}, information {c.information:.2f}"
        )
    if error is not None:
        click.echo(f"{len(chosen)} questions give commitment {target:g} within ± {error:.2f}")
    if found.useless:
        click.echo(
            f"note: {found.useless} candidates are uninformative: careless answers fit as well"
        )


@golden_command.command(
    "disguise", epilog=examples("assay golden disguise records.csv --gold gold.csv")
)
@click.argument("records", type=click.Path(path_type=Path))
@click.option("--gold", type=click.Path(path_type=Path), required=True,
              help="File with the ids of the golden questions in the column record.")  # fmt: skip
@click.option("--id", "id_column", default="id", show_default=True, help="Column with record ids.")
@click.option("--text", default="text", show_default=True, help="Column with the text.")
@click.option("--seed", default=0, show_default=True, help="Random seed.")
@format_option
@as_json_option
def disguise_command(
    records: Path, gold: Path, id_column: str, text: str, seed: int, as_json: bool
) -> None:
    """Test whether gold can be distinguished from the other RECORDS."""
    assigned = list(read_records(records, Columns((text,), id_column)))
    ids = {row["record"] for row in rows_of(gold, ("record",))}
    absent = sorted(ids - {r.id for r in assigned})
    if absent:
        raise InputError(f"golden question {absent[0]!r} is not among the records of {records}")
    found = disguise(assigned, ids, seed)
    if as_json:
        print_json(found.as_json())
        return
    head = ("features", "AUC", "95% CI")
    offer([head, *((k.features, f"{k.auc:.2f}", f"[{k.interval[0]:.2f}, {k.interval[1]:.2f}]")
                   for k in found.looks)])  # fmt: skip
    for look in found.looks:
        low, high = look.interval
        click.echo(f"{look.features:<8} AUC {look.auc:.2f} [{low:.2f}, {high:.2f}]")
    click.echo(found.statement)
