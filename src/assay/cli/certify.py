"""`assay certify`: how sure a label must be so that a promise holds for those accepted."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.amount import AMOUNT, SHARE

if TYPE_CHECKING:
    from assay.quality.certificate import Certificate, Promise
    from assay.quality.verdicts import Constant, Key, Verdict

TASK_FILES = (".yaml", ".yml")

LEAST = 20  # labels below which a promise is hardly ever possible


@click.command("certify")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--alpha", type=SHARE, default=0.1, show_default=True,
              help="Share of accepted labels that may be wrong.")  # fmt: skip
@click.option("--delta", type=SHARE, default=0.1, show_default=True,
              help="Chance that the promise may be wrong.")  # fmt: skip
@click.option("--annotator", "chosen", multiple=True,
              help="Only this one (repeat for several), with all of delta.")  # fmt: skip
@click.option("--chain", help="Annotators in order, parted by commas: one threshold for all.")
@click.option("--tags", is_flag=True, help="Tags or fields one by one, not whole answers.")
@click.option("--tolerance", type=AMOUNT, default=0.0, show_default=True,
              help="How far a number may be off and still be right.")  # fmt: skip
@click.option("--reference", help="What the labels are compared with, in words.")
@click.option("--ledger", help="Ledger file or URL; replaces the task file's.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def certify_command(
    source: Path,
    alpha: float,
    delta: float,
    chosen: tuple[str, ...],
    chain: str | None,
    tags: bool,
    tolerance: float,
    reference: str | None,
    ledger: str | None,
    as_json: bool,
) -> None:
    """Confidence thresholds for SOURCE, a table of judged answers or a task file with its ledger.

    A table has the columns record, confidence, and correct (or label and reference), and if there
    are several, annotator and tag; its records are a random sample of those to be labelled.
    """
    from assay.core.errors import SpecError
    from assay.quality.certificate import Promise
    from assay.quality.verdicts import spelling

    promise = Promise(alpha, delta)
    if source.suffix in TASK_FILES:
        groups, usual = _of_task(source, ledger, (tolerance, tags))
    elif tags or ledger is not None:
        raise SpecError("--tags and --ledger are for task files; in a table, tags are a column")
    else:
        groups, usual = _of_table(source, tolerance), "the reference"
    found = _certified(groups, promise, (chosen, chain), reference or usual)
    always = _always(groups, found)
    notes = spelling(v for verdicts in groups.values() for v in verdicts)
    if as_json:
        baseline = {tag: c and c.as_json() for tag, c in always.items()}
        told = [
            {"annotator": w, "tag": t, **c.as_json(), "constant": baseline[t]}
            for (w, t), c in found.items()
        ]
        whole = {"alpha": alpha, "delta": delta, "certificates": told, "notes": notes}
        click.echo(json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False))
        return
    for line in notes:
        click.echo(f"note: {line}", err=True)
    _tell(found, promise, chain is not None)
    _tell_always(always, promise)


def _of_table(path: Path, tolerance: float) -> "dict[Key, list[Verdict]]":
    from assay.quality.verdicts import certifying, grouped, read_verdicts

    return grouped(certifying(read_verdicts(path, tolerance)))


def _of_task(
    path: Path, place: str | None, how: tuple[float, bool]
) -> "tuple[dict[Key, list[Verdict]], str]":
    from assay.project import open_project
    from assay.project.plan import certifying
    from assay.project.verdicts import judged_answers
    from assay.quality.verdicts import grouped

    project = open_project(path).changed({}, place)
    gold = certifying(project)
    return grouped(v for v in judged_answers(project, *how) if v.record in gold), "the gold labels"


def _certified(
    groups: "Mapping[Key, Sequence[Verdict]]",
    promise: "Promise",
    wanted: tuple[tuple[str, ...], str | None],
    reference: str,
) -> "dict[Key, Certificate]":
    """Of all together, so that one may be picked afterwards: delta is shared among them."""
    from assay.core.errors import InputError, SpecError
    from assay.quality.certificate import certify_chain, certify_each
    from assay.quality.verdicts import columns, side_by_side

    chosen, chain = wanted
    if chain is not None:
        links = [link.strip() for link in chain.split(",")]
        if chosen or len(links) < 2 or len(set(links)) < len(links):
            raise SpecError("--chain names two annotators or more, once each, without --annotator")
        found = certify_chain(*side_by_side(groups, links), promise, reference)
        return {(" > ".join(links), ""): found}
    labelled = {key: vs for key, vs in groups.items() if any(v.right is not None for v in vs)}
    names = sorted({who for who, _ in labelled})
    unknown = next((who for who in chosen if who not in names), None)
    if unknown is not None:
        told = ", ".join(name for name in names if name) or "none with a name"
        raise InputError(f"there is no labelled answer of {unknown!r}; there are {told}")
    kept = {key: vs for key, vs in labelled.items() if not chosen or key[0] in chosen}
    if not kept:
        raise InputError(
            "no answer has a label to compare with, so nothing can be promised: do the labels and "
            "the answers have the same record ids?"
        )
    place = {str(i): key for i, key in enumerate(kept)}
    each = {name: columns(kept[key]) for name, key in place.items()}
    return {place[name]: c for name, c in certify_each(each, promise, reference).items()}


def _always(
    groups: "Mapping[Key, Sequence[Verdict]]", found: "Mapping[Key, Certificate]"
) -> "dict[str, Constant | None]":
    """By tag what a constant would reach on the labelled records, whoever was asked about them."""
    from assay.quality.verdicts import constant

    told: dict[str, Constant | None] = {}
    for tag in {tag for _, tag in found}:
        own = {v.record: v for (_, t), vs in groups.items() if t == tag for v in vs}
        told[tag] = constant(own.values())
    return told


def _tell_always(always: "Mapping[str, Constant | None]", promise: "Promise") -> None:
    from assay.core.spelling import shortened

    for tag, found in always.items():
        if found is None:
            continue
        name = f"tag {tag}: " if tag else ""
        click.echo(f"{name}always {shortened(found.label)} agrees in {found.share:.1%} "
                   f"(n = {found.n:,})")  # fmt: skip
        if found.share >= 1 - promise.alpha:
            click.echo(
                f"warning: {name}always {shortened(found.label)} keeps the promised "
                f"{1 - promise.alpha:.1%} in this sample too, so the promise asks little",
                err=True,
            )


def _tell(found: "Mapping[Key, Certificate]", promise: "Promise", chain: bool) -> None:
    for (who, tag), certificate in found.items():
        name = ", ".join(part for part in (who, tag and f"tag {tag}") if part)
        click.echo(f"{name}: {certificate.statement}" if name else certificate.statement)
        if chain and certificate.shares:
            links = zip(who.split(" > "), certificate.shares, strict=True)
            told = ", ".join(f"{link} {share:.1%}" for link, share in links)
            click.echo(f"decided by {told}, people {1 - sum(certificate.shares):.1%}")
    if len(found) > 1:
        click.echo(
            f"the {len(found)} hold together with probability {1 - promise.delta:.1%}, so any of "
            "them may be picked; --annotator gives all of it to one"
        )
    click.echo("this rests on: " + "; ".join(next(iter(found.values())).assumptions))
    few = min(c.labels for c in found.values())
    if few < LEAST:
        click.echo(f"warning: {few} labels are hardly ever enough for a promise", err=True)
