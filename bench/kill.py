"""Kill -9 a labelling run at random moments, go on, and count what was asked again.

    python bench/kill.py [--kills 40] [--store sqlite|postgres] [--records 6000] [--seed 1]

The server (20 ms an answer) counts its calls by record; the run is the real one: LLM annotator,
OpenAI adapter, ledger on disk. For each kill: the calls made since the one before, those the server
was at, those that have to be made again, and answers lost or kept twice. Exit code 1 where more was
asked again than can be in flight, anything was lost or doubled, or the decisions differ from those
of an unbroken run. `--store postgres` needs a server on 127.0.0.1:5432 (user postgres, database
test) and makes schemas of its own.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.ledger.places import own_schema
from tests.run import test_kill as resume
from tests.run.labelling import IN_FLIGHT
from tests.servers import Server, serving


@contextmanager
def places(store: str) -> Iterator[tuple[str, str]]:
    """Where the run that is killed keeps its ledger, and the unbroken one."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder  # the journals of a server's ledger
        if store == "sqlite":
            yield str(Path(folder, "killed.sqlite")), str(Path(folder, "whole.sqlite"))
            return
        with own_schema() as killed, own_schema() as needs_all_records:
            yield killed, needs_all_records


async def main(kills: int, store: str, records: int, seed: int) -> bool:
    rng, server = random.Random(seed), Server(delay=resume.DELAY)
    resume.RECORDS = records
    done: list[resume.Kill] = []
    print("kill   calls  open  repeated  lost  doubled")
    with places(store) as (killed, needs_all_records):
        async with serving(server) as url:
            for number in range(1, kills + 1):
                left = records - resume.held(killed).total()
                some = max(1, min(240, 2 * left // (kills - number + 2)))
                k = await resume.kill(url, server, killed, resume.middle(server, rng, some))
                done.append(k)
                print(
                    f"{number:4} {k.calls:7,} {k.open:5} {k.repeated:9} {k.lost:5} {k.doubled:8}",
                    flush=True,
                )
            run, _ = await resume.finished(url, killed)
            extra = server.calls.total() - records
            unbroken, _ = await resume.finished(url, needs_all_records)
        held, decided = resume.held(killed), resume.decided(killed, run)
        same = decided == resume.decided(needs_all_records, unbroken)
    most = max(k.repeated for k in done)
    doubled, lost = sum(n > 1 for n in held.values()), sum(k.lost for k in done)
    print(
        f"{store}: {kills} kills, {records:,} records: {len(held):,} answered; calls in flight: "
        f"at most {IN_FLIGHT}, {statistics.mean(k.open for k in done):.1f} open at a kill; "
        f"repeated: {most} at most, {statistics.mean(k.repeated for k in done):.1f} a kill, "
        f"{extra} in all; lost {lost}, doubled {doubled}; decisions equal: {same}"
    )
    kept = len(held) == len(decided) == records and not lost and not doubled
    return kept and same and most <= IN_FLIGHT and extra <= sum(k.repeated for k in done)


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--kills", type=int, default=40)
    options.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    options.add_argument("--records", type=int, default=6_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    good = asyncio.run(main(given.kills, given.store, given.records, given.seed))
    sys.exit(0 if good else 1)
