"""A labelling run as a program of its own, so that it can be killed: URL, ledger, records."""

import asyncio
import sys
from collections.abc import Iterator

from assay.annotators.llm import LLM
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import SqlLedger
from assay.models.hosted import Address
from assay.models.limits import Limits
from assay.models.openai import OpenAI
from assay.run import Job, Settings, label
from assay.strategies.single import Single

TASK = Task("sentiment", "Positive or negative?", Choice(["positive", "negative"]))
IN_FLIGHT = 16


def records(count: int) -> Iterator[Record]:
    return (text_record(f"r{i}", f"text number {i}") for i in range(count))


async def main(url: str, ledger: str, count: int) -> None:
    limits = Limits(most=IN_FLIGHT, start=IN_FLIGHT, broken_after=1_000_000)
    model = OpenAI("test", Address(url, limits=limits))
    opened = SqlLedger(ledger)
    print("ready", flush=True)
    settings = Settings(block=100, in_flight=4)
    done = await label(
        Job(TASK, Single("llm"), {"llm": LLM(model)}, opened, settings), records(count)
    )
    await model.aclose()
    opened.close()
    print(done.run, flush=True)
    sys.exit(done.exit_code)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
