"""`assay aggregate`: several answers aggregated into one label per record, with the skill of each
annotator.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from assay.aggregation.answers import answered_votes, in_label_order, read_labels, read_votes
from assay.aggregation.base import Aggregator, Consensus
from assay.aggregation.correlated import Correlated
from assay.aggregation.dawid_skene import NOTHING, DawidSkene, OneCoin, Prior
from assay.aggregation.glad import Glad
from assay.aggregation.intervals import SkillIntervals
from assay.aggregation.mace import Mace
from assay.aggregation.majority import Majority, Weighted
from assay.aggregation.medians import OrdinalMedian
from assay.aggregation.score import cautions, confusions, decided, ties, winners
from assay.aggregation.table import Gold, discounted
from assay.cli.aggregate_numbers import numbers, ranked
from assay.cli.aggregate_print import print_result
from assay.cli.amount import AMOUNT, Number
from assay.cli.columns import form_options, print_layout
from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.outputs import output_option
from assay.cli.sources import is_ledger, ledger_and_task
from assay.cli.tables import format_option
from assay.cli.task_argument import source_argument
from assay.core.errors import InputError, SpecError
from assay.core.redact import hidden
from assay.core.spelling import oddities
from assay.core.votes import Votes, with_numbers_alike
from assay.data.layout import TRUTH, Names
from assay.data.read import columns_of
from assay.data.write import write_rows
from assay.ledger.named import named_votes, names_in
from assay.quality.metrics.accuracy import accuracy

METHODS = (
    "majority", "weighted", "dawid-skene", "one-coin", "correlated", "mace", "glad", "median",
    "numeric-median", "bradley-terry",
)  # fmt: skip
MOST_PAIRS = 100
UNNAMED = ("majority", "median")
WITH_PRIOR = ("dawid-skene", "one-coin", "correlated")
WITH_GOLD = (*WITH_PRIOR, "mace", "glad")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the options say about the method."""

    method: str
    gold: Gold
    prior: tuple[float, float] | None
    families: dict[str, str]
    order: tuple[str, ...]
    assumed: bool = False  # that annotators err independently


@dataclass(frozen=True, slots=True)
class Known:
    """Labels to evaluate against, if any, and the name of their file."""

    labels: dict[str, str] | None
    name: str


@click.command(
    "aggregate",
    epilog=examples(
        "assay aggregate answers.csv -o labels.csv",
        "assay aggregate answers.csv --method mace --truth gold.csv",
    ),
)
@source_argument
@click.option("--method", type=click.Choice(METHODS), default="dawid-skene", show_default=True,
              help="How answers become one label.")  # fmt: skip
@click.option("--truth", type=click.Path(path_type=Path), help="Known labels to evaluate against.")
@click.option("--gold", type=click.Path(path_type=Path),
              help="Known labels to fit on; they are excluded from the evaluation.")  # fmt: skip
@click.option("--prior", type=(AMOUNT, AMOUNT), metavar="RIGHT WRONG",
              help="Pseudo-counts of each annotator's votes, per true label.")  # fmt: skip
@click.option("--families", type=click.Path(path_type=Path),
              help="Table of annotator and family, for correlated.")  # fmt: skip
@click.option(
    "--order", help="Labels for median, comma-separated, lowest first; otherwise numbers."
)
@click.option("--discount", type=Number(0, 1, min_open=True),
              help="Weight of a vote cast after seeing another answer.")  # fmt: skip
@click.option(
    "--intervals", is_flag=True, help="Compute a confidence interval for each annotator's skill."
)
@click.option("--assume-independent", is_flag=True,
              help="Intervals that assume annotators err independently.")  # fmt: skip
@click.option("--task", help="Task id, if SOURCE is a ledger with several tasks.")
@form_options
@output_option(
    stdout=".csv",
    help="File for one label per record (.csv, .jsonl, .parquet); `-`: CSV to stdout, `-.jsonl`: "
    "JSON lines.",
)
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def aggregate_command(
    source: str,
    method: str,
    truth: Path | None,
    gold: Path | None,
    prior: tuple[float, float] | None,
    families: Path | None,
    order: str | None,
    discount: float | None,
    intervals: bool,
    assume_independent: bool,
    task: str | None,
    record: str | None,
    annotator: str | None,
    label: str | None,
    wide: tuple[str, ...],
    counts: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Aggregate several annotators in SOURCE into one label per record.

    SOURCE is a table of record, annotator and label, a ledger or a task file; for bradley-terry
    a table of left, right and winner, which is ranked.
    """

    known = {(r, ""): y for r, y in _trusted(gold, record, label).items()} if gold else {}
    family = read_labels(families, "annotator", "family") if families else {}
    ordered = tuple(part.strip() for part in order.split(",")) if order else ()
    chosen = Choices(method, known, prior, family, ordered, assume_independent)
    _check(chosen, truth is not None, intervals)
    if method == "bradley-terry":
        described = ranked(Path(source), out)
    else:
        votes = _votes(source, task, Names(record, annotator, label, wide, counts))
        notes = _weighted(votes, method, intervals)
        votes = votes if discount is None else discounted(votes, discount)
        if method == "numeric-median" or (method == "median" and not ordered):
            votes = with_numbers_alike(votes)
        reference = None
        if truth:
            trusted = _trusted(truth, record, label)
            reference = {r: y for r, y in trusted.items() if (r, "") not in known}
        described = (
            numbers(votes, reference, str(truth), out)
            if method == "numeric-median"
            else _labels(votes, chosen, Known(reference, str(truth)), intervals, out)
        )
        described["notes"] = notes
    if as_json:
        print_json(described)
    else:
        print_result(described, out)


def _trusted(path: Path, record: str | None, label: str | None) -> dict[str, str]:
    """Known labels, in columns with the usual names or those of the answers."""
    there = columns_of(path)
    usual = any(name in there for name in TRUTH)
    return read_labels(
        path, record if record in there else None, label if label in there and not usual else None
    )


def _check(chosen: Choices, compared: bool, intervals: bool) -> None:
    given = {
        "--gold": (bool(chosen.gold), WITH_GOLD),
        "--prior": (chosen.prior is not None, WITH_PRIOR),
        "--families": (bool(chosen.families), ("correlated",)),
        "--order": (bool(chosen.order), ("median",)),
        "--intervals": (intervals, WITH_PRIOR),
        "--truth": (compared, METHODS[:-1]),
    }
    for option, (said, methods) in given.items():
        if said and chosen.method not in methods:
            raise SpecError(f"{chosen.method} takes no {option}; {', '.join(methods)} can")


def _weighted(votes: Votes, method: str, intervals: bool) -> list[str]:
    """Notes on weighted votes and on votes without an annotator's name."""
    if not votes.named and (method not in UNNAMED or intervals):
        raise SpecError(
            f"{method if method not in UNNAMED else '--intervals'} needs to know who cast each "
            f"vote, but counts have no names: use --method {' or '.join(UNNAMED)} "
            f"without --intervals"
        )
    if votes.weight is None:
        return []
    if intervals:
        raise SpecError("--intervals gives every vote the same weight; remove the column `weight`")
    return ["each vote counts as much as its column `weight` says"]


def _votes(source: str, task: str | None, names: Names) -> Votes:
    if not is_ledger(source):
        print_layout(Path(source), names)
        return answered_votes(read_votes(Path(source), names))
    ledger, own = ledger_and_task(source)
    task = task or own
    try:
        schemas = ledger.schemas()
        tasks = [name for name in schemas if task in (None, name, name.partition("@")[0])]
        if len(tasks) != 1:
            raise SpecError(f"which task? give --task with one of {', '.join(schemas) or 'none'}")
        votes = ledger.votes(tasks[0], schemas[tasks[0]])
        if not len(votes.record):
            raise SpecError(f"{hidden(source)} holds no answers to {tasks[0]}")
        return in_label_order(named_votes(votes, names_in(ledger, tasks[0])))
    finally:
        ledger.close()


def _aggregator(chosen: Choices) -> Aggregator:
    prior = NOTHING if chosen.prior is None else Prior(*chosen.prior)
    full = DawidSkene(gold=chosen.gold, prior=prior)
    methods: dict[str, Aggregator] = {
        "majority": Majority(),
        "weighted": Weighted(),
        "dawid-skene": full,
        "one-coin": OneCoin(gold=chosen.gold, prior=prior),
        "correlated": Correlated(model=full, families=chosen.families),
        "mace": Mace(gold=chosen.gold),
        "glad": Glad(gold=chosen.gold),
        "median": OrdinalMedian(chosen.order),
    }
    return methods[chosen.method]


def _labels(
    votes: Votes,
    chosen: Choices,
    truth: Known,
    intervals: bool,
    out: Path | None,
) -> dict[str, Any]:
    aggregator = _aggregator(chosen)
    found = aggregator.aggregate(votes)
    described = _describe(votes, found, chosen.method)
    described["warnings"] = cautions(votes, truth.labels, chosen.gold)
    if isinstance(aggregator, Correlated):
        described["dependent"] = _dependent(votes, aggregator)
    if intervals:
        described |= _spread(votes, aggregator, chosen.assumed, described["skill"])
    if truth.labels is not None:
        described |= _compared(votes, found, truth.labels, truth.name)
    if out is not None:
        _write(votes, found, out)
    return described


def _spread(
    votes: Votes, aggregator: Aggregator, assumed: bool, skill: list[dict[str, Any]]
) -> dict[str, Any]:
    """An interval in each entry of `skill`, null if unknown, and the basis of the intervals."""
    model = aggregator.model if isinstance(aggregator, Correlated) else aggregator
    assert isinstance(model, DawidSkene | OneCoin)
    spread = SkillIntervals(model=model, assume_independent=assumed).of(votes)
    place = {name: i for i, name in enumerate(votes.annotators)}
    for entry in skill:
        at = place[entry["annotator"]]
        entry["interval"] = (
            [float(spread.low[at]), float(spread.high[at])] if spread.known[at] else None
        )
    checked = spread.checked
    return {
        "intervals": {
            "level": spread.level,
            "basis": spread.basis,
            "why": spread.why or None,
            "effective_annotators": None if checked is None else checked.effective,
            "independence_p": None if checked is None else checked.p,
        }
    }


def _describe(votes: Votes, found: Consensus, method: str) -> dict[str, Any]:
    if not votes.named:
        return {
            "method": method,
            "records": len(np.unique(found.record)),
            "annotators": None,
            "votes": len(votes),
            "labels": list(votes.labels),
            "ties": ties(found),
            "skill": [],
        }
    given = np.bincount(votes.annotator, minlength=len(votes.annotators))
    skill = found.skill if found.skill is not None else np.zeros(len(given))
    order = np.argsort(-given, kind="stable")
    return {
        "method": method,
        "records": len(np.unique(found.record)),
        "annotators": len(votes.annotators),
        "votes": len(votes),
        "labels": list(votes.labels),
        "ties": ties(found),
        "skill": [
            {"annotator": votes.annotators[i], "votes": int(given[i]), "skill": float(skill[i])}
            for i in order
        ],
    }


def _dependent(votes: Votes, aggregator: Any) -> list[dict[str, Any]]:
    """Pairs that agree more than their skills explain, most dependent first."""
    between = np.triu(aggregator.dependence(votes))
    one, other = np.nonzero(between)
    order = np.argsort(-between[one, other], kind="stable")[:MOST_PAIRS]
    return [
        {"annotators": [votes.annotators[i], votes.annotators[j]],
         "dependence": float(between[i, j])}
        for i, j in zip(one[order], other[order], strict=True)
    ]  # fmt: skip


def _compared(votes: Votes, found: Consensus, truth: dict[str, str], name: str) -> dict[str, Any]:
    """Accuracy and macro F1 on the records that have both, with the majority-class baseline."""
    if len(votes.units) > 1:
        raise SpecError("--truth compares one label per record; these answers have several units")
    if not truth:
        raise InputError(f"all records of {name} are gold to fit on; none is left to evaluate")
    said = decided(votes, found)
    table = confusions(said, truth, votes.labels)
    if table is None:
        alike = oddities(records=[*said, *truth]) or ["do both use the same record ids?"]
        raise InputError(f"no record of {name} has a vote: {alike[0]}")
    right = accuracy(said, {r: y for r, y in truth.items() if r in said}, name)
    assert right is not None
    return {
        "reference": name,
        "n": right.on_answered.n,
        "accuracy": right.on_answered.value,
        "accuracy_interval": right.on_answered.interval,
        "macro_f1": table.macro_f1,
        "macro_f1_interval": table.macro_f1_interval(),
        "baseline": right.baseline.value,
        "baseline_label": right.baseline_value,
        "without_votes": len(truth) - right.on_answered.n,
        "warning": right.warning,
    }


def _write(votes: Votes, found: Consensus, out: Path) -> None:
    several = len(votes.units) > 1

    def rows() -> Iterator[dict[str, object]]:
        for row, (record, won) in enumerate(zip(found.record, winners(found), strict=True)):
            yield {
                "record": votes.records[record],
                **({"unit": votes.units[found.unit[row]]} if several else {}),
                "label": votes.labels[won],
                "confidence": float(found.probs[row, won]),
                "confidence_source": str(found.source),
            }

    named = ("record", *(["unit"] if several else []), "label", "confidence", "confidence_source")
    write_rows(rows(), named, out)
