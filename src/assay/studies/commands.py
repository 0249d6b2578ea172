"""`assay study`: published studies from their label files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli.outputs import output_option
from assay.studies.vader.command import vader_command
from assay.studies.wnut17.command import wnut17_command

if TYPE_CHECKING:
    from assay.studies.celeba.study import Study
    from assay.studies.cifar10h.study import Study as CifarStudy
    from assay.studies.golden.study import Study as GoldenStudy
    from assay.studies.lesion.study import Lesions
    from assay.studies.lesion.study import Study as Lesion


@click.group("study")
def study_command() -> None:
    """Reproduce a published study from its label files."""


study_command.add_command(wnut17_command)
study_command.add_command(vader_command)


@study_command.command("celeba")
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
    """The CelebA study of a vision-language model beside people (FOLDER: the shipped files)."""
    from assay.studies.celeba.study import CostInputs, celeba

    cost = CostInputs(images, price_per_label, redundancy, seconds_per_query, gpu_hour)
    study = celeba(folder, cost)
    if html is not None:
        from assay.studies.celeba.page import write_celeba_page

        write_celeba_page(study, html)
    if as_json:
        click.echo(json.dumps(study.as_json(), indent=2))
        return
    _print_result(study)
    if html is not None:
        click.echo(f"wrote {html}")


def _print_result(s: "Study") -> None:
    from assay.studies.celeba.study import CAVEATS

    click.echo(f"{'attribute':<22}{'agree':>8}{'consist':>9}{'kappa':>8}{'always':>8}{'differ':>8}")
    for name, a in sorted(s.attributes.items(), key=lambda pair: -pair[1].agreement):
        kappa = "–" if a.kappa is None else f"{a.kappa:z.2f}"
        mark = " below always" if a.agreement < a.baseline else ""
        click.echo(
            f"{name:<22}{a.agreement:>8.1%}{a.consistency:>9.1%}{kappa:>8}{a.baseline:>8.1%}"
            f"{a.disagreements:>8}{mark}"
        )
    click.echo(
        f"\nmodel and original people agree on {s.agreement:.4%} of {s.cells:,} cells; always the "
        f"commoner label would on {s.baseline_mean:.2%}, and on {s.below_baseline} of "
        f"{len(s.attributes)} attributes that is better than the model"
    )
    click.echo(
        f"{s.disagreements:,} disagreements were labelled anew: {s.sided_with_ai:,} for the model; "
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


@study_command.command("lesion")
@click.argument("folder", type=click.Path(path_type=Path))
@output_option("--html", help="Write a report with pictures here.")
@click.option("--ledger", help="Import all answers into this ledger file or URL.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def lesion_command(folder: Path, html: Path | None, ledger: str | None, as_json: bool) -> None:
    """Four vision-language models beside six people: FOLDER holds their answers and the images."""
    from assay.studies.lesion.study import lesion, load

    data = load(folder)
    study = lesion(data)
    if html is not None:
        from assay.studies.lesion.page import write_lesion_page

        write_lesion_page(study, data.records, html)
    added = None if ledger is None else _keep(data, ledger)
    if as_json:
        click.echo(json.dumps(study.as_json(), indent=2))
        return
    _print_lesion(study)
    if html is not None:
        click.echo(f"wrote {html}")
    if added is not None:
        click.echo(f"{added:,} annotations written to {ledger}")


def _keep(data: "Lesions", place: str) -> int:
    import time
    from importlib.metadata import version

    from assay.ledger import Run, open_ledger
    from assay.studies.lesion.study import TASK

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


def _print_lesion(s: "Lesion") -> None:
    from assay.studies.lesion.study import PUBLISHED

    click.echo(f"{s.answers:,} answers to {s.records} pictures; replacement test, pooled:")
    for t in s.pooled:
        printed = PUBLISHED.get(t.model)
        comparisons = (
            "" if printed is None else f" (published {printed[0]:.2f} and {printed[1]:.2f})"
        )
        click.echo(
            f"  {t.model:<22} winning rate {t.winning_rate:.2f}, advantage probability "
            f"{t.advantage_probability:.2f}{comparisons}: {t.result}"
        )
    click.echo(f"\n{'attribute':<12}{'labeller':<22}{'kappa':>7}{'exact':>8}{'wins':>7}{'adv.':>7}")
    for name, a in s.attributes.items():
        for t, o, b in zip(a.tests, a.ordinal, a.comparisons, strict=False):
            kappa = "–" if o.kappa is None else f"{o.kappa:z.2f}"
            share = None if b.agreement is None else b.agreement.value
            exact = "–" if share is None else f"{share:.0%}"
            click.echo(
                f"{name:<12}{t.model:<22}{kappa:>7}{exact:>8}{t.winning_rate:>7.2f}"
                f"{t.advantage_probability:>7.2f}{'' if t.passed is False else '  ' + t.result}"
            )
    for caveat in s.caveats:
        click.echo(f"note: {caveat}")


@study_command.command("golden")
@click.option("--annotators", default=2_000, show_default=True, help="Simulated, a commitment.")
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def golden_study_command(annotators: int, seed: int, as_json: bool) -> None:
    """Golden questions: the failure rate of the honest, the estimator, and who spots gold."""
    from assay.studies.golden.study import golden

    study = golden(annotators, seed)
    if as_json:
        click.echo(json.dumps(study.as_json(), indent=2))
    else:
        _print_golden(study)


def _print_golden(s: "GoldenStudy") -> None:
    click.echo(
        f"Bonus {s.terms.bonus:g}, marginal cost {s.terms.marginal_cost:g}, wanted commitment "
        f"{s.terms.target:g}: how often one who commits so misses the bonus"
    )
    click.echo(f"{'questions':>10}{'threshold':>11}{'misses':>10}{'exactly':>10}{'scaled':>8}")
    for c in s.table:
        click.echo(
            f"{c.terms.questions:>10,}{c.threshold:>11.3f}{c.failure:>10.5f}"
            f"{c.exact_failure:>10.5f}{c.scaled:>8.3f}"
        )
    click.echo(f"scaled by sqrt(n log n); the limit is {s.table[0].limit:.3f}")
    click.echo(f"\nEstimator, {s.trials[0].questions} questions, simulated annotators:")
    for t in s.trials:
        error = "" if t.error is None else f" (by theory {t.error:.3f})"
        click.echo(
            f"  commitment {t.commitment:g}: mean estimate {t.mean:.3f}, spread {t.spread:.3f}"
            f"{error}, {t.covered:.1%} of the intervals hold it"
        )
    for u in s.undoing:
        click.echo(f"\nGold that looks like {u.gold}:")
        click.echo(f"  {u.disguise.statement}")
        click.echo(f"  {u.described}")


@study_command.command("cifar10h")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--draws", type=click.IntRange(min=1), default=20, show_default=True,
              help="Of test images, and of one person's label for each.")  # fmt: skip
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def cifar10h_command(folder: Path, draws: int, seed: int, as_json: bool) -> None:
    """People and a model together on CIFAR-10H: triage, joint fusion, and suggestions (simulated).

    FOLDER holds human_model_truth.csv.
    """
    from assay.studies.cifar10h.study import cifar10h

    study = cifar10h(folder, draws, seed)
    if as_json:
        click.echo(json.dumps(study.as_json(), indent=2))
    else:
        _print_cifar10h(study)


def _print_cifar10h(s: "CifarStudy") -> None:
    from assay.studies.cifar10h.study import NOTE

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
