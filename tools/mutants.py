"""Would a test notice? Changes one thing of the code at a time and runs its package's tests.

    python tools/mutants.py [--package core ...] [--sample 40] [--seed 0] [--jobs 2]

Of each top-level package a sample, drawn by the seed, is tried: each mutant by the tests of
tests/<package> that run its line, in a process of its own. Printed are killed and alive, and the
change of each that lived; mutants_equivalent.toml lists those that change nothing, and why. Exit
code 1 where a package leaves LIMIT or more alive.
"""

import argparse
import random
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tools.mutant_runs import Map, alive, mapped  # noqa: E402
from tools.mutation import Mutant, mutants  # noqa: E402

LIMIT = 0.15
EQUIVALENT = ROOT / "tools" / "mutants_equivalent.toml"
SOURCE = ROOT / "src" / "assay"
TOP = "assay"  # the modules that are in no package


@dataclass(frozen=True, slots=True)
class Found:
    package: str
    tried: int
    equivalent: int
    alive: tuple[Mutant, ...]

    @property
    def share(self) -> float:
        return len(self.alive) / max(self.tried - self.equivalent, 1)

    def __str__(self) -> str:
        killed = self.tried - self.equivalent - len(self.alive)
        return (
            f"{self.package:12} {self.tried:4} tried, {self.equivalent:3} equivalent, "
            f"{killed:4} killed, {len(self.alive):3} alive ({self.share:.0%})"
        )


def packages() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).parts
        found.setdefault(parts[0] if len(parts) > 1 else TOP, []).append(path)
    return found


def tests_of(package: str) -> list[str]:
    """The folders and files that mirror the package, and the contracts that all must keep."""
    if package == TOP:
        return sorted(str(p.relative_to(ROOT)) for p in (ROOT / "tests").glob("test_*.py"))
    return [f"tests/{package}", "tests/contracts"]


def sample(package: str, paths: Sequence[Path], size: int, seed: int) -> list[Mutant]:
    every = [
        mutant
        for path in paths
        for mutant in mutants(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
    chosen = random.Random(f"{seed}/{package}").sample(every, min(size, len(every)))
    return sorted(chosen, key=lambda mutant: (mutant.path, mutant.lines[0]))


def equivalents() -> set[tuple[str, str, str]]:
    listed = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("mutant", [])
    for entry in listed:
        if not entry.get("reason"):
            sys.exit(f"{EQUIVALENT.name}: {entry} has no reason")
    return {(entry["path"], entry["before"], entry["after"]) for entry in listed}


def tried(package: str, chosen: Sequence[Mutant], jobs: int) -> Found:
    same = equivalents()
    equal = [m for m in chosen if (m.path, *m.changed) in same]
    left = [m for m in chosen if m not in equal]
    tests: Map = mapped(ROOT, package, tests_of(package))
    runs = [(mutant, tests.of(mutant)) for mutant in left]
    lived = [m for m, those in runs if not those]
    lived += alive(ROOT, [(m, those) for m, those in runs if those], jobs)
    return Found(package, len(chosen), len(equal), tuple(lived))


def told(found: Found, seconds: float) -> Iterator[str]:
    yield f"{found}; {seconds / max(found.tried, 1):.1f} s each"
    kinds = Counter(mutant.kind for mutant in found.alive)
    if kinds:
        yield "  alive by kind: " + ", ".join(f"{kind} {n}" for kind, n in kinds.most_common())
    for mutant in found.alive:
        yield "  " + str(mutant).replace("\n", "\n    ")


def main() -> int:
    known = packages()
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--package", action="append", choices=sorted(known))
    options.add_argument("--sample", type=int, default=40, help="mutants a package")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--jobs", type=int, default=2, help="mutants tried at once")
    given = options.parse_args()
    failed = False
    for package in given.package or sorted(known):
        began = time.monotonic()
        chosen = sample(package, known[package], given.sample, given.seed)
        found = tried(package, chosen, given.jobs)
        for line in told(found, time.monotonic() - began):
            print(line, flush=True)
        failed |= found.share >= LIMIT
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
