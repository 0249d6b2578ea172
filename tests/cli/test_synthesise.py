"""Texts written on demand: by an endpoint, through the ledger, and marked for ever."""

import asyncio
import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from assay.core.errors import InputError
from assay.project import open_project
from tests.cli.commands import Done, assay, project, validation_error
from tests.servers import Server, completion, serving

TASK = """\
name: tone
data: {path: a.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [positive, negative]}
annotators:
  writer: ANNOTATOR
  lexicon: {kind: rule, rule: vader}
strategy: {kind: single, annotators: [lexicon]}
"""
ROWS = b"id,text\n" + b"".join(b"%d,a real text of the number %d\n" % (i, i) for i in range(30))
PRICED = ", prices: {per_request: 0.1}, in_flight: 1"
WORDS = {"positive": "lovely", "negative": "dreadful"}


def author() -> Server:
    """Writes another text whenever it is asked the same again, save for every fourth."""
    times: Counter[str] = Counter()

    async def answer(request: web.Request, brief: str) -> web.StreamResponse:
        label = brief.partition("Label: ")[2].split()[0]
        times[label] += 1
        number = times[label] - (times[label] % 4 == 0)
        words = " ".join(f"{label}{number}w{i}" for i in range(6))
        return web.json_response(completion(f"As asked, {WORDS[label]} {words}"))

    return Server(answer)


async def ask(folder: Path, server: Server, *words: str, more: str = "") -> Done:
    async with serving(server) as url:
        who = f"{{kind: openai, model: m, base_url: '{url}'{more}}}"
        project(folder, TASK, ROWS, who)
        return await asyncio.to_thread(assay, folder, "synthesise", "task.yaml", *words)


async def test_texts_are_written_counted_and_compared_with_real_ones(tmp_path: Path) -> None:
    done = await ask(tmp_path, author(), "--per-label", "8", "-o", "new.jsonl")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "new.jsonl").read_text().splitlines()]
    assert len(rows) == 12
    assert {row["source"] for row in rows} == {"synthetic:writer"}
    assert all(WORDS[row["label"]] in row["text"] for row in rows)
    assert "16 texts requested: 0 not written, 4 duplicates" in done.stdout
    assert "AUC 1.00" in done.stdout


async def test_the_checker_drops_what_it_labels_otherwise(tmp_path: Path) -> None:
    words = ("--per-label", "3", "-o", "new.csv", "--checker", "lexicon", "--json")
    described = json.loads((await ask(tmp_path, author(), *words, more=PRICED)).stdout)
    assert (described["written"], described["doubted"], described["drift"]) == (6, 0, None)
    assert (described["cost"], described["currency"]) == (
        pytest.approx(0.1 * described["asked"]),
        "USD",
    )


async def test_a_budget_stops_it_and_nothing_is_paid_for_twice(tmp_path: Path) -> None:
    server = author()
    words = ("--per-label", "5", "-o", "new.csv")
    stopped = await ask(tmp_path, server, *words, "--budget", "0.75", more=PRICED)
    assert stopped.returncode == 3
    assert "nothing is written" in stopped.stderr
    assert not (tmp_path / "new.csv").exists()
    first = server.calls.total()
    assert 0 < first < 10, stopped.stderr
    # the endpoint's address is no part of who answers
    assert (await ask(tmp_path, server, *words, "--budget", "5", more=PRICED)).returncode == 0
    assert server.calls.total() == 10


async def test_what_was_written_stays_marked_and_is_no_gold(tmp_path: Path) -> None:
    await ask(tmp_path, author(), "--per-label", "3", "-o", "new.csv")
    label = TASK.replace("a.csv", "new.csv").replace("ANNOTATOR", "{kind: rule, rule: vader}")
    path = tmp_path / "more.yaml"
    path.write_text(label, encoding="utf-8")
    assert all(r.synthetic for r in open_project(path).records())
    done = await asyncio.to_thread(assay, tmp_path, "run", "more.yaml")
    assert done.returncode == 0
    assert assay(tmp_path, "export", "more.yaml", "-o", "out.csv").returncode == 0
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        assert {row["source"] for row in csv.DictReader(file)} == {"synthetic:writer"}
    path.write_text(label + "gold: {path: new.csv, record: id}\n", encoding="utf-8")
    said = validation_error(await asyncio.to_thread(assay, tmp_path, "run", "more.yaml"))
    assert "is synthetic (synthetic:writer)" in said
    with pytest.raises(InputError, match="is no gold"):
        open_project(path).factory.examples()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--generator", "nobody"], "no such annotator: 'nobody'"),
        (["--checker", "writer"], "cannot check its own texts"),
    ],
)
async def test_mistakes_are_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    done = await ask(tmp_path, author(), "--per-label", "1", "-o", "x.csv", *words)
    assert said in validation_error(done)
