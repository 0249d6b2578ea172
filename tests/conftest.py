"""Fixtures that several folders share."""

from pathlib import Path

import pytest


@pytest.fixture
def shared_data() -> Path:
    """Real annotation data beside the checkout; tests that need it are skipped without."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not there")
    return folder
