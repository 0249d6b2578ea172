"""What a test needs besides the package; without it the test is skipped, and says what is missing.

Where ASSAY_REQUIRE_SERVICES is set (in CI), tests/conftest.py makes a failure of every skip.
"""

from importlib.util import find_spec
from shutil import which

import pytest

from assay.models.cache import BY_NAME, default_cache


def needs_extra(extra: str, *modules: str) -> pytest.MarkDecorator:
    """A mark that looks for the modules without importing them: collection stays quick."""
    there = all(find_spec(module) for module in modules)
    return pytest.mark.skipif(not there, reason=f"needs the extra `{extra}`: assay[{extra}]")


def needs_models(*names: str) -> None:
    """Skips the test where one of these files is not in the cache."""
    for name in names:
        if not default_cache().has(BY_NAME[name]):
            pytest.skip(f"{name} is not in the cache: assay models fetch {name}")


def needs_program(name: str) -> str:
    """Where it is; skips the test where it is not installed."""
    place = which(name)
    if place is None:
        pytest.skip(f"needs {name}: apt-get install {name}")
    return place
