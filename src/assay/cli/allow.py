"""`--allow-code`: run what a task file names, and trust it from then on."""

import click

from assay.project.code import allowed, saying

HELP = "Let the code that the task file names run, now and until it changes."


def _allowed(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        context.with_resource(saying(allowed))


def allow_code_option(command: click.decorators.FC) -> click.decorators.FC:
    """The command is not handed it: whatever opens a task file below knows."""
    flag = click.option(
        "--allow-code", is_flag=True, expose_value=False, callback=_allowed, help=HELP
    )
    return flag(command)
