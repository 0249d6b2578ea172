"""What `assay aggregate` prints."""

from pathlib import Path
from typing import Any

import click

from assay.cli.outputs import written_to
from assay.cli.tables import offer
from assay.core.spelling import shortened

MOST_SHOWN = 20


def print_result(described: dict[str, Any], out: Path | None) -> None:
    if "ranking" in described:
        click.echo(
            f"{described['comparisons']:,} comparisons; strength in log odds, 0 is the average item"
        )
        for row in described["ranking"]:
            span = "" if row["low"] is None else f" [{row['low']:+.2f}, {row['high']:+.2f}]"
            click.echo(f"  {row['name']:<24} {row['strength']:+.2f}{span}")
    else:
        many = described["annotators"]
        whose = "without names" if many is None else f"of {many:,} annotators"
        tied = f"; {described['ties']:,} ties" if "ties" in described else ""
        click.echo(
            f"{described['votes']:,} votes {whose} on {described['records']:,} "
            f"records, by {described['method']}{tied}"
        )
    offer(_rows(described))
    if "intervals" in described:
        _print_intervals(described)
    if "accuracy" in described:
        low, high = described["accuracy_interval"]
        of_f1 = described["macro_f1_interval"]
        f1 = f" [{of_f1[0]:.3f}, {of_f1[1]:.3f}]" if of_f1 else ""
        click.echo(
            f"against {described['reference']} (n = {described['n']:,}): "
            f"accuracy {described['accuracy']:.1%} [{low:.1%}, {high:.1%}], "
            f"macro F1 {described['macro_f1']:.3f}{f1}; "
            f"majority-class baseline ({shortened(described['baseline_label'])}): "
            f"{described['baseline']:.1%}"
        )
        if described["without_votes"]:
            click.echo(
                f"{described['without_votes']:,} known labels belong to records without a vote"
            )
        if described["warning"]:
            click.echo(f"warning: {described['warning']}")
    if "mean_distance" in described:
        low, high = described["mean_distance_interval"]
        click.echo(
            f"against {described['reference']} (n = {described['n']:,}): mean distance "
            f"{described['mean_distance']:.3g} [{low:.3g}, {high:.3g}]; always predicting "
            f"{described['baseline_number']:g}: {described['baseline']:.3g}"
        )
    for line in described.get("notes", ()):
        click.echo(f"note: {line}", err=True)
    for line in described["warnings"]:
        click.echo(f"warning: {line}", err=True)
    if out is not None:
        click.echo(written_to(out))


def _rows(described: dict[str, Any]) -> list[tuple[str, ...]]:
    """The ranking, or each annotator's skill; empty without either."""
    rows = described.get("ranking") or described.get("skill") or []
    keys = [k for k in (rows[0] if rows else ()) if k != "interval"]
    return [tuple(keys), *(tuple(_cell(row[k]) for k in keys) for row in rows)]


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "–" if value is None else str(value)


def _print_intervals(described: dict[str, Any]) -> None:
    how = described["intervals"]
    for entry in described["skill"][:MOST_SHOWN]:
        span = entry["interval"]
        where = "not known" if span is None else f"[{span[0]:.3f}, {span[1]:.3f}]"
        skill = "" if span is None else f"{entry['skill']:.3f} "
        click.echo(f"  {shortened(entry['annotator']):<24} {skill}{where}")
    if len(described["skill"]) > MOST_SHOWN:
        click.echo(
            f"… and {len(described['skill']) - MOST_SHOWN:,} more annotators; --json has all"
        )
    if how["why"] is None or how["basis"] != "nothing":
        click.echo(f"{how['level']:.0%} intervals based on {how['basis']}")
    if how["why"] is not None:
        click.echo(f"warning: {how['why']}", err=True)
