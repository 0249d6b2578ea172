"""Readers of foreign bytes: each takes an input, and may refuse it with AssayError alone."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from assay.annotators.llm import LLM
from assay.annotators.mapping import BY_NAME
from assay.core.annotation import Request
from assay.core.record import text_record
from assay.core.schema import Boxes, Choice, FreeText, MultiChoice, Scale, Schema, Spans
from assay.core.task import Task
from assay.data.annotations import Names, read_given
from assay.data.coco import read_coco
from assay.data.read import read_rows
from assay.ledger import SqlLedger
from assay.ledger.base import Ledger
from assay.models import anthropic, gemini, openai
from assay.models.base import Completion
from assay.models.http import _parsed, message_of
from assay.models.limits import retry_after
from assay.project.registry import read_registry
from assay.quality.price_lists import read_prices
from assay.run.answers import sound
from assay.studies.celeba import study as celeba_study
from assay.taskfile import reader as taskfile
from assay.taskfile.document import composed
from assay.taskfile.draft import draft
from tests import recorded_model as recorded
from tests.fuzz.corpus import FORM, STUDY, TASK, arrow

Target = Callable[[bytes, Path], None]

LABELS = ["good", "bad"]
SCHEMAS: list[Schema] = [
    Choice(LABELS), MultiChoice(LABELS), Scale(1, 5), FORM, Spans(["PER"]), Boxes(["cat"]),
    FreeText(50),
]  # fmt: skip


def drain(things: Iterable[object]) -> None:
    for _ in things:
        pass


def rows(name: str) -> Target:
    def read(content: bytes, folder: Path) -> None:
        path = folder / name
        path.write_bytes(content)
        drain(read_rows(path))
        draft(path, folder)

    return read


def hugging_face(content: bytes, folder: Path) -> None:
    (folder / "data.arrow").write_bytes(arrow(True))
    (folder / "state.json").write_bytes(content)
    drain(read_rows(folder))


def films(content: bytes, folder: Path) -> None:
    (folder / "1.json").write_bytes(content)
    (folder / "1.jpeg").write_bytes(b"\xff\xd8")
    drain(read_rows(folder))


def coco(content: bytes, folder: Path) -> None:
    path = folder / "boxes.json"
    path.write_bytes(content)
    read_coco(path)


def nested(content: bytes, folder: Path) -> None:
    path = folder / "said.json"
    path.write_bytes(content)
    drain(read_given(path, Names()))


def yaml(content: bytes, folder: Path) -> None:
    path = folder / "t.yaml"
    path.write_bytes(content)
    composed(path, "a mapping")
    taskfile.read(path)


def reply(parse: Callable[[Any], Completion]) -> Target:
    def read(content: bytes, folder: Path) -> None:
        message_of(content)
        attempt = _parsed({"Content-Type": "application/json"}, content, parse)
        if attempt.completion is not None:
            _mapped(attempt.completion)

    return read


def mapping(content: bytes, folder: Path) -> None:
    _mapped(Completion(content.decode("utf-8", "replace")))


def _mapped(completion: Completion) -> None:
    for schema in SCHEMAS:
        request = Request(Task("t", "?", schema), text_record("r", "Ann met Ann"), "m")
        for name, how in BY_NAME.items():
            if name != "likelihood" or isinstance(schema, Choice):
                llm = LLM(recorded.RecordedModel("m", {}), how)
                assert sound(llm.read(request, completion, 0)).key == request.key


def header(content: bytes, folder: Path) -> None:
    wait = retry_after(content.decode("latin1"))
    assert wait is None or wait >= 0


def received(content: bytes, folder: Path) -> None:
    path = folder / "heard.jsonl"
    path.write_bytes(content)
    recorded.load("m", path)


def ledger(content: bytes, folder: Path) -> None:
    path = folder / "l.sqlite"
    path.write_bytes(content)
    kept: Ledger = SqlLedger(str(path))
    try:
        drain(kept.records())
        drain(kept.annotations())
        drain(kept.decisions("run"))
        kept.runs()
        kept.schemas()
        kept.spent_nanos()
        kept.votes(TASK.id, FORM)
        kept.add_records([text_record("r1", "text 1"), text_record("new", "x")])
    finally:
        kept.close()


def study(name: str) -> Target:
    """Of the files of a published study, the one of that name; the others are sound."""

    def read(content: bytes, folder: Path) -> None:
        for other, sound_one in STUDY.items():
            (folder / other).write_bytes(content if other == name else sound_one)
        celeba_study.load_celeba(folder)

    return read


def prices(content: bytes, folder: Path) -> None:
    path = folder / "prices.yaml"
    path.write_bytes(content)
    read_prices(path).of("a")


def registry(content: bytes, folder: Path) -> None:
    path = folder / "registry.yaml"
    path.write_bytes(content)
    read_registry(path)


TARGETS: dict[str, Target] = {
    "csv": rows("a.csv"), "tsv": rows("a.tsv"), "jsonl": rows("a.jsonl"), "json": rows("a.json"),
    "conll": rows("a.conll"), "celeba": rows("list_attr_celeba.txt"), "parquet": rows("a.parquet"),
    "arrow": rows("a.arrow"), "hf": hugging_face, "film": films, "coco": coco, "nested": nested,
    "yaml": yaml, "registry": registry, "openai": reply(openai.parse),
    "anthropic": reply(anthropic.parse), "gemini": reply(gemini.parse), "retry-after": header,
    "mapping": mapping, "heard": received, "ledger": ledger,
    "prices": prices, **{f"study {name}": study(name) for name in STUDY},
}  # fmt: skip
