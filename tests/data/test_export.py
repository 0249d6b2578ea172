"""Decisions in a file beside what their records hold, and sheets for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assay.core.annotation import DecidedBy, Decision, Source
from assay.core.record import ImagePart, Record, TextPart, text_record
from assay.core.value import Box
from assay.data.coco import read_coco
from assay.data.export import BATCH, Exported, export, meta_columns, sheet
from assay.data.guard import GUARD
from assay.data.read import read_rows

RECORDS = {
    "a": Record("a", (TextPart("one"),), source="web", meta={"lang": "en", "value": "7"}),
    "b": Record("b", (TextPart("two"),), meta={"lang": "de"}),
    "c": Record("c", ()),
}
DECISIONS = [
    Decision("a", "good", 0.9, Source.STATED, DecidedBy.MODEL, ("m", "kept")),
    Decision("b", None, waiting_for="crowd"),
    Decision("c", None, waiting_for="experts"),
    Decision("gone", "bad", decided_by=DecidedBy.PEOPLE),
]


def found(ids: Sequence[str]) -> Iterator[Record]:
    return (RECORDS[id] for id in ids if id in RECORDS)


def rows(path: Path) -> list[dict[str, object]]:
    return [dict(row) for _, row in read_rows(path)]


def test_a_decision_stands_beside_text_and_metadata(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    assert export(DECISIONS, found, path) == Exported(4, undecided=2)
    first, second, third, gone = rows(path)
    assert first == {
        "record": "a", "value": "good", "confidence": 0.9, "confidence_source": "stated",
        "decided_by": "model", "route": "m > kept", "waiting_for": None, "source": "web",
        "text": "one", "lang": "en", "meta.value": "7",
    }  # fmt: skip
    assert (second["text"], second["lang"], second["meta.value"]) == ("two", "de", None)
    assert (second["value"], second["waiting_for"], second["source"]) == (None, "crowd", None)
    assert third["text"] is None
    assert (gone["value"], gone["text"], gone["source"]) == ("bad", None, None)


def test_every_batch_is_written(tmp_path: Path) -> None:
    asked: list[int] = []

    def of(ids: Sequence[str]) -> Iterator[Record]:
        asked.append(len(ids))
        return (text_record(id, f"text {id}") for id in ids)

    many = [Decision(str(i), None) for i in range(BATCH + 3)]
    assert export(many, of, tmp_path / "x.jsonl") == Exported(BATCH + 3, BATCH + 3)
    assert asked == [BATCH, 3]
    assert [row["text"] for row in rows(tmp_path / "x.jsonl")] == [f"text {d.record}" for d in many]


def test_nothing_is_a_file_with_a_head(tmp_path: Path) -> None:
    assert export([], found, tmp_path / "x.csv") == Exported(0)
    assert (tmp_path / "x.csv").read_text().startswith("record,value,")


def test_boxes_become_coco(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (20, 10)).save(tmp_path / "p.png")
    part = ImagePart(str(tmp_path / "p.png"), sha(tmp_path / "p.png"))
    boxes = (Box(0.0, 0.0, 0.5, 0.5, "cat"), Box(0.5, 0.5, 0.5, 0.5, "cat"))
    decisions = [Decision("p", boxes, decided_by=DecidedBy.MODEL), Decision("q", None)]
    held = {"p": Record("p", (part,)), "q": Record("q", ())}
    out = tmp_path / "x.JSON"
    made = export(decisions, lambda ids: [held[id] for id in ids], out)
    assert made == Exported(2, boxes=True)
    assert read_coco(out).boxes == {"p": boxes}


def sha(path: Path) -> str:
    from hashlib import sha256

    return sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("panel", "whom", "listed"),
    [
        (None, {"crowd": 1, "experts": 1}, ["b", "c"]),
        ("crowd", {"crowd": 1}, ["b"]),
        ("nobody", {}, []),
    ],
)
def test_a_sheet_lists_who_is_waited_for(
    panel: str | None, whom: dict[str, int], listed: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "sheet.jsonl"
    assert dict(sheet(DECISIONS, found, path, panel)) == whom
    sheets = rows(path)
    assert [row["record"] for row in sheets] == listed
    if listed:
        assert sheets[0] == {
            "record": "b", "annotator": None, "label": None, "waiting_for": "crowd",
            "text": "two", "lang": "de",
        }  # fmt: skip


def test_metadata_keep_their_names_where_these_are_free() -> None:
    assert meta_columns(RECORDS.values(), ("value", "text", GUARD)) == {
        "lang": "lang",
        "meta.value": "value",
    }
