"""`--class` where one threshold decides for all labels: refused, with what gives it instead."""

import click


def _refused(_: click.Context, option: click.Parameter, given: tuple[str, ...]) -> None:
    if given:
        raise click.BadParameter(
            "one threshold decides for all labels here, so no promise is for one of them; "
            f"`assay certify --class {given[0]}` gives the threshold of one annotator for it",
            param=option,
        )


def class_option(command: click.decorators.FC) -> click.decorators.FC:
    flag = click.option(
        "--class", "classes", multiple=True, metavar="LABEL", callback=_refused,
        expose_value=False, is_eager=True, help="Refused: assay certify promises for one label.",
    )  # fmt: skip
    return flag(command)
