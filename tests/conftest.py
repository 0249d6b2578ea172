"""Fixtures that several folders share, and what becomes of a skip."""

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.warm import warm

REQUIRED = "ASSAY_REQUIRE_SERVICES"  # set by .ci/run, which has made everything available
OF_ROOT = "nothing is forbidden to root"  # no service can be started for such a test

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(library, "1")  # small problems: more threads only wait for each other

gc.set_threshold(20_000, 20, 20)  # what pytest and the libraries hold is no garbage

settings.register_profile("untimed", deadline=None)  # a slow machine is no fault
settings.register_profile(  # of tools/mutants.py: that a test fails is all it asks
    "mutants", deadline=None, derandomize=True, database=None,
    phases=(Phase.explicit, Phase.generate),
)  # fmt: skip
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end, and is not searched for garbage."""
    gc.collect()
    gc.freeze()


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
    from assay.data.inputs import Files, files  # not before the number of threads is set

    with files(Files()):
        yield


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an `assay` that begins at once: see tests/warm.py."""
    with warm(tmp_path_factory.mktemp("warm")) as folder:
        yield folder


@pytest.fixture
def shared_data() -> Path:
    """Real annotation data beside the checkout; tests that need it are skipped without."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not there")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _failed_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _failed_if_skipped(report)
    return report


def _failed_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where every service is there, a test that does not run is a fault of its own."""
    if REQUIRED in os.environ and report.skipped and not hasattr(report, "wasxfail"):
        *_, reason = report.longrepr if isinstance(report.longrepr, tuple) else ("skipped",)
        if str(reason).endswith(OF_ROOT):
            return
        report.outcome = "failed"
        report.longrepr = f"{reason}: skipped, although {REQUIRED} is set"
