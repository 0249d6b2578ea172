"""`assay aggregate`: one label a record out of many answers, and how good each annotator is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from assay.aggregation.base import Aggregator, Consensus
    from assay.aggregation.table import Gold
    from assay.core.votes import Votes

METHODS = ("majority", "weighted", "dawid-skene", "one-coin", "mace", "glad")


@click.command("aggregate")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--method", type=click.Choice(METHODS), default="dawid-skene", show_default=True)
@click.option("--truth", type=click.Path(path_type=Path), help="Known labels to compare with.")
@click.option("--gold", type=click.Path(path_type=Path),
              help="Known labels to learn from; they are left out of the comparison.")  # fmt: skip
@click.option("--prior", type=(float, float), metavar="RIGHT WRONG",
              help="Votes assumed of each annotator on each true label.")  # fmt: skip
@click.option("--discount", type=click.FloatRange(0, 1, min_open=True),
              help="What a vote counts whose author saw another one.")  # fmt: skip
@click.option("--record", help="Column with the record id, if not called record or question.")
@click.option("--annotator", help="Column of who said it, if not called annotator or worker.")
@click.option("--label", help="Column of what was said, if not called label or answer.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a label a record to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def aggregate_command(
    path: Path,
    method: str,
    truth: Path | None,
    gold: Path | None,
    prior: tuple[float, float] | None,
    discount: float | None,
    record: str | None,
    annotator: str | None,
    label: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """One label a record from the answers in PATH (record, annotator, label; any table)."""
    from assay.aggregation.answers import read_labels, read_votes
    from assay.aggregation.table import discounted

    votes = read_votes(path, (record, annotator, label))
    if discount is not None:
        votes = discounted(votes, discount)
    known = {(r, ""): name for r, name in read_labels(gold).items()} if gold else {}
    found = _aggregator(method, known, prior).aggregate(votes)
    told = _told(votes, found, method)
    if truth is not None:
        reference = {r: y for r, y in read_labels(truth).items() if (r, "") not in known}
        told |= _compared(votes, found, reference, truth)
    if out is not None:
        _write(votes, found, out)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _tell(told, out)


def _aggregator(method: str, gold: "Gold", prior: tuple[float, float] | None) -> "Aggregator":
    from assay.aggregation.dawid_skene import NOTHING, DawidSkene, OneCoin, Prior
    from assay.aggregation.glad import Glad
    from assay.aggregation.mace import Mace
    from assay.aggregation.majority import Majority, Weighted
    from assay.core.errors import SpecError

    if method in ("majority", "weighted"):
        if gold or prior:
            raise SpecError(f"{method} learns nothing: it takes no --gold and no --prior")
        return Majority() if method == "majority" else Weighted()
    before = NOTHING if prior is None else Prior(*prior)
    if method == "dawid-skene":
        return DawidSkene(gold=gold, prior=before)
    if method == "one-coin":
        return OneCoin(gold=gold, prior=before)
    if prior:
        raise SpecError(f"{method} has priors of its own: it takes no --prior")
    return Mace(gold=gold) if method == "mace" else Glad(gold=gold)


def _told(votes: "Votes", found: "Consensus", method: str) -> dict[str, Any]:
    import numpy as np

    from assay.aggregation.score import ties

    given = np.bincount(votes.annotator, minlength=len(votes.annotators))
    skill = found.skill if found.skill is not None else np.zeros(len(given))
    order = np.argsort(-given, kind="stable")
    return {
        "method": method,
        "records": len(found.record),
        "annotators": len(votes.annotators),
        "votes": len(votes),
        "labels": list(votes.labels),
        "ties": ties(found),
        "skill": [
            {"annotator": votes.annotators[i], "votes": int(given[i]), "skill": float(skill[i])}
            for i in order
        ],
    }


def _compared(
    votes: "Votes", found: "Consensus", truth: dict[str, str], path: Path
) -> dict[str, Any]:
    """Accuracy and macro F1 on the records that have both, with the constant baseline."""
    from assay.aggregation.score import confusions, decided
    from assay.core.errors import InputError
    from assay.quality.accuracy import accuracy

    said = decided(votes, found)
    table = confusions(said, truth, votes.labels)
    if table is None:
        raise InputError(f"no record of {path} has a vote (is its record column the same kind?)")
    right = accuracy(said, {r: y for r, y in truth.items() if r in said}, str(path))
    assert right is not None
    return {
        "reference": str(path),
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


def _write(votes: "Votes", found: "Consensus", out: Path) -> None:
    from assay.aggregation.score import winners
    from assay.data.write import write_rows

    def rows() -> Iterator[dict[str, object]]:
        for row, (record, won) in enumerate(zip(found.record, winners(found), strict=True)):
            yield {
                "record": votes.records[record],
                "label": votes.labels[won],
                "confidence": float(found.probs[row, won]),
                "confidence_source": str(found.source),
            }

    write_rows(rows(), ("record", "label", "confidence", "confidence_source"), out)


def _tell(told: dict[str, Any], out: Path | None) -> None:
    click.echo(
        f"{told['votes']:,} votes of {told['annotators']:,} annotators on {told['records']:,} "
        f"records, by {told['method']}; {told['ties']:,} ties"
    )
    if "accuracy" in told:
        low, high = told["accuracy_interval"]
        low_f1, high_f1 = told["macro_f1_interval"]
        click.echo(
            f"against {told['reference']} (n = {told['n']:,}): accuracy {told['accuracy']:.1%} "
            f"[{low:.1%}, {high:.1%}], macro F1 {told['macro_f1']:.3f} [{low_f1:.3f}, "
            f"{high_f1:.3f}]; always {told['baseline_label']!r}: {told['baseline']:.1%}"
        )
        if told["warning"]:
            click.echo(f"warning: {told['warning']}")
    if out is not None:
        click.echo(f"labels written to {out}")
