"""No wing of the suite goes dark: what lies on disk is what pytest collects."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_every_test_file_on_disk_is_collected(request: pytest.FixtureRequest) -> None:
    on_disk = {p.relative_to(ROOT).as_posix() for p in (ROOT / "tests").rglob("test_*.py")}
    assert len(on_disk) > 100
    here = {item.path.relative_to(ROOT).as_posix() for item in request.session.items}
    assert here >= on_disk or collected() >= on_disk  # a part of the suite may have been asked for


def collected() -> set[str]:
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stdout + listed.stderr
    return set(re.findall(r"^(tests/\S+?\.py)", listed.stdout, flags=re.M))
