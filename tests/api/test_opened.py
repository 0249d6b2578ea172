"""Task files from Python: the rows of a run with its answers, as a polars frame."""

from pathlib import Path

import polars as pl

import assay
from assay.core.record import ImagePart, Record, TextPart, text_record

FILE = """\
name: topic
data: {path: a.csv, id: key, text: [title, body], meta: [day]}
question: Which?
answer: {kind: multi, labels: [money, sport]}
annotators: {crowd: {kind: recorded, path: said.csv}}
"""


def written(folder: Path) -> Path:
    (folder / "a.csv").write_text(
        "key,title,body,day\n1,Club sold,For much,Mon\n2,Rain,,\n3,x,y,\n"
    )
    (folder / "said.csv").write_text("record,label\n1,money;sport\n2,[]\n")
    (folder / "task.yaml").write_text(FILE)
    return folder / "task.yaml"


def test_the_frame_of_a_task_file_has_its_texts_and_its_name_for_the_answers(
    tmp_path: Path,
) -> None:
    result = assay.load(written(tmp_path)).run()
    frame = result.frame
    assert isinstance(frame, pl.DataFrame)
    assert frame.columns == [
        "record", "title", "body", "day", "topic", "topic_confidence", "topic_decided_by",
        "topic_outcome", "topic_reason",
    ]  # fmt: skip
    assert frame["record"].to_list() == ["1", "2", "3"]
    assert frame["title"].to_list() == ["Club sold", "Rain", "x"]
    assert frame["day"].to_list() == ["Mon", "", ""]
    assert frame["topic"].to_list() == [["money", "sport"], [], None]
    assert frame["topic_outcome"].to_list() == ["answered", "answered", "abstained"]
    assert result.labels == [["money", "sport"], [], None]
    result.ledger.close()


def test_the_figures_of_a_task_file_are_shown(tmp_path: Path) -> None:
    opened = assay.load(written(tmp_path))
    assert "topic" in repr(opened)
    assert assay.load(written(tmp_path)).run(limit=1).frame.height == 1


def test_records_come_back_as_dicts() -> None:
    records = [
        text_record("a", "one"),
        Record("b", (TextPart("two", "title"), TextPart("three", "body"))),
        Record("c", (ImagePart("c.png", "0" * 64),)),
    ]
    got: list[object] = []

    def judge(shown: object) -> str:
        got.append(shown)
        return "x"

    frame = assay.label(records, labels=["x", "y"], annotators=judge, gold=["x", "y", None]).frame
    assert got == ["one", {"title": "two", "body": "three"}, records[2]]
    assert [row["record"] for row in frame] == ["a", "b", "c"]
    assert (frame[1]["title"], frame[1]["label"]) == ("two", "x")
    by_column = assay.label(records, labels=["one", "y"], annotators=lambda r: "one", gold="text")
    assert by_column.metrics()["n"] == 1
