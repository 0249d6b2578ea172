"""Krippendorff's alpha with a bootstrap, against looping the `krippendorff` package, in one run.

Ours is everything from the votes on: count rows, alpha and three other coefficients, and all
resamples. The peer is looped over resampled records in the two ways that it offers, from answers
and from counts made beforehand; a few resamples are timed and scaled to the number asked, which is
said beside the figure. The ratio is against the faster of the two. `--large N` then takes alpha of
N votes in a Parquet file, in a process of its own, and tells its peak memory.

    python bench/agreement.py [--records 100000] [--annotators 5] [--resamples 1000]
                              [--large 10000000]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assay.core.votes import Votes
from assay.data.annotations import Names
from assay.quality.agreement.base import Resampling
from assay.quality.agreement.coefficients import Measures, estimates
from assay.quality.agreement.read import read_votes
from assay.quality.agreement.rows import rows_of

LABELS = 5
PEER_RESAMPLES = 5
ROUNDS = 3
LEVELS: tuple[Literal["nominal", "ordinal", "interval"], ...] = ("nominal", "ordinal", "interval")

Answers = NDArray[np.float64]


def answers(records: int, annotators: int, silent: float) -> Answers:
    """Records x annotators; NaN where silent."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, LABELS, (records, 1))
    noise = rng.integers(0, LABELS, (records, annotators))
    said = np.where(rng.random((records, annotators)) < 0.7, truth, noise).astype(np.float64)
    said[rng.random((records, annotators)) < silent] = np.nan
    return said


def votes_of(said: Answers) -> Votes:
    record, annotator = np.nonzero(~np.isnan(said))
    zero = np.zeros(len(record), np.int32)
    return Votes(
        tuple(map(str, range(len(said)))), ("",), tuple(map(str, range(said.shape[1]))),
        tuple(map(str, range(LABELS))), record.astype(np.int32), zero, annotator.astype(np.int32),
        said[record, annotator].astype(np.int32),
    )  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)


def compare(records: int, annotators: int, resamples: int, silent: float) -> None:
    import krippendorff

    said = answers(records, annotators, silent)
    votes = votes_of(said)
    counts = (said[:, :, None] == np.arange(LABELS)).sum(axis=1)
    print(
        f"{records:,} records x {annotators} annotators, {silent:.0%} silent, "
        f"{resamples:,} resamples"
    )
    for level in LEVELS:

        def ours(level: str = level) -> float:
            rows = rows_of(votes)
            measures = Measures.at(level, rows.labels)
            found = estimates(rows, measures, Resampling(resamples))["krippendorff"].value
            assert found is not None
            return found

        def from_answers(level: Literal["nominal", "ordinal", "interval"] = level) -> None:
            rng = np.random.default_rng(0)
            for _ in range(PEER_RESAMPLES):
                drawn = said[rng.integers(0, records, records)].T
                krippendorff.alpha(drawn, level_of_measurement=level)

        def from_counts(level: Literal["nominal", "ordinal", "interval"] = level) -> None:
            rng = np.random.default_rng(0)
            for _ in range(PEER_RESAMPLES):
                drawn = counts[rng.integers(0, records, records)]
                krippendorff.alpha(value_counts=drawn, level_of_measurement=level)

        gap = abs(ours() - float(krippendorff.alpha(said.T, level_of_measurement=level)))
        scale = resamples / PEER_RESAMPLES
        mine, answers_s, counts_s = seconds(ours), seconds(from_answers), seconds(from_counts)
        peer = min(answers_s, counts_s) * scale
        print(
            f"  {level:<9} ours {mine:.3f} s; krippendorff {answers_s * scale:.1f} s from answers, "
            f"{counts_s * scale:.1f} s from counts (timed on {PEER_RESAMPLES}, scaled); "
            f"{peer / mine:,.0f} times faster; values differ by {gap:.1e}"
        )


def large(count: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "votes.parquet"
        said = answers(count // 5, 5, 0).astype(np.int64).ravel()
        record = np.repeat(np.arange(count // 5), 5)
        who = np.tile(np.array([f"annotator {i}" for i in range(5)]), count // 5)
        names = pa.array(np.char.add("record-", record.astype("U8")))
        columns = {
            "record": names,
            "annotator": who,
            "label": np.char.add("label ", said.astype("U1")),
        }
        pq.write_table(pa.table(columns), path)
        command = [sys.executable, __file__, "--measure", str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        described = json.loads(done.stdout)
        print(
            f"{described['votes']:,} votes from Parquet ({path.stat().st_size / 2**20:.0f} MiB): "
            f"alpha {described['alpha']}, {described['seconds']:.1f} s, "
            f"peak {described['peak_gib']:.2f} GiB"
        )


def measure(path: Path) -> None:
    began = time.perf_counter()
    votes = read_votes(path, Names())
    rows = rows_of(votes)
    found = estimates(rows, Measures.at("nominal", rows.labels), Resampling())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    described = {"votes": len(votes), "alpha": str(found["krippendorff"]), "peak_gib": peak}
    print(json.dumps(described | {"seconds": time.perf_counter() - began}))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=100_000)
    options.add_argument("--annotators", type=int, default=5)
    options.add_argument("--resamples", type=int, default=1_000)
    options.add_argument("--large", type=int, default=10_000_000)
    options.add_argument("--measure", type=Path)
    given = options.parse_args()
    if given.measure:
        measure(given.measure)
        return
    for silent in (0.0, 0.2):
        compare(given.records, given.annotators, given.resamples, silent)
    if given.large:
        large(given.large)


if __name__ == "__main__":
    main()
