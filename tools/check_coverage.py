"""Fails where a package's tests run less of it than its floor; floors only rise.

    python tools/check_coverage.py [--raise]

Counted are lines and branches together, of the data that `make coverage` leaves. `--raise` lifts
the floors in coverage_floors.json to what was measured, in whole percent.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ROOT / "tools" / "coverage_floors.json"


def measured() -> dict[str, float]:
    """Percent by package; the modules that are in none are `assay`."""
    coverage = Coverage(config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    report = ROOT / "out" / "coverage.json"
    report.parent.mkdir(exist_ok=True)
    coverage.json_report(outfile=str(report))
    run, all_ = Counter[str](), Counter[str]()
    for path, file in json.loads(report.read_text(encoding="utf-8"))["files"].items():
        parts = Path(path).parts[Path(path).parts.index("assay") :]
        package, counts = parts[1] if len(parts) > 2 else parts[0], file["summary"]
        run[package] += counts["covered_lines"] + counts["covered_branches"]
        all_[package] += counts["num_statements"] + counts["num_branches"]
    return {package: 100 * run[package] / all_[package] for package in sorted(all_)}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--raise", action="store_true", dest="lift")
    lift, found = options.parse_args().lift, measured()
    floors: dict[str, int] = json.loads(FLOORS.read_text(encoding="utf-8"))
    if lift:
        floors = {p: max(floors.get(p, 0), int(percent)) for p, percent in found.items()}
        FLOORS.write_text(json.dumps(floors, indent=2) + "\n", encoding="utf-8")
    below = [p for p in found if found[p] < floors.get(p, 0)]
    for package, percent in found.items():
        floor = floors.get(package, "none yet; --raise writes one")
        print(f"{package:12} {percent:5.1f}%  floor {floor}{'  BELOW' * (package in below)}")
    return 1 if below or floors.keys() - found.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
