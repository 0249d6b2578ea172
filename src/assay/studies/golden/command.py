"""The command of the golden-question study."""

import json

import click

from assay.cli.common import examples
from assay.studies.golden.study import GoldenStudy, golden


@click.command("golden", epilog=examples("assay study golden --annotators 500"))
@click.option("--annotators", default=2_000, show_default=True, help="Simulated, a commitment.")
@click.option("--seed", default=0, show_default=True, help="Random seed.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def golden_command(annotators: int, seed: int, as_json: bool) -> None:
    """Golden questions: the failure rate of the honest, the estimator, and who spots gold."""
    study = golden(annotators, seed)
    if as_json:
        click.echo(json.dumps(study.as_json(), indent=2))
    else:
        _print_result(study)


def _print_result(s: GoldenStudy) -> None:
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
