"""`--allow-code`: run the code that a task file names, and trust it from then on."""

import click

from assay.project.code import allowed, saying

HELP = "Run the code that the task file names, now and until it changes."


def _allowed(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        context.with_resource(saying(allowed))


def allow_code_option(command: click.decorators.FC) -> click.decorators.FC:
    """Not passed to the command: what opens the task file reads it."""
    flag = click.option(
        "--allow-code", is_flag=True, expose_value=False, callback=_allowed, help=HELP
    )
    return flag(command)
