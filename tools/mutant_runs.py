"""Runs tests against a mutant: in a fork of a process that has imported everything but Assay."""

import importlib
import json
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import pytest
from coverage import CoverageData

from tools.mutant_site import sitecustomize
from tools.mutation import Mutant

HEAVY = (
    "numpy", "scipy.stats", "scipy.optimize", "sklearn.metrics", "sklearn.linear_model", "pandas",
    "pyarrow.parquet", "sqlalchemy", "pydantic", "click", "rich.progress", "yaml",
    "jinja2", "aiohttp.web", "hypothesis.strategies", "pytest", "pytest_asyncio.plugin",
)  # fmt: skip
ENOUGH = 30.0  # seconds of tests for one mutant: the quickest that fit, the mirrored file's first
WALL = 240.0  # for a machine with other work; the limit that ends a mutant is one of CPU time
MEMORY = 12 * 2**30
fork = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Map:
    """Which tests of a package run which lines, and for how long."""

    lines: dict[str, dict[int, set[str]]]
    seconds: dict[str, float]

    def of(self, mutant: Mutant) -> list[str]:
        """Those that run its lines; for lines that no test runs, those of the whole file, and where
        an import runs them all others too."""
        lines = self.lines.get(mutant.path, {})
        own = () if mutant.at_import else mutant.lines
        found = set[str]().union(*(lines.get(line, set()) for line in own))
        ranked = self._ranked(found, mutant)
        if not found:
            near = set[str]().union(*lines.values())
            ranked = self._ranked(near, mutant)
            if mutant.at_import or any(line in lines for line in own):
                ranked += self._ranked(self.seconds.keys() - near, mutant)
        return self._first(ranked)

    def _ranked(self, tests: Set[str], mutant: Mutant) -> list[str]:
        mirrored = f"test_{Path(mutant.path).stem}.py"
        return sorted(tests, key=lambda t: (mirrored not in t, self.seconds.get(t, 0.0), t))

    def _first(self, tests: Sequence[str]) -> list[str]:
        """As many as there is time for, and one."""
        chosen, total = list[str](), 0.0
        for test in tests:
            total += self.seconds.get(test, 0.0)
            if total <= ENOUGH or not chosen:
                chosen.append(test)
        return chosen


class Timer:
    """A plugin that keeps each test's CPU time, and the failures."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []
        self._began = 0.0

    def pytest_runtest_logstart(self) -> None:
        self._began = time.process_time()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.seconds[nodeid] = time.process_time() - self._began

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def ready() -> None:
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    for name in HEAVY:
        importlib.import_module(name)


def mapped(root: Path, package: str, tests: Sequence[str]) -> Map:
    """Runs the package's tests as they are; those that fail already are left out, and named."""
    ready()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        process = fork.Process(target=_measured, args=(root, tests, out))
        process.start()
        process.join()
        if not (out / "timer.json").exists():
            sys.exit(f"the tests of {package} cannot be run: python -m pytest {' '.join(tests)}")
        timer = json.loads((out / "timer.json").read_text("utf-8"))
        lines = _lines(root, out / "coverage", set(timer["failed"]))
    for test in timer["failed"]:
        print(f"  left out, for it fails by itself: {test}", file=sys.stderr)
    return Map(lines, timer["seconds"])


def _measured(root: Path, tests: Sequence[str], out: Path) -> None:
    os.environ["COVERAGE_FILE"] = str(out / "coverage")
    timer = Timer()
    _pytest(root, [*tests, "--cov=src/assay", "--cov-context=test", "--cov-report="], out, [timer])
    content = {"seconds": timer.seconds, "failed": timer.failed}
    (out / "timer.json").write_text(json.dumps(content), "utf-8")
    os._exit(0)


def _lines(root: Path, path: Path, failed: set[str]) -> dict[str, dict[int, set[str]]]:
    data = CoverageData(str(path))
    data.read()
    found: dict[str, dict[int, set[str]]] = {}
    for file in data.measured_files():
        lines = {
            line: {c.rpartition("|")[0] for c in contexts if c} - failed
            for line, contexts in data.contexts_by_lineno(file).items()
        }
        found[Path(file).relative_to(root).as_posix()] = lines
    return found


def alive(root: Path, runs: Sequence[tuple[Mutant, Sequence[str]]], jobs: int) -> list[Mutant]:
    """Those that all their tests let pass."""
    left, under_way, lived = deque(runs), dict[int, tuple[Any, Mutant, float]](), list[Mutant]()
    with tempfile.TemporaryDirectory() as folder:
        while left or under_way:
            while left and len(under_way) < jobs:
                mutant, tests = left.popleft()
                out = Path(folder, str(len(left)))
                process = fork.Process(target=_tried, args=(root, mutant, tests, out))
                process.start()
                under_way[process.sentinel] = (process, mutant, time.monotonic())
            wait(list(under_way), timeout=5)
            for sentinel, (process, mutant, began) in list(under_way.items()):
                late = time.monotonic() - began > WALL
                if process.is_alive() and not late:
                    continue
                if late:
                    os.killpg(process.pid, signal.SIGKILL)
                process.join()
                del under_way[sentinel]
                if process.exitcode == 0:
                    lived.append(mutant)
    return lived


def _tried(root: Path, mutant: Mutant, tests: Sequence[str], out: Path) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (int(2 * ENOUGH), int(2 * ENOUGH) + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    out.mkdir(parents=True)
    _installed(root, mutant, out)
    code = _pytest(root, [*tests, "-x"], out, [])
    os._exit(code)


def _installed(root: Path, mutant: Mutant, out: Path) -> None:
    """In this process, and through sitecustomize in all that it starts."""
    (out / "mutant.py").write_text(mutant.after, "utf-8")
    os.environ["ASSAY_MUTANT"] = f"{root / mutant.path}={out / 'mutant.py'}"
    before = os.environ.get("PYTHONPATH")
    places = [str(root / "tools" / "mutant_site"), str(root / "src"), *([before] if before else [])]
    os.environ["PYTHONPATH"] = os.pathsep.join(places)
    sitecustomize.install()


def _pytest(root: Path, arguments: list[str], out: Path, plugins: list[object]) -> int:
    os.chdir(root)
    where = "/dev/stderr" if "MUTANTS_LOUD" in os.environ else os.devnull
    quiet = os.open(where, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    plain = ["-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"]
    quick = ["--hypothesis-profile=mutants", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    run: Callable[..., int] = pytest.main
    return int(run([*arguments, *plain, *quick, f"--basetemp={out / 'tmp'}"], plugins=plugins))
