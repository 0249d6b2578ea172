"""Whatever goes wrong with one answer is that answer's outcome: no run ends by it."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.annotators.base import Annotator, HoldsNothing
from assay.annotators.llm import LLM
from assay.annotators.mapping import BY_NAME
from assay.annotators.mapping.base import LONGEST
from assay.annotators.rule import Rule
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, answer
from assay.core.errors import InputError, ModelError
from assay.core.record import text_record
from assay.core.schema import Choice, Form, FreeText, MultiChoice, Scale, Schema, Spans
from assay.core.task import Task
from assay.ledger import MemoryLedger, SqlLedger
from assay.models.base import Completion, Message, Options
from assay.run import Job, Summary, label
from assay.run.answers import sound
from assay.strategies.single import Single

TASK = Task("t", "?", Choice(["a", "b"]))
RECORDS = [text_record(f"r{i}", f"text {i}") for i in range(40)]


@dataclass
class Broken(HoldsNothing):
    """Draws blocks, and breaks on the records named; a plugin as one should not be."""

    on: frozenset[str]
    error: Exception
    block: int = 8
    id: str = "broken"
    decided_by: DecidedBy = DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        coming = iter(requests)
        while block := [r for _, r in zip(range(self.block), coming, strict=False)]:
            if any(r.record.id in self.on for r in block):
                raise self.error
            for request in block:
                yield answer(request, Outcome.ANSWERED, value="a")


class Says:
    """A model that says the same of all."""

    id = "says"
    takes_images = False

    def __init__(self, text: str) -> None:
        self.text, self.calls = text, 0

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        self.calls += 1
        return Completion(self.text)

    async def aclose(self) -> None:
        return None


async def run(who: Annotator, ledger: MemoryLedger | SqlLedger, task: Task = TASK) -> Summary:
    return await label(Job(task, Single("who"), {"who": who}, ledger), RECORDS)


def outcomes(ledger: MemoryLedger | SqlLedger) -> Counter[Outcome]:
    return Counter(a.outcome for a in ledger.annotations())


ERRORS = [
    ValueError("x"), RecursionError("deep"), MemoryError(), KeyError("k"), OverflowError(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), InputError("a picture is gone"),
    ExceptionGroup("several", [ValueError("y")]),
]  # fmt: skip


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
async def test_a_broken_annotator_fails_on_the_record_it_breaks_on_alone(error: Exception) -> None:
    ledger = MemoryLedger()
    summary = await run(Broken(frozenset({"r3", "r39"}), error), ledger)
    assert summary.reason is None
    failed = {a.record: a for a in ledger.annotations() if a.outcome is Outcome.FAILED}
    assert set(failed) == {"r3", "r39"}
    assert type(error).__name__ in (failed["r3"].error or "")
    assert outcomes(ledger)[Outcome.ANSWERED] == len(RECORDS) - 2


async def test_what_concerns_every_request_ends_the_run() -> None:
    summary = await run(Broken(frozenset({"r0"}), ModelError("no key")), MemoryLedger())
    assert summary.message == "no key"


async def test_a_rule_that_says_what_cannot_be_kept_is_unparsed(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    said: dict[str, object] = {"r0": ("a", float("nan")), "r1": "\ud83d", "r2": ("a", "sure")}
    rule = Rule("odd", lambda r: said.get(r.id, "a"), "1")  # type: ignore[arg-type,return-value]
    await run(rule, ledger)
    assert outcomes(ledger) == {Outcome.ANSWERED: len(RECORDS) - 3, Outcome.UNPARSED: 3}
    ledger.close()


SCHEMAS: dict[str, Schema] = {
    "choice": Choice(["positive", "negative"]),
    "multi": MultiChoice(["positive", "negative"]),
    "scale": Scale(1, 5),
    "form": Form({"tone": Choice(["positive", "negative"]), "size": Scale(1, 5)}),
    "spans": Spans(["PER"]),
    "text": FreeText(),
}
TEXTS: dict[str, str] = {
    "bottomless": "[" * 1_000,
    "deep": "[" * 990 + "]" * 990,
    "deep objects": '{"rating":' * 990 + "1" + "}" * 990,
    "a large number": '{"rating": ' + "9" * 400 + "}",
    "too many digits": '{"rating": ' + "9" * 5_000 + "}",
    "infinite": '{"rating": 1e400, "size": 1e400}',
    "half a character": '{"text": "\\ud83d", "label": "\\ud83d"}',
    "dotless": "posıtıve İ ſ",
    "long": "[" * (LONGEST + 1),
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("mapping", ["pattern", "last_line", "json"])
@pytest.mark.parametrize("kind", SCHEMAS)
async def test_no_text_ends_a_run_and_none_is_paid_for_twice(
    text: str, mapping: str, kind: str, tmp_path: Path
) -> None:
    kept = text == "half a character"
    ledger = SqlLedger(str(tmp_path / "l.sqlite")) if kept else MemoryLedger()
    model = Says(TEXTS[text])
    task = Task("t", "?", SCHEMAS[kind])
    for _ in range(2):
        await run(LLM(model, BY_NAME[mapping]), ledger, task)
    assert model.calls == len(RECORDS)
    assert set(outcomes(ledger)) <= {Outcome.ANSWERED, Outcome.UNPARSED}
    ledger.close()


async def test_of_a_text_too_long_to_be_read_the_beginning_is_kept() -> None:
    request = Request(TASK, RECORDS[0], "m")
    said = LLM(Says(""), BY_NAME["pattern"]).read(request, Completion("a " * LONGEST), 5)
    assert (said.outcome, len(said.raw or ""), said.cost_nanos) == (Outcome.UNPARSED, LONGEST, 5)
    assert f"{LONGEST:,}" in (said.error or "")


@pytest.mark.parametrize(
    "fields",
    [
        {"value": ["a"]}, {"value": float("inf")}, {"value": {"tone": "\udc00"}},
        {"cost_nanos": 2**70},
        {"scores": {"a": float("nan")}}, {"rationale": 5}, {"seconds": float("inf")},
        {"confidence": float("nan"), "confidence_source": Source.STATED},
    ],
)  # fmt: skip
def test_what_no_ledger_keeps_is_left_out_and_said(fields: dict[str, object]) -> None:
    given = answer(Request(TASK, RECORDS[0], "m"), Outcome.ANSWERED, **{"value": "a", **fields})
    kept = sound(given)
    assert kept.outcome is Outcome.UNPARSED
    assert kept.error
    assert MemoryLedger().add([kept]) == 1


def test_a_sound_annotation_stays_the_object_it_is() -> None:
    given = answer(
        Request(TASK, RECORDS[0], "m"), Outcome.ANSWERED, value="ä", raw="ä", cost_nanos=1
    )
    assert sound(given) is given
