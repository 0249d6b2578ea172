"""`assay calibrate`: calibration of confidences, before and after recalibration."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from assay.cli.amount import AMOUNT
from assay.cli.common import examples
from assay.cli.json_output import print_json
from assay.cli.outputs import output_option, written_to
from assay.cli.sources import TASK_FILES
from assay.cli.task_argument import task_argument
from assay.core.annotation import Source
from assay.core.errors import InputError, SpecError
from assay.data.gold import Purpose
from assay.data.write import write_rows
from assay.project import open_project
from assay.project.verdicts import judged_answers
from assay.quality.calibration.calibrators import Calibrator, fit_verdicts
from assay.quality.calibration.confidences import left_out
from assay.quality.calibration.reliability import Reliability, reliability
from assay.quality.verdicts import Key, Verdict, assigned, grouped, read_verdicts, spelling

METHODS = ("temperature", "platt", "isotonic", "histogram")
FIELDS = ("record", "annotator", "tag", "label", "confidence", "confidence_source")


@click.command(
    "calibrate",
    epilog=examples(
        "assay calibrate", "assay calibrate judged.csv --method isotonic -o calibrated.csv"
    ),
)
@task_argument("source")
@click.option("--method", type=click.Choice(METHODS), default="platt", show_default=True,
              help="How confidences are recalibrated.")  # fmt: skip
@click.option("--tolerance", type=AMOUNT, default=0.0, show_default=True,
              help="Largest error at which a number still counts as correct.")  # fmt: skip
@click.option("--ledger", help="Ledger file or URL; overrides the task file's.")
@output_option(stdout=".csv", help="File for all answers with calibrated confidences; `-`: stdout.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def calibrate_command(
    source: Path,
    method: str,
    tolerance: float,
    ledger: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure calibration of SOURCE, and recalibrate its confidences.

    They are fitted on calibration gold and measured on evaluation gold.

    SOURCE is a task file with its ledger, or a table with the columns record, confidence, and
    correct (or label and reference); without a column `purpose`, half of it is used to calibrate.
    """

    notes: list[str] = []
    if source.suffix in TASK_FILES:
        verdicts = _of_task(source, ledger, tolerance)
    else:
        verdicts = read_verdicts(source, tolerance)
        if all(v.purpose is None for v in verdicts):
            verdicts = assigned(verdicts)
            notes.append(
                "no column 'purpose': half of the records are used to calibrate, the "
                "others to evaluate"
            )
    notes += spelling(verdicts)
    groups = grouped(verdicts)
    notes += left_out(groups)
    found, missed = _fitted(groups, method)
    notes += missed
    if out is not None:
        _write(groups, found, out)
    if as_json:
        whole = {"method": method, "notes": notes, "annotators": [f.as_json() for f in found]}
        print_json(whole)
        return
    for line in notes:
        click.echo(f"note: {line}", err=True)
    for one in found:
        _print_result(one)
    if out is not None:
        click.echo(written_to(out))


def _of_task(path: Path, place: str | None, tolerance: float) -> list[Verdict]:
    project = open_project(path).changed({}, place)
    if project.fitted:
        raise SpecError(
            "an annotator or strategy was fitted on the calibration gold, so its confidences there "
            "are too good; calibrate from a table of other labels"
        )
    return judged_answers(project, tolerance)


@dataclass(frozen=True)
class Fitted:
    """`before` is None for margins, which are not probabilities; both are None without evaluation
    gold.
    """

    key: Key
    calibrator: Calibrator
    before: Reliability | None
    after: Reliability | None

    @property
    def name(self) -> str:
        return ", ".join(part for part in self.key if part) or "all answers"

    def as_json(self) -> dict[str, object]:
        return {
            "annotator": self.key[0],
            "tag": self.key[1],
            "source": str(self.calibrator.source),
            "fitted_on": len(self.calibrator.records),
            "parameters": dict(self.calibrator.parameters),
            "before": self.before and self.before.as_json(),
            "after": self.after and self.after.as_json(),
        }


def _fitted(groups: Mapping[Key, Sequence[Verdict]], method: str) -> tuple[list[Fitted], list[str]]:
    """Results for all that can be calibrated, and why others cannot; InputError if none can."""
    able = {key: vs for key, vs in groups.items() if any(v.confidence is not None for v in vs)}
    if not able:
        raise InputError("no answer has a confidence, so there is nothing to calibrate")
    found, missed = [], []
    for key, verdicts in able.items():
        name = ", ".join(part for part in key if part)
        try:
            found.append(_fit(key, verdicts, method))
        except InputError as bad:
            missed.append(f"{name}: {bad}" if name else str(bad))
    if not found:
        raise InputError(missed[0])
    return found, missed


def _fit(key: Key, verdicts: Sequence[Verdict], method: str) -> Fitted:
    own = [v for v in verdicts if v.confidence is not None and v.right is not None]
    calibrator = fit_verdicts(own, method)
    judges = [v for v in own if v.purpose is Purpose.EVALUATION]
    if not judges:
        return Fitted(key, calibrator, None, None)
    sure = [v.confidence for v in judges if v.confidence is not None]
    right = [bool(v.right) for v in judges]
    name = "evaluation gold"
    margins = calibrator.source is Source.MARGIN
    before = None if margins else reliability(sure, right, name)
    return Fitted(key, calibrator, before, reliability(calibrator(sure), right, name))


def _write(groups: Mapping[Key, Sequence[Verdict]], found: Sequence[Fitted], out: Path) -> None:
    def rows() -> Iterator[dict[str, object]]:
        for one in found:
            for v in groups[one.key]:
                sure = None if v.confidence is None else float(one.calibrator([v.confidence])[0])
                yield {
                    "record": v.record, "annotator": v.annotator, "tag": v.tag, "label": v.label,
                    "confidence": sure, "confidence_source": str(Source.CALIBRATED),
                }  # fmt: skip

    write_rows(rows(), FIELDS, out)


def _print_result(one: Fitted) -> None:
    described = ", ".join(
        f"{name} {value:.3g}" for name, value in one.calibrator.parameters.items()
    )
    click.echo(
        f"{one.name}: {one.calibrator.method} on {len(one.calibrator.records):,} calibration "
        f"labels{f' ({described})' if described else ''}"
    )
    if one.after is None:
        click.echo("no evaluation gold, so the quality of the confidences is unknown")
    for title, curve in (("as stated", one.before), ("calibrated", one.after)):
        if curve is not None:
            click.echo(f"{title}, {curve.lines()[0]}")
            for line in curve.lines()[1:]:
                click.echo(f"  {line}")
