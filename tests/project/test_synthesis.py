"""Who writes, who checks, and when drift says anything."""

from pathlib import Path

import pytest
from aiohttp import web

from assay.annotators.llm import LLM
from assay.core.errors import SpecError
from assay.core.record import Record, TextPart, text_record
from assay.core.task import Example
from assay.data.read import read_rows
from assay.ledger import MemoryLedger
from assay.project import open_project
from assay.project.project import Project
from assay.project.synthesis import LEAST_DRIFT, drifted, save, write, writing
from assay.strategies.synthesise import Plan
from tests.servers import Server, completion, serving

TASK = """\
name: tone
data: {path: a.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [positive, negative]}
annotators:
  writer: {kind: openai, model: m, base_url: "URL"}
  lexicon: {kind: rule, rule: vader}
strategy: {kind: single, annotators: [lexicon]}
"""


def project(folder: Path, texts: list[str], url: str = "http://127.0.0.1:1") -> Project:
    rows = "".join(f"{i},{text}\n" for i, text in enumerate(texts))
    (folder / "a.csv").write_text(f"id,text\n{rows}")
    (folder / "task.yaml").write_text(TASK.replace("URL", url))
    return open_project(folder / "task.yaml")


def examples(count: int) -> list[Example]:
    return [Example(text_record(f"s{i}", f"new words {i}"), "positive") for i in range(count)]


def test_the_first_annotator_writes_unless_another_is_named(tmp_path: Path) -> None:
    found, plan = project(tmp_path, ["x"]), Plan(3)
    alone = writing(found, None, plan, None)
    assert (alone.generator, alone.checker) == ("writer", None)
    assert (alone.id, alone.annotators) == ("synthesise(writer;3)", ("writer",))
    assert alone.needs_all_records
    checked = writing(found, "lexicon", plan, "writer")
    assert checked.id == "synthesise(lexicon>writer;3)"
    assert checked.annotators == ("lexicon", "writer")


@pytest.mark.parametrize(
    ("generator", "checker", "says"),
    [
        ("nobody", None, "no such annotator: 'nobody'; there are writer, lexicon"),
        ("writer", "nobody", "no such annotator: 'nobody'; there are writer, lexicon"),
        (None, "writer", "'writer' cannot check its own texts"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    generator: str | None, checker: str | None, says: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=says):
        writing(project(tmp_path, ["x"]), generator, Plan(3), checker)


async def test_the_same_plan_again_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ended = 0, list[LLM]()

    async def end(who: LLM) -> None:
        ended.append(who)
        await who.model.aclose()

    monkeypatch.setattr(LLM, "aclose", end)

    def described() -> Server:
        async def answer(request: object, brief: str) -> object:
            nonlocal asked
            asked += 1
            return web.json_response(completion(f"words number {asked} of a text about {asked}"))

        return Server(answer)  # type: ignore[arg-type]

    held = MemoryLedger()
    async with serving(described()) as url:
        for _ in range(2):
            found = project(tmp_path, ["x"], url)
            summary, made = await write(found, held, writing(found, "writer", Plan(2), None))
            assert (made.asked, asked) == (4, 4)
            assert summary.run
            assert ended.pop() is found.annotators["writer"]
    assert {e.record.source for e in made.examples} == {"synthetic:writer"}
    assert len(list(held.runs(found.task.id))) == 2


def test_what_is_kept_has_its_label_and_its_source(tmp_path: Path) -> None:
    record = Record("s1", (TextPart("new"),), source="synthetic:writer")
    assert save([Example(record, "positive")], tmp_path / "x.jsonl") == 1
    assert [row for _, row in read_rows(tmp_path / "x.jsonl")] == [
        {"id": "s1", "text": "new", "label": "positive", "source": "synthetic:writer"}
    ]


@pytest.mark.parametrize(
    ("real", "made", "described"),
    [(LEAST_DRIFT, LEAST_DRIFT, True), (LEAST_DRIFT - 1, LEAST_DRIFT, False),
     (LEAST_DRIFT, LEAST_DRIFT - 1, False)],
)  # fmt: skip
def test_drift_needs_ten_of_each(real: int, made: int, described: bool, tmp_path: Path) -> None:
    texts = [f"real text {i}" for i in range(real)] + [" "]  # an empty one is none
    found = drifted(project(tmp_path, texts), examples(made))
    assert (found is not None) == described


def test_drift_is_of_written_texts_against_real_ones(tmp_path: Path) -> None:
    found = drifted(project(tmp_path, [f"real text {i}" for i in range(14)]), examples(11))
    assert found is not None
    assert (found.synthetic, found.real) == (11, 14)


def test_what_a_model_wrote_is_no_real_record(tmp_path: Path) -> None:
    found = project(tmp_path, [])
    rows = "".join(f"{i},text {i},synthetic:writer\n" for i in range(20))
    (tmp_path / "a.csv").write_text(f"id,text,source\n{rows}")
    assert drifted(found, examples(20)) is None


def test_drift_is_measured_against_the_first_two_thousand_records(tmp_path: Path) -> None:
    found = drifted(project(tmp_path, [f"real {i}" for i in range(2_003)]), examples(10))
    assert found is not None
    assert (found.synthetic, found.real) == (10, 2_000)
