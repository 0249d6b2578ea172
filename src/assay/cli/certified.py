"""What `assay certify` found, in words and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from assay.cli.tables import offer
from assay.core.spelling import shortened
from assay.quality.doubt import of_chance
from assay.quality.finding import Finding
from assay.quality.guarantees.by_class import AcceptedClass, accepted_classes, taken
from assay.quality.guarantees.promise import SHOWS, Certificate, Promise
from assay.quality.verdicts import Constant, Key, Verdict, constant
from assay.report.classes import class_lines, poor

LEAST = 20  # labels below which a promise is hardly ever possible


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was requested: which guarantee, and for which annotators."""

    promise: Promise
    chosen: tuple[str, ...]
    chain: str | None
    classes: tuple[str, ...]

    def concerns(self, who: str) -> bool:
        if self.chain is not None:
            return who in [link.strip() for link in self.chain.split(",")]
        return not self.chosen or who in self.chosen


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate, its annotator, the verdicts it is based on, and the majority-class baseline
    (the most frequent label, or the class of the guarantee).
    """

    key: Key
    certificate: Certificate
    verdicts: Sequence[Verdict]
    constant: Constant | None

    @property
    def tag(self) -> str:
        return self.key[1]

    @property
    def name(self) -> str:
        who, tag = self.key
        label = self.certificate.label
        parts = (who, tag and f"tag {tag}", label is not None and f"class {label}")
        return ", ".join(part for part in parts if part)

    @property
    def classes(self) -> tuple[AcceptedClass, ...]:
        return accepted_classes(self.verdicts, self.certificate)

    @property
    def constant_of_accepted(self) -> Constant | None:
        own = taken(self.verdicts, self.certificate)
        return constant(own) if own and self.certificate.label is None else None

    @property
    def finding(self) -> Finding:
        """Whether a guarantee is possible and informative: it is not if a majority-class baseline
        meets it too, or if labels and references may agree by chance."""

        if self.certificate.threshold is None:
            return Finding(False)
        little = () if self.asks_little is None else (self.asks_little,)
        one = self.certificate.label is not None  # whose answers are all the same
        return Finding(True, little if one else (*little, *of_chance(self.verdicts)))

    @property
    def verdict(self) -> str:
        """The headline: what is guaranteed, why it cannot be, or why that shows nothing."""
        open_ = self.finding.headline(SHOWS)
        return open_ or self.certificate.statement

    @property
    def asks_little(self) -> str | None:
        """Whether a majority-class baseline meets the guarantee too: on the sample, or among the
        accepted records.
        """
        wanted, there = 1 - self.certificate.promise.alpha, self.constant
        if there is not None and there.share >= wanted:
            return (
                f"always predicting {shortened(there.label)} also reaches {wanted:.1%} "
                f"in this sample, so "
                "the guarantee is a weak one"
            )
        own = self.constant_of_accepted
        about = self.certificate.promise.about
        if own is not None and own.share >= wanted and about == "accepted":
            return (
                f"{own.share:.1%} of the accepted records are {shortened(own.label)} by the "
                "reference, so always predicting it meets the guarantee among them too"
            )
        return None

    def as_json(self) -> dict[str, object]:
        own = self.constant_of_accepted
        return {
            "annotator": self.key[0],
            "tag": self.tag,
            **self.finding.as_json(),
            "verdict": self.verdict,
            **self.certificate.as_json(),
            "classes": [c.as_json() for c in self.classes],
            "constant": self.constant and self.constant.as_json(),
            "constant_of_accepted": own and own.as_json(),
            "asks_little": self.asks_little,
        }


def _rows(found: Sequence[Certified]) -> list[tuple[str, ...]]:
    head = ("annotator", "threshold", "coverage", "guarantee")
    return [
        head,
        *(
            (
                one.name or "all answers",
                "–" if one.certificate.threshold is None else f"{one.certificate.threshold:.4g}",
                f"{one.certificate.coverage:.1%}",
                one.verdict,
            )
            for one in found
        ),
    ]


def print_result(found: Sequence[Certified], wanted: Wanted, other: Certificate | None) -> None:
    promise = wanted.promise
    offer(_rows(found))
    for one in found:
        certificate = one.certificate
        for described in dict.fromkeys((one.verdict, certificate.statement)):
            click.echo(f"{one.name}: {described}" if one.name else described)
        if wanted.chain is not None and certificate.shares:
            links = zip(one.key[0].split(" > "), certificate.shares, strict=True)
            shares = ", ".join(f"{link} {share:.1%}" for link, share in links)
            click.echo(f"decided by {shares}, people {1 - sum(certificate.shares):.1%}")
        if certificate.label is None:
            _print_classes(one)
    if len(found) > 1:
        click.echo(
            f"the {len(found)} hold jointly with probability {1 - promise.delta:.1%}, so any of "
            "them may be chosen; --annotator gives all of it to one"
        )
    click.echo(f"guarantee: {promise.about} ({promise.labels})")
    if other is not None:
        click.echo(_hint(other))
    click.echo("assumptions: " + "; ".join(found[0].certificate.assumptions))
    _print_baselines(found)
    few = min(one.certificate.labels for one in found)
    if few < LEAST:
        click.echo(f"warning: {few} labels are rarely enough for a guarantee", err=True)


def _hint(other: Certificate) -> str:
    return (
        "if people label all other records, --promise output guarantees the same for all labels "
        f"together, and would accept {other.coverage:.1%} of the records here"
    )


def _print_classes(one: Certified) -> None:
    """Observed in the sample; a guarantee for all labels says nothing about a rare class."""
    for line in class_lines(one.classes):
        click.echo(line)
    for line in poor(one.classes, one.certificate.promise):
        click.echo(f"warning: {f'{one.name}: ' if one.name else ''}{line}", err=True)


def _print_baselines(found: Sequence[Certified]) -> None:
    bases = {(one.tag, one.certificate.label): one.constant for one in found}
    for (tag, label), base in bases.items():
        if base is not None:
            name = f"tag {tag}: " if tag else ""
            kind = "majority-class baseline" if label is None else "baseline"
            click.echo(f"{name}{kind}: {shortened(base.label)} agrees in "
                       f"{base.share:.1%} (n = {base.n:,})")  # fmt: skip
    for one in found:
        if one.asks_little is not None:
            click.echo(f"warning: {f'{one.name}: ' if one.name else ''}{one.asks_little}", err=True)
