"""A real Jupyter kernel runs what the docs say of notebooks."""

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.servers import Server, on_a_thread

CELLS = [
    """
import warnings
warnings.simplefilter("error", ResourceWarning)
import asyncio, gc, os, threading
import assay
task = assay.Task("tone", "Which?", assay.Choice(["positive", "negative"]))
llm = assay.LLM(assay.OpenAI("m", assay.Address(URL)))
rows = [{"id": f"<b>{i}", "text": f"text {i}"} for i in range(12)]
how = dict(task=task, annotators=llm)
named = dict(labels=["positive", "negative"], model="m", base_url=URL)
print(sorted(dir(assay)) == dir(assay), "importlib" in dir(assay), "label" in dir(assay))
""",
    "first = assay.label(rows, **how); print(first.summary.decided)",
    "again = assay.label(rows, **how); print(again.summary.decided)",
    "asked = await assay.alabel(rows, **how); print(asked.summary.decided)",
    """
both = await asyncio.gather(*(assay.alabel(rows, **how) for _ in range(2)))
print([r.summary.decided for r in both], [r.summary.retries for r in both])
""",
    "first",
    "opened = assay.load('task.yaml'); opened.forecast()",
    "(await opened.aforecast()).records",
    "[opened.run().summary.decided, (await opened.arun()).summary.decided]",
    """
before = len(os.listdir('/proc/self/fd'))
for _ in range(5):
    assay.label(rows, **how); await assay.alabel(rows, **how)
    assay.label(rows, **named); await assay.alabel(rows, **named)
gc.collect()
ours = [t.name for t in threading.enumerate() if t.name == 'assay']
print(len(os.listdir('/proc/self/fd')) - before, ours)
""",
    """
import signal, time
def interrupt():
    time.sleep(1.5)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
many = [{"id": str(i), "text": f"slow {i}"} for i in range(20_000)]
stopped = assay.label(many, **how)
print(stopped.summary.reason.name, stopped.summary.decided < 20_000)
print(signal.getsignal(signal.SIGINT) is not None)
""",
]  # fmt: skip

TASK = """\
name: tone
data: {path: rows.csv, id: id}
question: Which?
answer: {kind: choice, labels: [positive, negative]}
annotators:
  m: {kind: openai, model: m, base_url: "URL"}
"""


@pytest.fixture
def server() -> Iterator[str]:
    with on_a_thread(Server(delay=0.02)) as url:
        yield url


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_a_notebook_labels_again_and_again(server: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,text\n" + "".join(f"r{i},t{i}\n" for i in range(9)))
    (tmp_path / "task.yaml").write_text(TASK.replace("URL", server))
    content = _notebook(f"URL = {server!r}", *CELLS)
    book = nbformat.reads(content, as_version=4)  # type: ignore[no-untyped-call]  # untyped there
    NotebookClient(book, timeout=180, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = [_said(cell) for cell in book.cells[1:]]
    assert said[0] == "True False True\n"
    assert said[1:4] == ["12\n"] * 3
    assert said[4] == "[12, 12] [0, 0]\n"
    assert "&lt;b&gt;0" in said[5]
    assert "<b>0" not in said[5]
    assert "<td>12</td>" in said[5]
    assert "at most unknown" in said[6]
    assert said[7] == "9"
    assert said[8] == "[9, 9]"
    left, threads = said[9].split(" ", 1)
    assert int(left) <= 1
    assert threads == "[]\n"
    assert said[10].splitlines() == ["INTERRUPTED True", "True"]
    assert not [o for c in book.cells for o in c.outputs if "Warning" in o.get("text", "")]


def _notebook(*cells: str) -> str:
    made = [
        {"cell_type": "code", "id": f"c{i}", "source": source, "outputs": [], "metadata": {}}
        | {"execution_count": None}
        for i, source in enumerate(cells)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _said(cell: nbformat.NotebookNode) -> str:
    """What it printed, or its value as HTML where it has that."""
    parts = []
    for output in cell.outputs:
        data = output.get("data", {})
        parts.append(output.get("text") or data.get("text/html") or data.get("text/plain", ""))
    return "".join(parts)
