"""`assay certify`: how sure a label must be so that a promise holds for those accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from assay.cli.amount import AMOUNT, SHARE
from assay.cli.certified import Certified, Wanted, print_result
from assay.cli.columns import INDEPENDENT, cluster_option
from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.sources import TASK_FILES, of_records
from assay.cli.tables import format_option
from assay.cli.task_argument import task_argument
from assay.core.errors import InputError, SpecError
from assay.project import open_project
from assay.project.plan import certifying_gold
from assay.project.verdicts import judged_answers
from assay.quality.calibration.confidences import notes as unsure
from assay.quality.calibration.confidences import unsaid
from assay.quality.guarantees.by_class import check_said, decided_as, of_chain
from assay.quality.guarantees.certificate import certify, certify_chain, not_said
from assay.quality.guarantees.promise import About, Certificate, Promise
from assay.quality.inference.clusters import OneEach, one_each
from assay.quality.verdicts import (
    Constant,
    Key,
    Verdict,
    certifying,
    columns,
    constant,
    grouped,
    read_verdicts,
    side_by_side,
    spelling,
)


@click.command(
    "certify",
    epilog=examples("assay certify --alpha 0.05", "assay certify judged.csv --chain small,large"),
)
@task_argument("source")
@click.option("--alpha", type=SHARE, default=0.1, show_default=True,
              help="Error rate allowed among the guaranteed labels.")  # fmt: skip
@click.option("--delta", type=SHARE, default=0.1, show_default=True,
              help="Probability that the guarantee may fail.")  # fmt: skip
@click.option("--promise", type=click.Choice(["accepted", "output"]), default="accepted",
              show_default=True,
              help="Guarantee for accepted labels only, or for all, human included.")  # fmt: skip
@click.option("--class", "classes", multiple=True, metavar="LABEL",
              help="Guarantee for answers with this label only; repeat for several.")  # fmt: skip
@click.option("--annotator", "chosen", multiple=True,
              help="Only this annotator, with all of delta; repeat for several.")  # fmt: skip
@click.option("--chain", help="Annotators in order, comma-separated; one threshold for all.")
@click.option("--tags", is_flag=True, help="Each tag or field by itself, not entire answers.")
@click.option("--tolerance", type=AMOUNT, default=0.0, show_default=True,
              help="Largest error at which a number still counts as correct.")  # fmt: skip
@cluster_option
@click.option("--seed", default=0, show_default=True, help="Random seed of the draw from clusters.")
@click.option("--reference", help="Name of the reference labels, for messages.")
@click.option("--ledger", help="Ledger file or URL; overrides the task file's.")
@format_option
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def certify_command(
    source: Path,
    alpha: float,
    delta: float,
    promise: str,
    classes: tuple[str, ...],
    chosen: tuple[str, ...],
    chain: str | None,
    tags: bool,
    tolerance: float,
    cluster: str | None,
    seed: int,
    reference: str | None,
    ledger: str | None,
    as_json: bool,
) -> None:
    """Find the confidence threshold in SOURCE that guarantees a target accuracy.

    SOURCE is a task file with its ledger, or a table of judged answers.

    A table has the columns record, confidence, and correct (or label and reference), and if there
    are several, annotator and tag; its records are a random sample of those to be labelled.
    """

    about: About = "output" if promise == "output" else "accepted"
    wanted = Wanted(Promise(alpha, delta, about), chosen, chain, classes)
    if source.suffix in TASK_FILES:
        groups, usual = _of_task(source, ledger, tolerance, tags)
    elif tags or ledger is not None:
        raise SpecError("--tags and --ledger are for task files; in a table, tags are a column")
    else:
        groups, usual = _of_table(source, tolerance), "the reference"
    drawn = None
    if cluster is not None:
        groups, drawn = _one_each(groups, of_records(ledger or str(source), cluster), cluster, seed)
    found = _certified(groups, wanted, reference or usual)
    notes = spelling(v for verdicts in groups.values() for v in verdicts)
    notes += unsure({key: vs for key, vs in groups.items() if wanted.concerns(key[0])})
    if as_json:
        described = {"promise": about, "alpha": alpha, "delta": delta,
                "certificates": [one.as_json() for one in found], "notes": notes,
                "cluster": drawn and drawn.as_json(),
                "assumption": None if drawn else INDEPENDENT}  # fmt: skip
        print_json(described)
        return
    for line in (*notes, drawn.statement if drawn else INDEPENDENT):
        click.echo(f"note: {line}", err=True)
    print_result(found, wanted, None if classes else _other(groups, wanted, found))


def _one_each(
    groups: Mapping[Key, Sequence[Verdict]], cluster: Mapping[str, str], column: str, seed: int
) -> tuple[dict[Key, list[Verdict]], OneEach]:
    """The verdicts on one labelled record of each cluster, the same for every annotator."""
    labelled = {v.record for vs in groups.values() for v in vs if v.right is not None}
    drawn = one_each(labelled, cluster, column, seed)
    kept = {key: [v for v in vs if v.record in drawn.records] for key, vs in groups.items()}
    return kept, drawn


def _of_table(path: Path, tolerance: float) -> dict[Key, list[Verdict]]:
    return grouped(certifying(read_verdicts(path, tolerance)))


def _of_task(
    path: Path, place: str | None, tolerance: float, tags: bool
) -> tuple[dict[Key, list[Verdict]], str]:
    project = open_project(path).changed({}, place)
    gold = certifying_gold(project)
    judged = judged_answers(project, tolerance, tags)
    return grouped(v for v in judged if v.record in gold), "the gold labels"


def _certified(
    groups: Mapping[Key, Sequence[Verdict]], wanted: Wanted, reference: str
) -> list[Certified]:
    """Certificates for all together, so that one may be chosen afterwards: delta is split among
    them.
    """
    if wanted.classes and (wanted.chain is not None or wanted.promise.about == "output"):
        raise SpecError(
            "--class guarantees the precision of accepted labels of one annotator; leave out "
            + ("--chain" if wanted.chain is not None else "--promise output")
        )
    if wanted.chain is not None:
        return [_chained(groups, wanted, reference)]
    labelled = {key: vs for key, vs in groups.items() if any(v.right is not None for v in vs)}
    names = sorted({who for who, _ in labelled})
    unknown = next((who for who in wanted.chosen if who not in names), None)
    if unknown is not None:
        described = ", ".join(name for name in names if name) or "none with a name"
        raise InputError(f"there is no labelled answer of {unknown!r}; there are {described}")
    kept = {key: vs for key, vs in labelled.items() if wanted.concerns(key[0])}
    if not kept:
        raise InputError(
            "no answer has a label to compare with, so nothing can be guaranteed: do "
            "the labels and "
            "the answers have the same record ids?"
        )
    return _each(kept, wanted, reference)


def _each(kept: Mapping[Key, Sequence[Verdict]], wanted: Wanted, reference: str) -> list[Certified]:
    check_said((v for vs in kept.values() for v in vs), wanted.classes)
    parts: list[str | None] = list(dict.fromkeys(wanted.classes)) or [None]
    share = replace(wanted.promise, delta=wanted.promise.delta / (len(kept) * len(parts)))
    made = []
    for key, verdicts in kept.items():
        for label in parts:
            own = verdicts if label is None else decided_as(verdicts, label)
            found = certify(*columns(own), share, reference) if own else not_said(share, reference)
            found = replace(found, label=label, unsaid=unsaid(own))
            made.append(Certified(key, found, own, _baseline(kept, key[1], label)))
    return made


def _chained(groups: Mapping[Key, Sequence[Verdict]], wanted: Wanted, reference: str) -> Certified:
    links = [link.strip() for link in (wanted.chain or "").split(",")]
    if wanted.chosen or len(links) < 2 or len(set(links)) < len(links):
        raise SpecError("--chain names two annotators or more, once each, without --annotator")
    found = certify_chain(*side_by_side(groups, links), wanted.promise, reference)
    verdicts = of_chain(groups, links, found.threshold)
    return Certified((" > ".join(links), ""), found, verdicts, _baseline(groups, "", None))


def _other(
    groups: Mapping[Key, Sequence[Verdict]], wanted: Wanted, found: Sequence[Certified]
) -> Certificate | None:
    """What the guarantee for the whole output would accept from the first annotator, if
    more."""

    if wanted.promise.about == "output":
        return None
    other = replace(wanted, promise=replace(wanted.promise, about="output"))
    first = _certified(groups, other, found[0].certificate.reference)[0].certificate
    return first if first.coverage > found[0].certificate.coverage else None


def _baseline(
    groups: Mapping[Key, Sequence[Verdict]], tag: str, label: str | None
) -> Constant | None:
    """The majority-class baseline on the labelled records: the most frequent label, or
    the class of the guarantee."""

    own = {v.record: v for (_, t), vs in groups.items() if t == tag for v in vs}
    return constant(own.values(), label)
