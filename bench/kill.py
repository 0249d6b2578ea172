"""Kill -9 a labelling run at random moments, go on, and count what was asked twice.

    python bench/kill.py [--kills 20] [--records 6000] [--seed 1]

The server (20 ms an answer) counts its calls by record; the run is the real one: LLM annotator,
OpenAI adapter, ledger on disk.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.run import test_kill as resume
from tests.run.labelling import IN_FLIGHT
from tests.servers import Server, serving


async def main(kills: int, records: int, seed: int) -> None:
    rng, server = random.Random(seed), Server(delay=resume.DELAY)
    resume.RECORDS = records
    with tempfile.TemporaryDirectory() as folder:
        killed, whole = Path(folder, "killed.sqlite"), Path(folder, "whole.sqlite")
        async with serving(server) as url:
            for kill in range(kills):
                started = await resume.begun(url, killed)
                await asyncio.sleep(rng.uniform(0.02, 0.4))
                started.send_signal(signal.SIGKILL)
                await started.wait()
                kept = len(resume.held(killed))
                print(f"kill {kill + 1}: {kept:,} answers kept of {server.calls.total():,} calls")
            run, _ = await resume.finished(url, killed)
            calls = server.calls.copy()
            unbroken, _ = await resume.finished(url, whole)
        held = resume.held(killed)
        extra = calls.total() - records
        same = resume.decided(killed, run) == resume.decided(whole, unbroken)
    print(
        f"{kills} kills, {records:,} records: {len(held):,} answered, "
        f"{sum(n > 1 for n in held.values())} of them more than once in the ledger; "
        f"{extra} calls made again, {extra / kills:.1f} a kill with {IN_FLIGHT} in flight; "
        f"decisions equal to an unbroken run: {same}"
    )


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--records", type=int, default=6_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    asyncio.run(main(given.kills, given.records, given.seed))
