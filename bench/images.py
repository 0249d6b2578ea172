"""Pictures end to end against a server that answers after 50 ms: pictures a second, memory, bytes.

Ours is the whole path: a folder is read, each picture checked and hashed, decoded, reduced to
224 pixels, encoded, sent, the answer parsed, mapped, kept in a ledger on disk and decided. The
limit is a bare loop that reads, reduces, encodes and sends the same pictures with as many threads
and calls in flight, and keeps nothing. The server, in a process of its own on the same cores, adds
up hashes of the pictures it gets, which must be those of the pictures as they should be sent.

    python bench/images.py [--pictures 2000] [--many 10000] [--questions 5] [--rounds 3]
"""

import argparse
import asyncio
import base64
import hashlib
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from delayed_server import Chat, serve
from PIL import Image

from assay.annotators.llm import LLM
from assay.core.annotation import Request
from assay.core.record import Record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.data.base import Columns, Findings
from assay.data.images.column import pictures
from assay.data.read import read_records
from assay.ledger import SqlLedger
from assay.models.base import Options, View
from assay.models.hosted import Address
from assay.models.images import Gallery, encode
from assay.models.limits import Limits
from assay.models.openai import OpenAI
from assay.run import Job, label
from assay.strategies.single import Single

DELAY = 0.05
IN_FLIGHT = 128
SIDE = 224
VIEW = View(side=SIDE, detail="low")
SMALL_MEMORY = 4 * 2**20  # of the gallery where several questions are asked, so that it must spill
SPACE = 2**256
SERVER = "--serve"


class Watching(Chat):
    """Adds up the hashes of the pictures it gets; the order does not matter."""

    count = 0
    total = 0

    def received(self, body: bytes) -> None:
        start = body.index(b"base64,") + 7
        content = body[start : body.index(b'"', start)]
        Watching.count += 1
        Watching.total = (Watching.total + hash_of(content)) % SPACE


def hash_of(content: bytes) -> int:
    return int.from_bytes(hashlib.sha256(content).digest(), "big")


def draw(folder: Path, count: int) -> None:
    """Distinct soft pictures with some grain, 320 by 240, about as large as small photographs."""
    rng = np.random.default_rng(0)
    grain = rng.integers(0, 24, (240, 320, 3), dtype=np.uint8)
    for i in range(count):
        coarse = Image.fromarray(rng.integers(0, 232, (6, 8, 3), dtype=np.uint8))
        soft = np.asarray(coarse.resize((320, 240), Image.Resampling.BICUBIC))
        Image.fromarray(np.minimum(soft, 231) + grain).save(folder / f"{i:06}.jpg", quality=88)


def task(question: int = 0) -> Task:
    return Task(
        f"tone{question}", f"Is picture positive? ({question})", Choice(["positive", "negative"])
    )


def records(folder: Path, findings: Findings) -> Iterator[Record]:
    columns = Columns((), id="file", pictures=pictures(("image",), folder))
    return read_records(folder, columns, findings)


def annotator(port: int, gallery: Gallery) -> LLM:
    limits = Limits(most=IN_FLIGHT, start=IN_FLIGHT)
    model = OpenAI("bench", Address(f"http://127.0.0.1:{port}/v1", limits=limits), gallery)
    return LLM(model, options=Options(view=VIEW))


async def ours(port: int, folder: Path, questions: int) -> dict[str, float]:
    """One gallery for all questions; each is a task of its own over the same pictures."""
    gallery = Gallery(SMALL_MEMORY) if questions > 1 else Gallery()
    decided = 0
    with tempfile.TemporaryDirectory() as kept:
        ledger = SqlLedger(str(Path(kept) / "ledger.sqlite"))
        for question in range(questions):
            llm = annotator(port, gallery)
            job = Job(task(question), Single("llm"), {"llm": llm}, ledger)
            done = await label(job, records(folder, Findings()))
            await llm.model.aclose()
            decided += done.decided
        ledger.close()
    return {"done": decided, "encoded": gallery.encoded}


async def bare(port: int, folder: Path, questions: int) -> dict[str, float]:
    llm = annotator(port, Gallery())
    record = next(records(folder, Findings()))
    model = llm.model
    assert isinstance(model, OpenAI)
    messages, options = llm.call(Request(task(), record, llm.id))
    [part] = record.images
    body = json.dumps(model.body(messages, options, {part.sha256: encode(part, VIEW)}))
    start = body.index("base64,") + 7
    before, after = body[:start], body[body.index('"', start) :]
    await model.aclose()
    paths = iter(sorted(folder.iterdir()))
    loop, workers, done = asyncio.get_running_loop(), ThreadPoolExecutor(os.cpu_count()), 0

    def made(path: Path) -> bytes:
        picture = Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
        picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=VIEW.quality)
        return (before + base64.b64encode(file.getvalue()).decode() + after).encode()

    async def one(session: aiohttp.ClientSession) -> None:
        nonlocal done
        for path in paths:
            content = await loop.run_in_executor(workers, made, path)
            async with session.post(model.url, data=content) as reply:
                json.loads(await reply.read())["choices"][0]["message"]["content"]
                done += 1

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(one(session) for _ in range(IN_FLIGHT)))
    return {"done": done, "encoded": done}


def expected(folder: Path, questions: int) -> tuple[int, int]:
    """How many pictures should be sent, and the sum of their hashes."""
    sums = [hash_of(encode(r.images[0], VIEW).base64.encode()) for r in records(folder, Findings())]
    return questions * len(sums), questions * sum(sums) % SPACE


def measure(what: str, port: int, folder: Path, questions: int) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    described = asyncio.run((ours if what == "ours" else bare)(port, folder, questions))
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu = 1000 * (time.process_time() - cpu) / described["done"]
    print(
        json.dumps(
            described | {"rate": described["done"] / seconds, "cpu_ms": cpu, "peak_mb": peak}
        )
    )


def run(what: str, folder: Path, questions: int = 1, check: bool = False) -> dict[str, float]:
    """One measurement against a fresh server; with `check` every byte it got is accounted for."""
    with subprocess.Popen(
        [sys.executable, __file__, SERVER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        assert server.stdin is not None
        port = server.stdout.readline().strip()
        command = [sys.executable, __file__, "--measure", what, "--port", port]
        command += ["--folder", str(folder), "--questions", str(questions)]
        described = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        server.stdin.close()
        count, total = map(int, server.stdout.readline().split())
    if check:
        assert (count, total) == expected(folder, questions), "what was sent is not what should be"
    found: dict[str, float] = json.loads(described.stdout)
    return found


def compare(given: Any) -> None:
    with tempfile.TemporaryDirectory() as kept:
        few, many = Path(kept) / "few", Path(kept) / "many"
        for folder, count in ((few, given.pictures), (many, given.many)):
            folder.mkdir()
            draw(folder, count)
        found: dict[str, list[dict[str, float]]] = {"ours": [], "bare": []}
        for number in range(given.rounds):
            for what, results in found.items():
                results.append(run(what, few, check=number == 0 and what == "ours"))
        middle = {
            what: {key: statistics.median(r[key] for r in results) for key in results[0]}
            for what, results in found.items()
        }
        for what, m in middle.items():
            print(f"{what}: {line(m)} ({given.pictures:,} pictures, {given.rounds} rounds)")
        print(f"ours / bare: {middle['ours']['rate'] / middle['bare']['rate']:.2f}")
        asked = run("ours", few, given.questions, check=True)
        print(
            f"{given.questions} questions on each of {given.pictures:,} pictures: {line(asked)}, "
            f"{asked['encoded']:,.0f} pictures encoded"
        )
        if given.many:
            large = run("ours", many, check=True)
            ratio = large["peak_mb"] / middle["ours"]["peak_mb"]
            print(f"{given.many:,} pictures: {line(large)}, {ratio:.2f} times the peak")
        print("every picture that the server got was the resized one, byte for byte")


def line(m: dict[str, float]) -> str:
    return f"{m['rate']:,.0f}/s, {m['cpu_ms']:.2f} ms CPU each, peak {m['peak_mb']:.0f} MB"


async def watch() -> None:
    await serve(DELAY, Watching)
    print(Watching.count, Watching.total, flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pictures", type=int, default=2_000)
    options.add_argument("--many", type=int, default=10_000)
    options.add_argument("--questions", type=int, default=5)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--measure", choices=("ours", "bare"))
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--folder", type=Path)
    options.add_argument(SERVER, action="store_true")
    given = options.parse_args()
    if given.serve:
        asyncio.run(watch())
    elif given.measure:
        measure(given.measure, given.port, given.folder, given.questions)
    else:
        compare(given)


if __name__ == "__main__":
    main()
