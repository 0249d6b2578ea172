"""`--class` refused where one threshold is used for all labels, with the command to use instead."""

import click


def _refused(_: click.Context, option: click.Parameter, given: tuple[str, ...]) -> None:
    if given:
        raise click.BadParameter(
            "one threshold is used for all labels here, so no guarantee covers a single one; "
            f"`assay certify --class {given[0]}` finds the threshold of one annotator for it",
            param=option,
        )


def class_option(command: click.decorators.FC) -> click.decorators.FC:
    flag = click.option(
        "--class", "classes", multiple=True, metavar="LABEL", callback=_refused,
        expose_value=False, is_eager=True, hidden=True,
        help="Refused here: `assay certify` has it.",
    )  # fmt: skip
    return flag(command)
