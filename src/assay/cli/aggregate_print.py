"""What `assay aggregate` prints."""

from pathlib import Path
from typing import Any

import click

from assay.core.spelling import shortened

MOST_SHOWN = 20


def tell(told: dict[str, Any], out: Path | None) -> None:
    if "ranking" in told:
        click.echo(f"{told['comparisons']:,} comparisons; strength is log odds, 0 the mean rival")
        for row in told["ranking"]:
            span = "" if row["low"] is None else f" [{row['low']:+.2f}, {row['high']:+.2f}]"
            click.echo(f"  {row['name']:<24} {row['strength']:+.2f}{span}")
    else:
        many = told["annotators"]
        whose = "without names" if many is None else f"of {many:,} annotators"
        tied = f"; {told['ties']:,} ties" if "ties" in told else ""
        click.echo(
            f"{told['votes']:,} votes {whose} on {told['records']:,} "
            f"records, by {told['method']}{tied}"
        )
    if "intervals" in told:
        _tell_intervals(told)
    if "accuracy" in told:
        low, high = told["accuracy_interval"]
        of_f1 = told["macro_f1_interval"]
        f1 = f" [{of_f1[0]:.3f}, {of_f1[1]:.3f}]" if of_f1 else ""
        click.echo(
            f"against {told['reference']} (n = {told['n']:,}): accuracy {told['accuracy']:.1%} "
            f"[{low:.1%}, {high:.1%}], macro F1 {told['macro_f1']:.3f}{f1}; "
            f"always {shortened(told['baseline_label'])}: {told['baseline']:.1%}"
        )
        if told["without_votes"]:
            click.echo(f"{told['without_votes']:,} known labels are of records without a vote")
        if told["warning"]:
            click.echo(f"warning: {told['warning']}")
    if "mean_distance" in told:
        low, high = told["mean_distance_interval"]
        click.echo(
            f"against {told['reference']} (n = {told['n']:,}): mean distance "
            f"{told['mean_distance']:.3g} [{low:.3g}, {high:.3g}]; always "
            f"{told['baseline_number']:g}: {told['baseline']:.3g}"
        )
    for line in told.get("notes", ()):
        click.echo(f"note: {line}", err=True)
    for line in told["warnings"]:
        click.echo(f"warning: {line}", err=True)
    if out is not None:
        click.echo(f"written to {out}")


def _tell_intervals(told: dict[str, Any]) -> None:
    how = told["intervals"]
    for entry in told["skill"][:MOST_SHOWN]:
        span = entry["interval"]
        where = "not known" if span is None else f"[{span[0]:.3f}, {span[1]:.3f}]"
        skill = "" if span is None else f"{entry['skill']:.3f} "
        click.echo(f"  {shortened(entry['annotator']):<24} {skill}{where}")
    if len(told["skill"]) > MOST_SHOWN:
        click.echo(f"… and {len(told['skill']) - MOST_SHOWN:,} more annotators; --json has all")
    if how["why"] is None or how["basis"] != "nothing":
        click.echo(f"intervals at {how['level']:.0%} rest on {how['basis']}")
    if how["why"] is not None:
        click.echo(f"warning: {how['why']}", err=True)
