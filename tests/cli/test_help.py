"""Help answers at once: nothing that a command needs is loaded for it."""

import re
import resource
import subprocess
import sys

from assay.cli import COMMANDS

HEAVY = {"aiohttp", "numpy", "polars", "sqlalchemy", "pydantic", "xllamacpp", "fastapi", "torch"}
BUDGET = 0.3  # seconds of processor time: what a machine without other work takes


def test_help_and_import_load_no_model_or_web_code() -> None:
    show = "from click.testing import CliRunner as R; from assay.cli import root"
    call = "R().invoke(root, ['--help'])"
    code = f"import sys, assay; {show}; {call}; print({HEAVY} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def used() -> float:
    """Seconds of processor time of all processes that were waited for."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def test_help_comes_within_its_budget() -> None:
    command = [sys.executable, "-m", "assay.cli", "--help"]
    taken = []
    for _ in range(3):
        before = used()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        taken.append(used() - before)
    assert min(taken) < BUDGET
    assert all(re.search(rf"^  {name} ", done.stdout, re.M) for name in COMMANDS)
