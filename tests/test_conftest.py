"""What tests/conftest.py does with a test that is skipped."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
SUITE = """
import pytest
def test_marked(): pytest.skip("no server")
@pytest.mark.skipif(True, reason="no extra")
def test_skipped(): pass
@pytest.mark.xfail(strict=True)
def test_known(): assert False
"""


def outcome(folder: Path, monkeypatch: pytest.MonkeyPatch, required: bool) -> tuple[int, str]:
    monkeypatch.delenv("ASSAY_REQUIRE_SERVICES", raising=False)
    if required:
        monkeypatch.setenv("ASSAY_REQUIRE_SERVICES", "1")
    monkeypatch.setenv("PYTHONPATH", str(CONFTEST.parents[1]))
    (folder / "conftest.py").write_text(CONFTEST.read_text("utf-8"), "utf-8")
    (folder / "test_some.py").write_text(SUITE, "utf-8")
    (folder / "test_whole.py").write_text("import pytest\npytest.importorskip('no_such')\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rs",
        "--continue-on-collection-errors",
        str(folder),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_what_is_missing_is_named_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = outcome(tmp_path, monkeypatch, required=False)
    assert code == 0
    assert "3 skipped, 1 xfailed" in said
    assert "no server" in said


def test_where_services_are_required_a_skip_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = outcome(tmp_path, monkeypatch, required=True)
    assert code != 0
    assert "no server: skipped, although ASSAY_REQUIRE_SERVICES is set" in said
    assert "no extra: skipped, although" in said
    assert "no_such" in said
