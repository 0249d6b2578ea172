"""Fixtures that several folders share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.data.inputs import Files, files


@pytest.fixture(autouse=True, scope="session")
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Assay remembers of files it wrote, and of code it may run, is the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("STATE", "CONFIG"):
            patch.setenv(f"XDG_{kind}_HOME", str(tmp_path_factory.mktemp(kind.lower())))
        yield


@pytest.fixture(autouse=True)
def _own_files() -> Iterator[None]:
    """What one test reads is no input of another."""
    with files(Files()):
        yield


@pytest.fixture
def shared_data() -> Path:
    """Real annotation data beside the checkout; tests that need it are skipped without."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not there")
    return folder
