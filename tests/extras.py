"""Tests of what an optional extra brings are skipped where it is not installed."""

from importlib.util import find_spec

import pytest


def needs_extra(extra: str, *modules: str) -> pytest.MarkDecorator:
    """A mark that looks for the modules without importing them: collection stays quick."""
    there = all(find_spec(module) for module in modules)
    return pytest.mark.skipif(not there, reason=f"needs the extra `{extra}`: assay[{extra}]")
