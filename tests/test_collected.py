"""No wing of the suite goes dark: what lies on disk is what pytest collects."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_test_file_on_disk_is_collected() -> None:
    on_disk = {p.relative_to(ROOT).as_posix() for p in (ROOT / "tests").rglob("test_*.py")}
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    collected = set(re.findall(r"^(tests/\S+?\.py)", listed.stdout, flags=re.M))
    assert listed.returncode == 0, listed.stdout + listed.stderr
    assert on_disk - collected == set()
    assert len(on_disk) > 100
