"""Damaged and odd Parquet and Arrow files: one line, or what is in them; never a crash."""

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import InputError
from assay.data.read import read_rows


def written(path: Path, table: pa.Table) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_stream(str(path), table.schema) as writer:
            writer.write_table(table)
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        list(read_rows(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(params=["a.arrow", "a.parquet"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    found: Path = tmp_path / request.param
    return found


def test_offsets_that_lead_out_of_a_buffer_are_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    sound = pa.record_batch([pa.array(["abc"])], ["text"])
    with pa.ipc.new_stream(out, sound.schema) as writer:
        writer.write_batch(sound)
    content = out.getvalue()
    place = content.rindex((3).to_bytes(4, "little") + b"\0" * 4)
    (tmp_path / "a.arrow").write_bytes(
        content[:place] + (2**30).to_bytes(4, "little") + content[place + 4 :]
    )
    assert "not a readable Arrow file" in refused(tmp_path / "a.arrow")


def test_letters_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    raw = pa.array([b"\xff\xfe"]).view(pa.string())
    assert "UTF8" in refused(written(tmp_path / "a.arrow", pa.table({"text": raw})))


def test_two_columns_of_one_name_are_refused(path: Path) -> None:
    table = pa.table([pa.array(["x"]), pa.array(["y"])], names=["a", "a"])
    assert refused(written(path, table)).endswith(f"{path}: duplicate column 'a'")


def test_what_is_wrong_in_a_sound_file_is_said_once(path: Path) -> None:
    table = pa.table([pa.array(["x"]), pa.array(["y"])], names=["a", "a"])
    said = refused(written(path, table))
    assert said.count(path.name) == 1
    assert "not a readable" not in said


@pytest.mark.parametrize(
    "kind", [pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us", "Moon/Base")]
)
def test_moments_that_no_calendar_has_name_their_column(kind: pa.DataType, tmp_path: Path) -> None:
    table = pa.table({"when": pa.array([2**60], pa.int64()).view(kind)})
    assert "column 'when'" in refused(written(tmp_path / "a.arrow", table))


def test_nanoseconds_are_read_without_pandas(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"when": pa.array([1_000_000_000, 1, None], pa.timestamp("ns"))})
    written(path, table)
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    rows = [row["when"] for _, row in read_rows(path)]
    assert str(rows[0]).startswith("1970-01-01 00:00:01")
    assert rows[2] is None


@pytest.mark.parametrize(
    "said",
    [b"{", b"[]", b"\xff", json.dumps({"info": {"features": {"label": {
        "_type": "ClassLabel", "names": 5}}}}).encode(),
     json.dumps({"info": {"features": {"label": {"_type": "ClassLabel"}}}}).encode()],
)  # fmt: skip
def test_damaged_names_of_classes_are_told(said: bytes, path: Path) -> None:
    table = pa.table({"label": [0, 1]}).replace_schema_metadata({b"huggingface": said})
    assert "Hugging Face metadata" in refused(written(path, table))


@pytest.mark.parametrize("content", [{"features": {}}, {"info": {}}, {"info": {"features": None}}])
def test_metadata_without_classes_do_no_harm(content: dict[str, Any], path: Path) -> None:
    said = json.dumps(content).encode()
    table = pa.table({"label": [0]}).replace_schema_metadata({b"huggingface": said})
    assert [row for _, row in read_rows(written(path, table))] == [{"label": 0}]


@pytest.mark.parametrize("name", [5, None, [], {"a": 1}])
def test_a_state_that_names_no_file_is_told(name: object, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    assert "state.json" in refused(tmp_path)


def test_plain_moments_stay_what_they_were(path: Path) -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5)
    table = pa.table({"when": pa.array([moment], pa.timestamp("us"))})
    assert [row for _, row in read_rows(written(path, table))] == [{"when": moment}]


def test_parts_of_a_folder_have_the_same_columns(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", pa.table({"text": ["x"], "id": ["1"]}))
    written(tmp_path / "b.parquet", pa.table({"text": ["y"]}))
    assert "b.parquet has other columns" in refused(tmp_path)


def test_rows_of_all_batches_are_numbered_from_one(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table({"id": [f"r{i}" for i in range(9)]}), path, row_group_size=2)
    assert [(n, row["id"]) for n, row in read_rows(path)] == [(i + 1, f"r{i}") for i in range(9)]
