"""`assay data` and `assay demo`: real tweets, labelled here and compared with people."""

from dataclasses import replace
from pathlib import Path

import click

from assay.cli.common import examples
from assay.cli.outputs import force_option
from assay.cli.run import label, prepared
from assay.core.errors import SpecError
from assay.data.replacing import check_free
from assay.data.write import write_rows, written_atomically
from assay.models.cache import BY_NAME, default_cache
from assay.project import open_project, report_context
from assay.quality.metrics.accuracy import accuracy
from assay.report import write_report
from assay.report.table import lines
from assay.studies.vader.data import VaderSet, held_out, prepare, write

FIT = 150  # tweets with people's labels that the classifier learns from; never scored
SEED = 7
REPORT = "report.html"
MADE = ("records.jsonl", "people.csv", "ratings.csv", "gold.csv", "task.yaml", REPORT)
GOLD_NOTE = (
    "Each tweet was rated by about twenty people from -4 to 4; the reference is the class of the "
    "mean rating of all but one of them (up to -0.5 negative, from 0.5 positive)."
)

TASK = """\
# What `assay demo` runs: three labellers vote on tweets that about twenty people have rated each.
name: tweets
data:
  path: records.jsonl
  id: id
question: What is the sentiment of this tweet?
answer:
  kind: choice
  labels: [negative, neutral, positive]
annotators:
  smollm2:                  # a language model of 135 million weights, in this process
    kind: embedded
    fit: 100
  vader:                    # a lexicon and rules
    kind: rule
    rule: vader
  minilm:                   # sentence embeddings and logistic regression, fitted on gold
    kind: classifier
strategy:
  kind: vote
gold:                       # the mean of the other people's ratings of a tweet, as a class
  path: gold.csv
  calibration: {calibration:.6f}
  evaluation: {evaluation:.6f}
seed: 0
"""


@click.group("data")
def data_command() -> None:
    """Fetch data sets that people have rated."""


@data_command.command("fetch", epilog=examples("assay data fetch tweets -o tweets"))
@click.argument("name", type=click.Choice(["tweets", "movies", "amazon", "nyt"]), metavar="NAME")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True,
              help="Folder to make.")  # fmt: skip
@force_option
@click.option("--records", type=click.IntRange(min=10), help="Only this many, drawn by seed.")
def fetch_command(name: str, out: Path, records: int | None) -> None:
    """Build a three-class task of the VADER study.

    NAME is tweets, movies, amazon or nyt. The folder will hold the task file, the records, gold,
    and what people said.
    """
    _check_folder(out)
    texts = fetched(name)
    build_folder(texts if records is None else texts.first(records, SEED), out)
    click.echo(f"wrote {out}/task.yaml; look at it with: assay check {out}/task.yaml")


@click.command("demo", epilog=examples("assay demo", "assay demo --records 100 -o demo"))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=Path("assay-demo"), show_default=True,
    help="Folder for the data, the task file and the report.",
)  # fmt: skip
@force_option
@click.option(
    "--records", type=click.IntRange(min=40), default=300, show_default=True,
    help="How many tweets to label, drawn by seed.",
)  # fmt: skip
def demo_command(out: Path, records: int) -> None:
    """Label real tweets with the embedded models and compare with people."""
    _check_folder(out)
    click.echo("1/3 fetching the tweets and the embedded models (about 120 MB, once) ...")
    texts = fetched("tweets").first(records + FIT, SEED)
    fetch_models()
    build_folder(texts, out)
    click.echo(f"2/3 labelling {records} tweets: a language model, a rule, a classifier vote ...")
    project = open_project(out / "task.yaml")
    total = prepared(project, None)
    ledger = project.ledger()
    summary = label(project, ledger, None, total)
    described = report_context(project)
    assert described.reference is not None
    person = held_out(texts, SEED).person
    one = accuracy(
        {id: person[id] for id in described.reference.values},
        described.reference.values,
        described.reference.name,
    )
    extra = {} if one is None else {"one person (a rating left out of the gold)": one}
    click.echo("3/3 writing the report ...")
    described = replace(described, extra=extra, notes=(GOLD_NOTE,))
    found = write_report(ledger, summary.run, described, out / REPORT)
    ledger.close()
    click.echo("")
    for line in lines(found):
        click.echo(line)
    click.echo(f"\nreport: {out / REPORT}\ntask:   {out / 'task.yaml'}")
    click.echo(f"go on:  assay run {out / 'task.yaml'}   (nothing is asked twice)")


def _check_folder(out: Path) -> None:
    """Before anything is fetched."""
    if out.exists() and not out.is_dir():
        raise SpecError(f"{out} is a file; --out names a folder")
    for name in MADE:
        check_free(out / name)


def fetched(name: str) -> VaderSet:
    return prepare(default_cache().fetch(BY_NAME["vader-icwsm2014"]), name)


def fetch_models() -> None:
    for name in ("smollm2-135m-instruct", "minilm-l6-int8", "minilm-l6-tokenizer"):
        default_cache().fetch(BY_NAME[name])


def build_folder(texts: VaderSet, out: Path) -> None:
    """records.jsonl, people.csv, ratings.csv, gold.csv and task.yaml in `out`."""
    write(texts, out, SEED)
    gold = held_out(texts, SEED).others
    rows = ({"record": id, "label": label} for id, label in gold.items())
    write_rows(rows, ("record", "label"), out / "gold.csv")
    share = FIT / len(texts.records)
    task = TASK.format(calibration=share, evaluation=1 - share)
    with written_atomically(out / "task.yaml") as part:
        part.write_text(task, encoding="utf-8")
