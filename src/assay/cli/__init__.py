"""The commands. Names from the outside (options, YAML, entry points) are resolved here and below.

Each command lives in a module of this folder that is imported only when it is called, so that
`assay --help` answers at once.
"""

import importlib
import sys

import click

from assay.core.errors import AssayError

COMMANDS = {
    # name: (module, one line for `assay --help`)
    "init": ("assay.cli.task", "Write a commented task file by looking at a data file."),
    "check": ("assay.cli.task", "Validate a task file; show the prompt, requests, money, time."),
    "run": ("assay.cli.run", "Label the records of a task file; run again to resume."),
    "report": ("assay.cli.report", "Write the HTML report of what the ledger holds."),
    "export": ("assay.cli.data", "Write decisions or annotations to a file."),
    "import": ("assay.cli.data", "Read existing annotations of people or models."),
    "compare": ("assay.cli.compare", "Put annotators side by side with people."),
    "study": ("assay.cli.study", "Reproduce a published study from its label files."),
    "models": ("assay.cli.models", "List, fetch and remove the embedded models."),
    "data": ("assay.cli.demo", "Fetch and build the demo's data."),
    "demo": ("assay.cli.demo", "Label real tweets with the embedded models; write a report."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and loads a command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[name][0]), f"{name}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="assay")
def root() -> None:
    """Label text and images with models and people, with proof and with the bill."""


def main() -> None:
    """The entry point: a user's mistake is one line on stderr and exit code 2."""
    try:
        root(standalone_mode=False)
    except click.ClickException as bad:
        bad.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; nothing answered so far is lost, run again to go on", err=True)
        sys.exit(130)
    except AssayError as bad:
        click.echo(f"assay: {bad}", err=True)
        sys.exit(2)
