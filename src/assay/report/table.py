"""The report in a terminal: coverage, accuracy and cost by annotator."""

from assay.core.cost import UNKNOWN, money
from assay.data.base import many
from assay.quality.metrics.accuracy import Accuracy
from assay.quality.reviewed import Group, Rate
from assay.report.classes import class_lines
from assay.report.columns import Table, flattened
from assay.report.evidence import Evidence
from assay.report.line import Line
from assay.report.tags import Figure

HEAD = ("", "coverage", "accuracy, missing = wrong (95% CI)", "n", "baseline", "kappa", "per 1,000")
UNSCORED = ("", "response rate", "per 1,000")


def lines(evidence: Evidence) -> list[str]:
    """A table, the warnings, and what is open."""
    return flattened(parts(evidence))


def parts(evidence: Evidence) -> list[str | Table]:
    """The same, with tables as such."""
    described: list[str | Table]
    if evidence.unscored_reason is not None:
        answered = [
            (line.name, f"{line.answered.value or 0:.1%}", _per_1000(line, i, evidence))
            for i, line in enumerate(evidence.lines)
        ]
        described = [Table([UNSCORED, *answered]), evidence.unscored_reason]
    else:
        rows = [HEAD, *(_row(line, i, evidence) for i, line in enumerate(evidence.scored))]
        rows += [
            (name, *_right(score), "–", "–")
            for name, score in evidence.report_context.extra.items()
        ]
        assert evidence.report_context.reference is not None
        described = [
            f"Against {evidence.report_context.reference.name}:",
            Table(rows),
            *(f"note: {why}" for why in evidence.unscored),
            *_several(evidence),
        ]
    described += [raw_words(line, base) for line, base in evidence.raws]
    described += [
        f"warning: {line.name}: {why}" for line in evidence.lines for why in line.warnings
    ]
    described += [f"{line.name}: {doubt}" for line in evidence.lines for doubt in line.doubts]
    described += _promised(evidence)
    described += _review(evidence)
    if evidence.open:
        waiting = evidence.waiting.items()
        waits = ", ".join(f"{many(n, 'waits', 'wait')} for {who}" for who, n in waiting)
        are = many(evidence.open, "record is open", "records are open")
        described.append(f"{are}: {waits}" if waits else are)
    return described


def _promised(evidence: Evidence) -> list[str]:
    if evidence.promised is None:
        return []
    return [*evidence.promised.lines, *class_lines(evidence.promised.classes)]


def raw_words(line: Line, base: str) -> str:
    """Explains a line that is not in the task file, and why its records differ from the run's."""
    return (
        f"“{line.name}” is the model itself, and “{base}” its answer less the mean score of each "
        "label, since a model prefers some labels whatever it reads. The model was asked about "
        f"{line.asked:,} records: those that “{base}” was asked about, and the first of the data, "
        "for that mean"
    )


def _several(evidence: Evidence) -> list[str | Table]:
    """Precision, recall and F1 over tags or spans, since answers can be partly correct."""
    reference, units = evidence.report_context.reference, evidence.units
    if reference is None or units is None:
        return []
    head = (units, "precision (95% CI)", "of given", "recall (95% CI)",
            f"of {reference.name}", "F1 (95% CI)", "n")  # fmt: skip
    rows = [
        (line.name, _ratio(found.precision), f"{found.precision.n:,}", _ratio(found.recall),
         f"{found.recall.n:,}", _ratio(found.f1), f"{found.f1.n:,}")
        for line in evidence.lines if (found := line.figures) is not None
    ]  # fmt: skip
    return ["", Table([head, *rows])]


def _ratio(figure: Figure) -> str:
    if figure.value is None or figure.interval is None:
        return "–"
    return f"{figure.value:.1%} [{figure.interval[0]:.1%}, {figure.interval[1]:.1%}]"


def _review(evidence: Evidence) -> list[str | Table]:
    """Results of reviewing the disagreements, by attribute, and its cost compared with people's."""
    if evidence.review is None:
        return []
    roles, found, bill = evidence.review.roles, evidence.review.found, evidence.review.bill
    one, other = roles.first, roles.second
    head = ("attribute", f"{one} agrees with {other}", "baseline", "kappa",
            f"{roles.reviewer} sided with {one}", f"{one} with final", f"{other} with final",
            "agreed but wrong")  # fmt: skip
    groups = [(g, "") for g in (found.all, *found.kinds.values())]
    groups += [(g, found.objectivity.get(name, "")) for name, g in found.attributes.items()]
    rows = [head, *((f"{g.name} ({kind})" if kind else g.name, *_figures(g)) for g, kind in groups)]
    described: list[str | Table] = ["", Table(rows)]
    if found.shared_errors is not None:
        wrong, low, high = found.shared_errors
        described.append(
            f"{found.all.rejected.n:,} agreed cells were audited: {wrong:,} errors are expected "
            f"among {found.all.agreement.hits:,} ({low:,} to {high:,})"
        )
    else:
        described.append("no agreed cell was audited, so errors shared by both are not seen")
    spent = evidence.cost_so_far
    alone = "" if bill.people_alone is None else (
        f"; people labelling all {found.all.agreement.n:,} once: "
        f"{money(bill.people_alone, evidence.report_context.currency)}"
    )  # fmt: skip
    described.append(
        f"{roles.reviewer} looked at {found.looked:,} cells; {spent} spent in all{alone}"
    )
    return described


def _figures(group: Group) -> tuple[str, ...]:
    rates = (group.sided_with_first, group.first_consistency, group.second_consistency,
             group.rejected)  # fmt: skip
    kappa = "–" if group.kappa is None else f"{group.kappa:z.2f}"
    baseline = "–" if group.baseline is None else f"{group.baseline:.1%}"
    return (_rate(group.agreement), baseline, kappa, *map(_rate, rates))


def _rate(rate: Rate) -> str:
    return "–" if rate.value is None else f"{rate.value:.1%} of {rate.n:,}"


def _row(line: Line, place: int, evidence: Evidence) -> tuple[str, ...]:
    table = line.table
    kappa = table.kappa().value if table is not None else None
    return (
        line.name,
        *_right(line.score),
        "–" if kappa is None else f"{kappa:z.2f}",
        _per_1000(line, place, evidence),
    )


def _per_1000(line: Line, place: int, evidence: Evidence) -> str:
    """Cost of 1,000 records; the first line is of all who decide."""
    spent = evidence.known_spent
    each = None if spent is None else 1000 * spent / max(evidence.records, 1)
    each = each if place == 0 else line.cost_per_1000
    return UNKNOWN if each is None else money(round(each), evidence.report_context.currency)


def _right(score: Accuracy | None) -> tuple[str, str, str, str]:
    """Coverage, accuracy, number of records, baseline."""
    if score is None or score.on_all.interval is None:
        return "–", "–", "–", "–"
    low, high = score.on_all.interval
    right = f"{score.on_all.value:.1%} [{low:.1%}, {high:.1%}]"
    return (
        f"{score.answered.value or 0:.1%}",
        right,
        f"{score.on_all.n:,}",
        f"{score.baseline.value:.1%}",
    )
