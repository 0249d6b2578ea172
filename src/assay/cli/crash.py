"""Unexpected errors: one line on the terminal, and the full report in a file."""

import contextlib
import os
import platform
import sys
import tempfile
import time
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from platformdirs import user_state_path

from assay.core.redact import MASK, SECRET_NAMES, SHORTEST, hidden, hide

EXIT = 70  # EX_SOFTWARE of sysexits.h
PACKAGES = ("assay", "aiohttp", "numpy", "polars", "pyarrow", "pydantic", "scikit-learn", "scipy",
            "sqlalchemy", "torch")  # fmt: skip


def line_on(bad: BaseException) -> str:
    """The message to print; the report is written first, and its path is given."""
    said = " ".join(str(bad).split())
    what = hidden(hide(f"{type(bad).__name__}: {said}" if said else type(bad).__name__))[:200]
    place = write_report(bad)
    where = "the full report could not be written" if place is None else f"full report: {place}"
    return f"internal error in Assay ({what}); no file is left half written; {where}"


def write_report(bad: BaseException) -> Path | None:
    """In the user's state folder, or else in the temporary folder; readable only by the user."""
    text = _without_secrets(_report(bad))
    for folder in (user_state_path("assay") / "reports", Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(".txt", f"{time.strftime('%Y%m%d-%H%M%S')}-", folder)
            with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return Path(name)
    return None


def _report(bad: BaseException) -> str:
    versions = [f"{name} {_version(name)}" for name in PACKAGES]
    return "\n".join(
        [
            f"Assay broke on {time.strftime('%Y-%m-%d %H:%M:%S')}",
            "arguments: " + " ".join(hidden(word) for word in sys.argv[1:]),
            f"python {platform.python_version()} on {platform.platform()}",
            *versions,
            "",
            *traceback.format_exception(bad, limit=50),
        ]
    )


def _without_secrets(text: str) -> str:
    """Without known keys, passwords in URLs, and secrets in environment variables."""
    for name, value in os.environ.items():
        if len(value) >= SHORTEST and any(part in name.casefold() for part in SECRET_NAMES):
            text = text.replace(value, MASK)
    return hide("\n".join(hidden(line) for line in text.splitlines())) + "\n"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"
