"""Task files about pictures, from file to labels."""

import json
from pathlib import Path

import pytest

from assay.annotators.llm import LLM
from assay.build.project import open_project
from assay.core.errors import InputError
from assay.models.base import View
from assay.run import Job, label
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
        await project.close()
        ledger.close()
    assert done.records == 3
    assert "picture 3.jpg is markup, not a picture" in " ".join(project.findings.lines())
    shown = [len(b["messages"][-1]["content"]) for b in server.bodies if "image_url" in str(b)]
    assert len(shown) == 3
    assert len(server.bodies) == 6


def test_a_folder_of_pictures_that_is_not_there_is_one_line(folder: Path) -> None:
    text = TASK.format(url="http://127.0.0.1:1").replace("images: img", "images: gone")
    (folder / "task.yaml").write_text(text)
    with pytest.raises(InputError, match="gone, which should hold the pictures, does not exist"):
        list(open_project(folder / "task.yaml").records())
