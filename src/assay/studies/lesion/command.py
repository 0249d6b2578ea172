"""The command of the lesion study."""

import json
import time
from importlib.metadata import version
from pathlib import Path

import click

from assay.cli.common import examples
from assay.cli.outputs import output_option, wrote
from assay.ledger import Run, open_ledger
from assay.studies.lesion.page import write_lesion_page
from assay.studies.lesion.study import PUBLISHED, TASK, Lesions, LesionStudy, lesion, load_lesion


@click.command("lesion", epilog=examples("assay study lesion folder --html lesion.html"))
@click.argument("folder", type=click.Path(path_type=Path))
@output_option("--html", help="Write a report with pictures here.")
@click.option("--ledger", help="Import all answers into this ledger file or URL.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def lesion_command(folder: Path, html: Path | None, ledger: str | None, as_json: bool) -> None:
    """Compare four vision-language models with six people; FOLDER holds answers and images."""
    data = load_lesion(folder)
    study = lesion(data)
    if html is not None:
        write_lesion_page(study, data.records, html)
    added = None if ledger is None else _keep(data, ledger)
    if as_json:
        click.echo(json.dumps(study.as_json(), indent=2))
        return
    _print_result(study)
    if html is not None:
        click.echo(wrote(html))
    if added is not None:
        click.echo(f"{added:,} annotations written to {ledger}")


def _keep(data: Lesions, place: str) -> int:
    now = time.time()
    run = Run(f"import-{time.time_ns():x}", TASK.id, "import", now, version=version("assay"))
    opened = open_ledger(place)
    try:
        opened.add_task(TASK)
        opened.start_run(run)
        opened.add_records(data.records.values())
        added = opened.add(list(data.annotations(run.id, now)))
        opened.end_run(run.id, time.time())
    finally:
        opened.close()
    return added


def _print_result(s: LesionStudy) -> None:
    click.echo(
        f"{s.answers:,} answers to {s.records} pictures; alternative annotator "
        f"test (alt-test), pooled:"
    )
    for t in s.pooled:
        printed = PUBLISHED.get(t.model)
        comparisons = (
            "" if printed is None else f" (published {printed[0]:.2f} and {printed[1]:.2f})"
        )
        click.echo(
            f"  {t.model:<24} winning rate {t.winning_rate:.2f}, advantage probability "
            f"{t.advantage_probability:.2f}{comparisons}: {t.result}"
        )
    click.echo(f"\n{'attribute':<12}{'labeller':<24}{'kappa':>7}{'exact':>8}{'wins':>7}{'adv.':>7}")
    for name, a in s.attributes.items():
        for t, o, b in zip(a.tests, a.ordinal, a.comparisons, strict=False):
            kappa = "–" if o.kappa is None else f"{o.kappa:z.2f}"
            share = None if b.agreement is None else b.agreement.value
            exact = "–" if share is None else f"{share:.0%}"
            click.echo(
                f"{name:<12}{t.model:<24}{kappa:>7}{exact:>8}{t.winning_rate:>7.2f}"
                f"{t.advantage_probability:>7.2f}{'' if t.passed is False else '  ' + t.result}"
            )
    for caveat in s.caveats:
        click.echo(f"note: {caveat}")
