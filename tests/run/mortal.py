"""Every strategy over annotators that answer slowly and by rule, in a process that can be killed.

What the annotators are asked goes into a log that outlives the process, a line an ask. A process
kills itself, by signal 9, at the ask or the fit it is told to: in the middle of whatever the engine
and the ledger are doing then.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.annotators.base import HoldsNothing
from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Request, Source, answer
from assay.core.digest import digest
from assay.core.record import Record, text_record
from assay.core.schema import Choice, FreeText, MultiChoice
from assay.core.task import Example, Task
from assay.core.value import Value
from assay.ledger import SqlLedger
from assay.run import Job, Settings, label
from assay.run.ask import Askable
from assay.strategies.active import Active, Loop
from assay.strategies.allocators import ErrorPredictor
from assay.strategies.base import Ask, Strategy
from assay.strategies.chain import Chain
from assay.strategies.cooperation import Conformal, Sequential, Triage, TriageShare
from assay.strategies.explain import ExplainThenAnnotate
from assay.strategies.hybrid import Hybrid
from assay.strategies.joint import Joint
from assay.strategies.nearest import ByWords
from assay.strategies.principled import Principled
from assay.strategies.principles import Limits
from assay.strategies.retrieval import Retrieved
from assay.strategies.review import ReviewDisagreements
from assay.strategies.single import Single
from assay.strategies.specialists import Specialists, Stages
from assay.strategies.synthesise import Plan, synthesise
from assay.strategies.tags import CandidatesThenConfirm
from assay.strategies.vote import Vote

LABELS = ("red", "green", "blue")
COLOUR = Task("colour", "Which colour?", Choice(LABELS))
COLOURS = Task("colours", "Which colours?", MultiChoice(LABELS))
RECORDS = 60
SLOW = 0.003  # seconds an answer
SETTINGS = Settings(block=10, in_flight=3)
PLAIN_LIMITS = Limits(rationale=False, confidence=frozenset({Source.PROBABILITY}))


@dataclass(slots=True)
class Life:
    """Writes down what happens, and ends the process at the `ends`-th `ask` or `fit`."""

    log: int
    ends: tuple[str, int] | None
    seen: dict[str, int] = field(default_factory=lambda: {"ask": 0, "fit": 0})

    def happens(self, kind: str, what: str) -> None:
        os.write(self.log, f"{kind} {what}\n".encode())  # in the kernel's hands: a kill leaves it
        self.seen[kind] += 1
        if self.ends == (kind, self.seen[kind]):
            os.kill(os.getpid(), signal.SIGKILL)


def draw(*what: object) -> float:
    return int(digest([str(w) for w in what], 6), 16) / 2**48


@dataclass(frozen=True, slots=True)
class Slow(HoldsNothing):
    """Says the record's colour with the probability `skill`, drawn by request."""

    id: str
    life: Life
    skill: float = 0.7
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            self.life.happens("ask", request.key)
            await asyncio.sleep(SLOW)
            sure = draw("sure", request.key)
            scores = {name: draw(name, request.key) - 2 for name in LABELS}
            yield answer(
                request, Outcome.ANSWERED, value=self._value(request), confidence=sure,
                confidence_source=Source.PROBABILITY, scores=scores,
            )  # fmt: skip

    def _value(self, request: Request) -> Value:
        if isinstance(request.task.schema, FreeText):
            return f"words of their own: {digest(request.key)}"
        if isinstance(request.task.schema, MultiChoice):
            asked = request.options.focus or LABELS
            return frozenset(name for name in asked if draw(name, request.key) < self.skill)
        right = draw("right", request.key) < self.skill
        return colour(request.record) if right else LABELS[int(3 * draw("any", request.key))]


def colour(record: Record) -> str:
    return LABELS[int(3 * draw(record.id))]


@dataclass(frozen=True, slots=True)
class Learner:
    """The more it is fitted on, the more often it is right."""

    name: str
    life: Life

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> Slow:
        version = digest([[e.digest for e in examples], seed], 4)
        self.life.happens("fit", version)
        return Slow(f"{self.name}@{version}", self.life, 1 - 1 / (2 + len(examples) / 10))


class Letters:
    """Texts as counts of letters."""

    id = "letters"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[t.count(c) for c in "abcdeghi0123456789"] for t in texts], np.float32)


@dataclass(frozen=True, slots=True)
class Synthesising:
    """Decides nothing; its routes say what was written."""

    id: str = "synthesising"
    needs_all_records: bool = True
    annotators: tuple[str, ...] = ("writer",)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        made = await synthesise(ask, "writer", Plan(per_label=20))
        texts = tuple(e.record.text for e in made.examples)
        return [Decision(r.id, None, route=texts) for r in records]


def examples(prefix: str, count: int) -> tuple[Example, ...]:
    records = [text_record(f"{prefix}{i}", f"{prefix} with the number {i}") for i in range(count)]
    return tuple(Example(r, colour(r)) for r in records)


def strategies(life: Life) -> Mapping[str, Strategy]:
    learners = (Learner("small", life), Learner("tiny", life))
    stages = Stages(beta=12, block=20, most=2)
    return {
        "single": Single("m"),
        "vote": Vote(("m", "n"), replicas=2, referee="panel"),
        "vote with a chain in it": Vote(("m", "chain")),
        "chain": Chain(("m", "n", "o")),
        "triage": Triage("m", "panel", 0.5),
        "triage by errors": TriageShare(
            "m", "panel", 0.3, ErrorPredictor(learners[0], examples("gold", 30))
        ),
        "sequential": Sequential("m", "panel", control=0.2),
        "conformal": Sequential("m", "panel", Conformal(examples("gold", 12), 0.2)),
        "joint": Joint("m", "panel"),
        "hybrid": Hybrid(("m", "n"), "panel", 0.6),
        "principled": Principled("m", PLAIN_LIMITS),
        "review": ReviewDisagreements("m", "n", "panel"),
        "retrieved": Retrieved("m", examples("shown", 12), ByWords(), count=3),
        "specialists": Specialists(
            ("m",), "panel", learners, examples("train", 6), examples("gold", 6), stages
        ),
        "active": Active("panel", learners[:1], Letters(), loop=Loop(first=10, batch=5, rounds=2)),
        "tags": CandidatesThenConfirm("m", "n", (("red", "green"), ("green", "blue"))),
        "synthesise": Synthesising(),
        "explain": ExplainThenAnnotate("m", "writer", examples("shown", 6)),
    }


NAMES = tuple(strategies(Life(0, None)))
LEARNING = ("specialists", "active")


def annotators(life: Life) -> dict[str, Slow]:
    people = Slow("panel", life, 0.95, DecidedBy.PEOPLE)
    models = [Slow(id, life) for id in ("m", "n", "o", "writer")]
    return {a.id: a for a in (*models, people)}


def task_of(name: str) -> Task:
    return COLOURS if name == "tags" else COLOUR


def records() -> list[Record]:
    return [text_record(f"r{i}", f"a text with the number {i}") for i in range(RECORDS)]


def run(name: str, ledger: str, log: Path, ends: tuple[str, int] | None = None) -> None:
    """One run, to its end or to the process's."""
    life = Life(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), ends)
    every = strategies(life)
    who: dict[str, Askable] = {**annotators(life), "chain": every["chain"]}
    opened = SqlLedger(ledger)
    asyncio.run(label(Job(task_of(name), every[name], who, opened, SETTINGS), records()))
    opened.close()
    os.close(life.log)
