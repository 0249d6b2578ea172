"""Task files about pictures, from file to labels."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from assay.annotators.llm import LLM
from assay.core.errors import SpecError
from assay.models.base import View
from assay.project.project import evaluation, open_project
from assay.run import Job, label
from assay.strategies.retrieval import Retrieved
from tests.data.images.hostile import jpeg
from tests.servers import Server, serving

TASK = """\
name: tone
data: {{path: posts.jsonl, image: img, images: img, text: text, id: id}}
question: Positive or negative?
answer: {{kind: choice, labels: [positive, negative]}}
annotators:
  sees: {{kind: openai, model: m, base_url: "{url}", view: {{side: 64, detail: low}}}}
  reads: {{kind: openai, model: m, base_url: "{url}", modality: text}}
strategy: {{kind: vote, annotators: [sees, reads]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "img").mkdir()
    rows = [{"id": i, "img": f"{i}.jpg", "text": f"post {i}"} for i in range(4)]
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for i in range(3):
        (tmp_path / "img" / f"{i}.jpg").write_bytes(jpeg(quality=50 + i))
    (tmp_path / "img" / "3.jpg").write_bytes(b"<html>")
    return tmp_path


async def test_a_task_file_compares_an_annotator_that_sees_with_one_that_reads(
    folder: Path,
) -> None:
    server = Server()
    async with serving(server) as url:
        (folder / "task.yaml").write_text(TASK.format(url=url))
        project = open_project(folder / "task.yaml")
        sees, reads = project.annotators["sees"], project.annotators["reads"]
        assert isinstance(sees, LLM)
        assert isinstance(reads, LLM)
        assert sees.options.view == View(side=64, detail="low")
        assert sees.model.gallery is reads.model.gallery  # type: ignore[attr-defined]
        ledger = project.ledger()
        job = Job(project.task, project.strategy, project.annotators, ledger)
        done = await label(job, project.records())
        await project.aclose()
        ledger.close()
    assert done.records == 3
    assert "picture 3.jpg is markup, not a picture" in " ".join(project.findings.lines())
    shown = [len(b["messages"][-1]["content"]) for b in server.bodies if "image_url" in str(b)]
    assert len(shown) == 3
    assert len(server.bodies) == 6


def test_a_folder_of_pictures_that_is_not_there_is_one_line(folder: Path) -> None:
    text = TASK.format(url="http://127.0.0.1:1").replace("images: img", "images: gone")
    (folder / "task.yaml").write_text(text)
    with pytest.raises(SpecError, match="gone, which should hold the pictures, does not exist"):
        list(open_project(folder / "task.yaml").records())


MEMES = """\
name: memes
data: {{path: dev.jsonl, image: img, text: text, id: id}}
question: Is the meme hateful?
answer: {{kind: choice, labels: [positive, negative]}}
examples:
  - {{text: an old joke, image: img/0.jpg, answer: negative}}
annotators:
  both: {{kind: openai, model: m, base_url: "{url}", view: {{side: 64}}}}
  words: {{kind: openai, model: m, base_url: "{url}", modality: text}}
  sight: {{kind: openai, model: m, base_url: "{url}", modality: image, view: {{side: 64}}}}
  a_vote: {{kind: strategy, strategy: {{kind: vote, annotators: [both, words, sight]}}}}
gold: {{label: label, calibration: 0.4, evaluation: 0.6}}
strategy: {strategy}
"""
STRATEGIES = (
    "{kind: vote, annotators: [both, words, sight]}",
    "{kind: chain, annotators: [words, both]}",
    "{kind: hybrid, annotators: [words, a_vote], threshold: 0.9}",
    "{kind: retrieved, annotators: [both], examples: 2}",
    "{kind: retrieved, annotators: [sight], examples: 2, nearest: picture}",
)


def memes(folder: Path, url: str, strategy: str) -> Path:
    """The layout of Hateful Memes: `img`, `text` and `label` in JSON lines."""
    labels = ["positive", "negative"]
    rows = [
        {"id": i, "img": f"img/{i % 3}.jpg", "text": f"post {i}", "label": labels[i % 2]}
        for i in range(10)
    ]
    (folder / "dev.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "task.yaml").write_text(MEMES.format(url=url, strategy=strategy))
    return folder / "task.yaml"


def seen_in(body: dict[str, Any]) -> tuple[int, str]:
    """Pictures and text of a request's user message."""
    content = body["messages"][-1]["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts = [p["text"] for p in parts if p["type"] == "text"]
    return sum(p["type"] == "image_url" for p in parts), " ".join(texts)


async def test_text_picture_and_both_are_compared_in_one_task(folder: Path) -> None:
    server = Server()
    async with serving(server) as url:
        project = open_project(memes(folder, url, STRATEGIES[0]))
        ledger = project.ledger()
        job = Job(project.task, project.strategy, project.annotators, ledger)
        done = await label(job, project.records())
        await project.aclose()
        described = evaluation(project, ledger, done.run)
        ledger.close()
    assert set(described) == {"decisions", "both", "words", "sight", "a_vote"} - {"a_vote"}
    shown = Counter(
        (pictures, "post" in text, "old joke" in text)
        for pictures, text in map(seen_in, server.bodies)
    )
    # the example's picture comes first; each annotator sees of it what it sees of the record
    assert shown == {(2, True, True): 10, (0, True, True): 10, (2, False, False): 10}


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_strategies_take_records_with_pictures_as_any_other(
    folder: Path, strategy: str
) -> None:
    async with serving(Server()) as url:
        project = open_project(memes(folder, url, strategy))
        ledger = project.ledger()
        job = Job(project.task, project.strategy, project.annotators, ledger)
        done = await label(job, project.records())
        await project.aclose()
        ledger.close()
    assert done.decided == done.records > 0


def test_an_example_whose_picture_cannot_be_used_is_one_line(folder: Path) -> None:
    path = memes(folder, "http://127.0.0.1:1", STRATEGIES[0])
    path.write_text(path.read_text().replace("img/0.jpg", "img/3.jpg"))
    with pytest.raises(SpecError, match=r"`examples\.0\.image`: picture img/3\.jpg is markup"):
        open_project(path)


def test_an_example_shows_something(folder: Path) -> None:
    path = memes(folder, "http://127.0.0.1:1", STRATEGIES[0])
    path.write_text(path.read_text().replace("text: an old joke, image: img/0.jpg, ", ""))
    with pytest.raises(SpecError, match=r"`examples\.0`: .* a `text` or an `image`"):
        open_project(path)


def test_examples_are_not_chosen_by_words_where_there_are_none(folder: Path) -> None:
    path = memes(folder, "http://127.0.0.1:1", STRATEGIES[3])
    path.write_text(path.read_text().replace(", text: text,", ","))
    with pytest.raises(SpecError, match="these records have only pictures"):
        _ = open_project(path).strategy


def test_examples_are_chosen_by_picture_where_each_has_one(folder: Path) -> None:
    path = memes(folder, "http://127.0.0.1:1", STRATEGIES[4])
    strategy = open_project(path).strategy
    assert isinstance(strategy, Retrieved)
    assert strategy.retriever.id.startswith("picture(efficientnet-lite0")
    rows = [json.loads(line) for line in (folder / "dev.jsonl").read_text().splitlines()]
    (folder / "dev.jsonl").write_text("\n".join(json.dumps(row | {"img": ""}) for row in rows))
    with pytest.raises(SpecError, match=r"`strategy\.nearest`: .* not every example has one"):
        _ = open_project(path).strategy
