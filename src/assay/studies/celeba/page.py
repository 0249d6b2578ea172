"""The CelebA study as one HTML file: what the model and the people said, attribute by attribute."""

import math
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from assay.core.cost import money, to_nanos
from assay.quality.metrics.accuracy import wilson
from assay.report.dots import Axis, Dot, Row, dot_rows
from assay.report.layout import write_page
from assay.studies.celeba.study import CAVEATS, Attribute, CelebaStudy, CostInputs, projected

IMAGES = (1_000, 10_000, 100_000)  # next to the number that was asked for
CHANCE = 0.05  # a kappa under this says nothing


def write_celeba_page(study: CelebaStudy, out: Path) -> None:
    write_page(
        "celeba.html.j2",
        "CelebA: a model compared with people – Assay",
        out,
        s=study,
        caveats=CAVEATS,
        agreement=agreement(study),
        kappas=kappas(study),
        sides=sides(study),
        yes=yes_rates(study),
        costs=costs(study),
        idle=sum((a.kappa or 0.0) < CHANCE for a in study.attributes.values()),
        named=named,
    )


def named(attribute: str) -> str:
    return attribute.replace("_", " ")


def agreement(study: CelebaStudy) -> str:
    """From agreement with the original labels to that with the consensus; tick: a constant."""
    rows = [
        Row(
            named(name),
            (
                Dot("second", a.consistency, f"consistency {a.consistency:.1%}"),
                Dot(
                    "below" if a.agreement < a.baseline else "first",
                    a.agreement,
                    f"agreement {a.agreement:.1%}",
                ),
            ),
            (a.agreement, a.consistency),
            a.baseline,
            f"{a.agreement:.1%}",
        )
        for name, a in _by(study, lambda a: -a.agreement)
    ]
    return dot_rows(rows, Axis(0.2, 1.0, 8, title="Agreement and consistency by attribute"))


def kappas(study: CelebaStudy) -> str:
    """Kappa with the original people and with the consensus."""
    rows = []
    for name, a in _by(study, lambda a: -(a.kappa or 0.0)):
        dots = []
        if a.kappa_consensus is not None:
            described = f"with the consensus {a.kappa_consensus:.2f}"
            dots.append(Dot("second", a.kappa_consensus, described))
        if a.kappa is not None:
            kind = "below" if a.kappa < CHANCE else "first"
            dots.append(Dot(kind, a.kappa, f"with the people {a.kappa:z.2f}"))
        note = "not defined" if a.kappa is None else f"{a.kappa:z.2f}"
        rows.append(Row(named(name), tuple(dots), note=note))
    return dot_rows(rows, Axis(-0.2, 1.0, 6, False, 0.0, "Kappa by attribute"))


def sides(study: CelebaStudy) -> str:
    """How often who labelled again sided with the model, where model and people differed."""
    rows = []
    for name, a in _by(study, lambda a: -a.for_ai / max(a.disagreements, 1)):
        if a.disagreements:
            share = a.for_ai / a.disagreements
            dot = Dot("first" if share > 0.5 else "person", share, f"{a.for_ai} times the model")
            span = wilson(a.for_ai, a.disagreements)
            rows.append(Row(named(name), (dot,), span, note=f"of {a.disagreements}"))
    return dot_rows(rows, Axis(0.0, 1.0, 4, line=0.5, title="Sided with the model"))


def yes_rates(study: CelebaStudy) -> str:
    """How often each says yes; a gap is a habit, not an error here and there."""
    rows = [
        Row(
            named(name),
            (
                Dot("person", a.yes_human, f"people {a.yes_human:.1%}"),
                Dot("model", a.yes_ai, f"model {a.yes_ai:.1%}"),
            ),
            (min(a.yes_ai, a.yes_human), max(a.yes_ai, a.yes_human)),
            note=f"{100 * (a.yes_ai - a.yes_human):+.0f}",
        )
        for name, a in _by(study, lambda a: -(a.yes_ai - a.yes_human))
    ]
    return dot_rows(rows, Axis(0.0, 1.0, 4, title="Share of yes"))


def costs(study: CelebaStudy) -> str:
    """Money by number of images on a logarithmic axis."""
    asked = CostInputs(**{name: study.cost[name] for name in asdict(CostInputs())})  # type: ignore[arg-type]
    sizes = sorted({*IMAGES, int(asked.images)})
    rows = []
    for images in sizes:
        found = projected(replace(asked, images=images), len(study.attributes))
        people, model = found["people"], found["model"]
        dots = tuple(
            Dot(kind, math.log10(amount), _usd(amount))
            for kind, amount in (("person", people), ("model", model))
            if amount  # nothing has no place on a logarithmic axis
        )
        note = f"{_usd(model)} and {_usd(people)}"
        rows.append(Row(f"{images:,} images", dots, note=note))
    edges = [dot.value for row in rows for dot in row.dots] or [0.0]
    low = math.floor(min(edges))
    high = max(math.ceil(max(edges)), low + 1)
    labels = tuple(f"{10.0**k:,.10g}" for k in range(low, high + 1))
    axis = Axis(low, high, high - low, title="Cost by number of images", labels=labels)
    return dot_rows(rows, axis)


def _usd(amount: float) -> str:
    return money(to_nanos(amount)) if amount < 100 else f"{amount:,.0f} USD"


def _by(study: CelebaStudy, key: Callable[[Attribute], float]) -> list[tuple[str, Attribute]]:
    return sorted(study.attributes.items(), key=lambda pair: key(pair[1]))
