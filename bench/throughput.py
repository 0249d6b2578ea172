"""End to end against a server that answers after 50 ms: records a second, CPU, peak memory.

Ours is the whole path: render, HTTP, parse, map, ledger on disk, decisions. The limit is a bare
aiohttp loop that sends the same bodies and keeps nothing. Both run in turn, each in a process of
its own, with the server in another on the same cores; medians of the rounds are compared.

    python bench/throughput.py [--records 2000] [--many 200000] [--rounds 3]
"""

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from assay.annotators.llm import LLM
from assay.core.annotation import Request
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import SqlLedger
from assay.models.hosted import Address
from assay.models.limits import Limits
from assay.models.openai import OpenAI
from assay.run import Job, label
from assay.strategies.single import Single

DELAY = 0.05
IN_FLIGHT = 128
TASK = Task("sentiment", "Is the text positive or negative?", Choice(["positive", "negative"]))


def records(count: int) -> Iterator[Record]:
    text = "the film was long and quiet yet its people stayed with me for days after it"
    words = text.split()
    for i in range(count):
        turn = i % len(words)
        yield text_record(f"r{i}", f"{i}: " + " ".join(words[turn:] + words[:turn]))


def model(port: int) -> LLM:
    limits = Limits(most=IN_FLIGHT, start=IN_FLIGHT)
    return LLM(OpenAI("bench", Address(f"http://127.0.0.1:{port}/v1", limits=limits)))


async def ours(port: int, count: int) -> int:
    annotator = model(port)
    with tempfile.TemporaryDirectory() as folder:
        ledger = SqlLedger(str(Path(folder) / "ledger.sqlite"))
        done = await label(Job(TASK, Single("llm"), {"llm": annotator}, ledger), records(count))
        ledger.close()
    await annotator.aclose()
    return done.decided


async def bare(port: int, count: int) -> int:
    """Workers that post bodies made as ours are, and read the replies."""
    annotator = model(port)
    assert isinstance(annotator.model, OpenAI)
    bodies = (
        json.dumps(annotator.model.body(*annotator.call(Request(TASK, record, annotator.id))))
        for record in records(min(count, 500))
    )
    kept = list(bodies)
    numbers = iter(range(count))
    done = 0

    async def one(session: aiohttp.ClientSession) -> None:
        nonlocal done
        for i in numbers:
            async with session.post(annotator.model.url, data=kept[i % len(kept)]) as reply:  # type: ignore[attr-defined]
                json.loads(await reply.read())["choices"][0]["message"]["content"]
                done += 1

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(one(session) for _ in range(IN_FLIGHT)))
    return done


def measure(what: str, port: int, count: int) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    done = asyncio.run((ours if what == "ours" else bare)(port, count))
    seconds = time.perf_counter() - began
    used = time.process_time() - cpu
    assert done == count, f"{done} of {count}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rate": count / seconds, "cpu_ms": 1000 * used / count, "peak_mb": peak}))


def run(what: str, port: int, count: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", what, "--port", str(port)]
    described = subprocess.run(
        [*command, "--records", str(count)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(described.stdout)
    return found


def compare(count: int, many: int, rounds: int) -> None:
    here = Path(__file__).with_name("delayed_server.py")
    with subprocess.Popen(
        [sys.executable, str(here), str(DELAY)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        assert server.stdin is not None
        port = int(server.stdout.readline())
        found: dict[str, list[dict[str, float]]] = {"ours": [], "bare": []}
        for _ in range(rounds):
            for what, results in found.items():
                results.append(run(what, port, count))
        large = run("ours", port, many) if many else None
        server.stdin.close()
    middle = {
        what: {key: statistics.median(r[key] for r in results) for key in results[0]}
        for what, results in found.items()
    }
    for what, m in middle.items():
        print(
            f"{what}: {m['rate']:,.0f} records/s, {m['cpu_ms']:.2f} ms CPU a record, "
            f"peak {m['peak_mb']:.0f} MB ({count:,} records, {rounds} rounds)"
        )
    print(f"ours / bare: {middle['ours']['rate'] / middle['bare']['rate']:.2f}")
    if large is not None:
        print(
            f"{many:,} records: {large['rate']:,.0f} records/s, {large['cpu_ms']:.2f} ms CPU a "
            f"record, peak {large['peak_mb']:.0f} MB, "
            f"{large['peak_mb'] / middle['ours']['peak_mb']:.2f} times that of {count:,}"
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=2_000)
    options.add_argument("--many", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--measure", choices=("ours", "bare"))
    options.add_argument("--port", type=int, default=0)
    given = options.parse_args()
    if given.measure:
        measure(given.measure, given.port, given.records)
    else:
        compare(given.records, given.many, given.rounds)


if __name__ == "__main__":
    main()
