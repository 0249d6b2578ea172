"""The command of the CelebA study."""

import json
from pathlib import Path

import click

from assay.cli.common import examples
from assay.cli.outputs import output_option, wrote
from assay.studies.celeba.page import write_celeba_page
from assay.studies.celeba.study import CAVEATS, CelebaStudy, CostInputs, celeba


@click.command("celeba", epilog=examples("assay study celeba folder --html celeba.html"))
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--price-per-label", default=0.05, show_default=True, help="USD for one human label.")
@click.option("--redundancy", default=1, show_default=True, help="People for each label.")
@click.option("--seconds-per-query", default=0.3, show_default=True, help="GPU time of one answer.")
@click.option("--gpu-hour", default=1.0, show_default=True, help="USD for one GPU hour.")
@click.option("--images", default=200_000, show_default=True, help="Images the cost is for.")
@output_option("--html", help="Write a page with plots here.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def celeba_command(
    folder: Path | None,
    price_per_label: float,
    redundancy: int,
    seconds_per_query: float,
    gpu_hour: float,
    images: int,
    html: Path | None,
    as_json: bool,
) -> None:
    """Compare a vision-language model with people: the CelebA study (FOLDER: the shipped files)."""
    cost = CostInputs(images, price_per_label, redundancy, seconds_per_query, gpu_hour)
    study = celeba(folder, cost)
    if html is not None:
        write_celeba_page(study, html)
    if as_json:
        click.echo(json.dumps(study.as_json(), indent=2))
        return
    _print_result(study)
    if html is not None:
        click.echo(wrote(html))


def _print_result(s: CelebaStudy) -> None:
    click.echo(f"{'attribute':<22}{'agree':>8}{'consist':>9}{'kappa':>8}{'always':>8}{'differ':>8}")
    for name, a in sorted(s.attributes.items(), key=lambda pair: -pair[1].agreement):
        kappa = "–" if a.kappa is None else f"{a.kappa:z.2f}"
        mark = " below always" if a.agreement < a.baseline else ""
        click.echo(
            f"{name:<22}{a.agreement:>8.1%}{a.consistency:>9.1%}{kappa:>8}{a.baseline:>8.1%}"
            f"{a.disagreements:>8}{mark}"
        )
    click.echo(
        f"\nmodel and original people agree on {s.agreement:.4%} of {s.cells:,} cells; the "
        f"majority-class baseline reaches {s.baseline_mean:.2%}, and on {s.below_baseline} of "
        f"{len(s.attributes)} attributes that is better than the model"
    )
    click.echo(
        f"{s.disagreements:,} disagreements were relabelled: {s.sided_with_ai:,} for the model; "
        f"consistency with the consensus: model {s.consistency:.4%}, original people "
        f"{s.human_consistency:.4%}"
    )
    click.echo(
        f"mean kappa: model-people {s.kappa_mean:.3f}, model-consensus "
        f"{s.kappa_consensus_mean:.3f}, people-consensus {s.kappa_human_consensus_mean:.3f}"
    )
    click.echo(
        f"cost of {s.cost['labels']:,.0f} labels: people {s.cost['people']:,.0f} USD, model "
        f"{s.cost['model']:,.0f} USD ({s.cost['share']:.2%}), at the prices given"
    )
    for caveat in CAVEATS:
        click.echo(f"note: {caveat}")
