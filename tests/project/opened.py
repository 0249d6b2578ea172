"""A small task in a folder, opened: what most tests of a project begin with."""

from pathlib import Path

from assay.project import open_project
from assay.project.project import Project

HEAD = """\
name: tone
data: {path: data.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [good, bad]}
"""
DEFAULT_OPTIONS = "annotators: {m: {kind: recorded, path: said.csv}}\n"
IDS = [f"r{i}" for i in range(10)]


def opened(folder: Path, more: str = DEFAULT_OPTIONS, head: str = HEAD) -> Project:
    """Ten records, all with gold `good`, of which `said.csv` holds answers to the first four."""
    for name, content in {
        "data.csv": "id,text\n" + "".join(f"{id},text {id}\n" for id in IDS),
        "gold.csv": "record,label\n" + "".join(f"{id},good\n" for id in IDS),
        "said.csv": "record,label\n" + "".join(f"{id},good\n" for id in IDS[:4]),
    }.items():
        if not (folder / name).exists():
            (folder / name).write_text(content)
    (folder / "task.yaml").write_text(head + more)
    return open_project(folder / "task.yaml")
