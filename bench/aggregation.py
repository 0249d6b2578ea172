"""Aggregation against crowd-kit: seconds, extra memory and the largest difference of posteriors.

Each side runs in a process of its own on the same drawn votes, several times where that is short
(the fastest counts); extra memory is the peak of the first run above what the process held with the
votes loaded. Ours runs before and after the other.

    python bench/aggregation.py [--only dawid-skene] [--largest 1000000] [--ten-million]
"""

import argparse
import ctypes
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.aggregation.base import Aggregator
from assay.aggregation.dawid_skene import DawidSkene, OneCoin
from assay.aggregation.glad import Glad
from assay.aggregation.mace import Mace
from assay.aggregation.majority import Majority
from assay.core.votes import Votes

MEBI = 2**20
SAME = 1e-6
RUNS, ENOUGH = 7, 5.0  # runs in one process, as long as they took fewer seconds together


@dataclass(frozen=True, slots=True)
class Case:
    method: str
    records: int
    times: float  # how much faster ours is to be
    memory: float | None = None  # most extra memory, as a share of crowd-kit's
    each: int = 5
    annotators: int = 100
    labels: int = 3


CASES = [
    Case("majority", 100_000, 30),
    Case("majority", 1_000_000, 30),
    Case("dawid-skene", 100_000, 20),
    Case("dawid-skene", 1_000_000, 20, memory=1 / 3),
    Case("one-coin", 100_000, 20),
    Case("mace", 20_000, 20),
    Case("glad", 1_000, 20, annotators=20),
]
OURS: dict[str, Aggregator] = {
    "majority": Majority(),
    "dawid-skene": DawidSkene(),
    "one-coin": OneCoin(),
    "mace": Mace(even=True, restarts=1, variational=True),
    "glad": Glad(inner_iterations=1_000, inner_tolerance=1e-5),
}


def drawn(case: Case, seed: int = 0) -> Votes:
    """Annotators right with probability 0.5 to 0.95; names appear in sorted order, as crowd-kit's
    MACE needs; the rows of a record do not stand together."""
    rng = np.random.default_rng(seed)
    skill = rng.uniform(0.5, 0.95, case.annotators)
    truth = rng.integers(case.labels, size=case.records)
    first = rng.integers(case.annotators, size=case.records)
    step = rng.integers(1, case.annotators // case.each, size=case.records)
    who = (first[:, None] + step[:, None] * np.arange(case.each)) % case.annotators
    right = rng.random(who.shape) < skill[who]
    wrong = (truth[:, None] + rng.integers(1, case.labels, size=who.shape)) % case.labels
    said = np.where(right, truth[:, None], wrong)
    record = np.repeat(np.arange(case.records), case.each)
    order = rng.permutation(len(record))
    columns = [
        record[order],
        _by_appearance(who.ravel()[order]),
        _by_appearance(said.ravel()[order]),
    ]
    r, a, k = (column.astype(np.int32) for column in columns)
    names = (range(case.records), range(case.annotators), range(case.labels))
    records, annotators, labels = (tuple(f"{i:07}" for i in known) for known in names)
    return Votes(records, ("",), annotators, labels, r, np.zeros_like(r), a, k)


def _by_appearance(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def theirs(method: str, votes: Votes) -> Callable[[], NDArray[np.float64]]:
    import pandas as pd

    warnings.simplefilter("ignore")
    from crowdkit import aggregation as ck

    table = pd.DataFrame({"task": votes.record, "worker": votes.annotator, "label": votes.label})
    reference = {
        "majority": ck.MajorityVote,
        "dawid-skene": ck.DawidSkene,
        "one-coin": ck.OneCoinDawidSkene,
        "mace": lambda: ck.MACE(n_restarts=1),
        "glad": lambda: ck.GLAD(m_step_max_iter=1_000, m_step_tol=1e-5),
    }[method]()

    def run() -> NDArray[np.float64]:
        found = reference.fit_predict_proba(table)
        return np.asarray(found.sort_index(axis=0).sort_index(axis=1).to_numpy())

    return run


def measure(case: Case, side: str, out: Path) -> None:
    """In a process of its own: run one side, print seconds and extra memory, save posteriors."""
    votes = drawn(case)
    if side == "ours":
        ours = OURS[case.method]
        ours.aggregate(drawn(Case(case.method, 50, 1)))  # imports are not what is measured
        run: Callable[[], NDArray[np.float64]] = lambda: ours.aggregate(votes).probs  # noqa: E731
    else:
        run = theirs(case.method, votes)
    ctypes.CDLL(None).malloc_trim(0)  # freed memory is given back, so that using it again shows
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    took: list[float] = []
    extra = 0
    while not took or (len(took) < RUNS and sum(took) < ENOUGH):
        start = time.perf_counter()
        probs = run()
        took.append(time.perf_counter() - start)
        extra = extra or _memory("VmHWM") - before  # of the first run
    np.save(out, probs)
    print(json.dumps({"seconds": min(took), "extra": extra}))


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def child(case: Case, side: str, out: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", json.dumps(asdict(case)), side, str(out)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def compare(case: Case, folder: Path) -> bool:
    us, them = folder / "us.npy", folder / "them.npy"
    runs = [child(case, "ours", us)]
    other = child(case, "theirs", them)
    runs.append(child(case, "ours", us))
    seconds = statistics.median(run["seconds"] for run in runs)
    extra = statistics.median(run["extra"] for run in runs)
    apart = float(np.abs(np.load(us) - np.load(them)).max())
    times, share = other["seconds"] / seconds, extra / max(other["extra"], 1)
    good = times >= case.times and apart <= SAME
    good &= case.memory is None or share <= case.memory
    print(
        f"{case.method:<12}{case.records:>10,} x {case.each}: {seconds:8.3f} s against "
        f"{other['seconds']:8.2f} s, {times:6.1f} times (asked {case.times:g}); extra memory "
        f"{extra / MEBI:6.0f} against {other['extra'] / MEBI:6.0f} MiB ({share:.2f}); "
        f"apart by {apart:.0e}: {'ok' if good else 'MISSED'}",
        flush=True,
    )
    return good


def ten_million(folder: Path) -> None:
    """Read ten million votes from Parquet and aggregate, with the peak memory of the process."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    case = Case("majority", 2_000_000, 1)
    votes = drawn(case)
    path = folder / "votes.parquet"
    names = (votes.records, votes.annotators, votes.labels)
    columns = [
        pa.DictionaryArray.from_arrays(codes, pa.array(known)).cast(pa.string())
        for codes, known in zip((votes.record, votes.annotator, votes.label), names, strict=True)
    ]
    pq.write_table(pa.table(columns, names=["record", "annotator", "label"]), path)
    for method in ("majority", "dawid-skene"):
        command = [sys.executable, __file__, "--read", method, str(path)]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def read_and_aggregate(method: str, path: Path) -> None:
    from assay.aggregation.answers import read_votes

    start = time.perf_counter()
    votes = read_votes(path)
    read = time.perf_counter() - start
    found = OURS[method].aggregate(votes)
    took = time.perf_counter() - start - read
    print(
        f"{method:<12}{len(votes):,} votes on {len(found.record):,} records from Parquet: read "
        f"{read:.1f} s, aggregated {took:.1f} s, peak {_memory('VmHWM') / MEBI:,.0f} MiB"
    )


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        measure(Case(**json.loads(sys.argv[2])), sys.argv[3], Path(sys.argv[4]))
        return 0
    if sys.argv[1:2] == ["--read"]:
        read_and_aggregate(sys.argv[2], Path(sys.argv[3]))
        return 0
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=sorted(OURS))
    parser.add_argument("--largest", type=int, default=1_000_000, help="most records of a case")
    parser.add_argument("--ten-million", action="store_true", help="only the ten million votes")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if args.ten_million:
            ten_million(Path(name))
            return 0
        cases = [c for c in CASES if c.records <= args.largest and args.only in (None, c.method)]
        good = [compare(case, Path(name)) for case in cases]
        if args.only is None and args.largest >= 1_000_000:
            ten_million(Path(name))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
