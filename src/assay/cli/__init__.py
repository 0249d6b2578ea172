"""The commands. Names from the outside (options, YAML, entry points) are resolved here and below.

Each command lives in a module of this folder that is imported only when it is called, so that
`assay --help` answers at once.
"""

import io
import json
import os
import sys

import click

from assay.cli.lazy import Commands, LazyGroup
from assay.cli.streams import without_folders
from assay.core.errors import AssayError, code_of
from assay.core.printable import Printed, without_middle
from assay.core.redact import remember_place

COMMANDS: Commands = {
    "Label": {
        "init": ("assay.cli.task", "Write a commented task file from a data file."),
        "check": ("assay.cli.task", "Validate a task file; show prompt, requests, cost, time."),
        "run": ("assay.cli.run", "Label the records of a task file; run again to resume."),
        "report": ("assay.cli.report", "Write the HTML report of a run."),
        "export": ("assay.cli.data", "Write decisions or annotations to a file."),
        "import": ("assay.cli.data", "Import existing annotations of people or models."),
    },
    "Measure": {
        "agree": ("assay.cli.agree", "Inter-annotator agreement, with intervals."),
        "compare": ("assay.cli.compare", "Compare models with people; may they replace them?"),
        "calibrate": ("assay.cli.calibrate", "Measure calibration; recalibrate confidences."),
        "audit": ("assay.cli.audit", "Estimate the error rate of labels from a random sample."),
        "prevalence": ("assay.cli.prevalence", "Label prevalence, corrected by an audited sample."),
        "aggregate": ("assay.cli.aggregate", "Aggregate several annotators into one label each."),
    },
    "Decide": {
        "certify": ("assay.cli.certify", "Find the confidence that guarantees a target accuracy."),
        "plan": ("assay.cli.plan", "Find the cheapest strategy that meets a quality target."),
        "cost": ("assay.cli.cost", "Cost of each route, projected to the whole data set."),
        "controller": ("assay.cli.controller", "Show which specialists a controller would choose."),
    },
    "People": {
        "golden": ("assay.cli.golden", "Golden questions: choose, hide, monitor, pay by."),
    },
    "Try": {
        "demo": ("assay.studies.vader.demo", "Label real tweets with embedded models; report."),
        "study": ("assay.studies.commands", "Reproduce a published study from its label files."),
        "synthesise": ("assay.cli.synthesise", "Generate labelled texts, marked as synthetic."),
        "models": ("assay.cli.models", "List, download and remove the embedded models."),
        "data": ("assay.studies.vader.demo", "Download and build the demo's data."),
    },
}  # section: name: (module, one line for `assay --help`)

COMPLETES = "_ASSAY_COMPLETE"
STOPPED = "stopped; all answers so far are saved, run again to resume"
LONGEST_LINE = 2_000  # characters of a mistake that are printed


@click.group(
    cls=LazyGroup, listed=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="assay")
def root() -> None:
    """Label text and images with models and people; prove label quality; report cost."""


def main() -> None:
    """The entry point: a user error is one line on stderr and exit code 2."""
    _set_up_output()
    for word in sys.argv[1:]:
        remember_place(word.partition("=")[2] if word.startswith("-") else word)
    try:
        root(prog_name="assay", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as bare:
        bare.show()
        sys.exit(2)
    except click.UsageError as bad:
        asked = bad.ctx.command_path if bad.ctx else "assay"
        _refuse(f"{_sentence(bad.format_message())}; see {asked} --help", "usage")
    except click.ClickException as bad:
        _refuse(_sentence(bad.format_message()), "usage")
    except (click.Abort, KeyboardInterrupt):
        _report(STOPPED, "stopped", STOPPED)
        sys.exit(130)
    except AssayError as bad:
        _refuse(str(bad), code_of(bad))
    except BrokenPipeError:  # who read our output wants no more of it, like `head`
        _drop_output()
        sys.exit(1)
    except OSError as bad:
        _drop_output()
        place = f"{bad.filename}: " if bad.filename is not None else ""
        _refuse(f"{place}{bad.strerror or bad}", "file")
    except Exception as bad:
        _broke(bad)


def _broke(bad: Exception) -> None:
    """A user error inside an exception group is reported as one line; others are bugs."""
    from assay.cli.crash import EXIT, line_on

    while isinstance(bad, ExceptionGroup):
        own = bad.subgroup(AssayError)
        bad = (own or bad).exceptions[0]
    if isinstance(bad, AssayError):
        _refuse(str(bad), code_of(bad))
    line = line_on(bad)
    _report(line, "fault", f"assay: {line}")
    sys.exit(EXIT)


def _set_up_output() -> None:
    """Output may be closed, and a terminal may lack a character; neither ends a run."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr does from the start
    if COMPLETES in os.environ:  # a shell asks what may follow, and reads bytes
        return
    for name in ("stdout", "stderr"):  # what servers and files hold must not command a terminal
        if not isinstance(getattr(sys, name), Printed):
            setattr(sys, name, Printed(getattr(sys, name)))


def _refuse(line: str, code: str) -> None:
    said = without_folders(" ".join(line.split()))
    said = without_middle(said, LONGEST_LINE)
    _report(said, code, f"assay: {said}")
    sys.exit(2)


def _report(message: str, code: str, line: str) -> None:
    """On stderr: the line, or an object where the command was given --json; stdout has either a
    whole result or nothing."""
    if "--json" in sys.argv[1:]:
        error = {"error": {"message": message, "code": code}}
        line = json.dumps(error, ensure_ascii=False)
    click.echo(line, err=True)


def _sentence(said: str) -> str:
    """A message of the option parser, worded like the others."""
    said = said.removesuffix(".")
    return said[:1].lower() + said[1:]


def _drop_output() -> None:
    """The rest of the buffer cannot be written; the interpreter would retry when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
