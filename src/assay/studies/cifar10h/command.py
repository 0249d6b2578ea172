"""The command of the CIFAR-10H study."""

import json
from pathlib import Path

import click

from assay.cli.common import examples
from assay.studies.cifar10h.study import NOTE, Cifar10hStudy, cifar10h


@click.command("cifar10h", epilog=examples("assay study cifar10h folder"))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--draws", type=click.IntRange(min=1), default=20, show_default=True,
              help="Of test images, and of one person's label for each.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Random seed.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def cifar10h_command(folder: Path, draws: int, seed: int, as_json: bool) -> None:
    """People and a model together on CIFAR-10H: triage, joint fusion, and suggestions (simulated).

    FOLDER holds human_model_truth.csv.
    """

    study = cifar10h(folder, draws, seed)
    if as_json:
        click.echo(json.dumps(study.as_json(), indent=2))
    else:
        _print_result(study)


def _print_result(s: Cifar10hStudy) -> None:
    click.echo(
        f"accuracy against the true class on {s.test:,} of {s.images:,} images, standard error "
        f"over {s.accuracy['model'].draws} draws; always one class: {s.baseline:.1%}"
    )
    click.echo(f"{'':<26}{'accuracy':<18}people's labels an image")
    for name, mean in s.accuracy.items():
        click.echo(f"{name.replace('_', ' '):<26}{mean!s:<18}{s.work.get(name, 1.0):.2g}")
    if s.shared.warning:
        click.echo(f"warning: {s.shared.warning}")
    click.echo(f"note: {NOTE}")
