"""Small sound inputs of every kind that Assay reads, made by the writers of those kinds."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assay.core.annotation import DecidedBy, Decision, Outcome, Request, Source, answer
from assay.core.record import text_record
from assay.core.schema import Choice, Form, MultiChoice, Scale
from assay.core.task import Task
from assay.core.value import Value
from assay.ledger import Run, SqlLedger
from assay.studies.celeba.study import FILES

FORM = Form({"tone": Choice(["good", "bad"]), "tags": MultiChoice(["x", "y"]), "n": Scale(1, 5)})
TASK = Task("t", "?", FORM)
HF = {b"huggingface": json.dumps({"info": {"features": {
    "label": {"names": ["bad", "good"], "_type": "ClassLabel"}}}}).encode()}  # fmt: skip
YAML = """name: t
data: {path: a.csv, text: text, id: id, meta: [x]}
question: Which tone?
answer:
  kind: choice
  labels: [{name: good, definition: fine, aliases: {en: [nice]}}, bad]
guideline: &g 'as ever'
annotators:
  one: {kind: openai, base_url: 'http://127.0.0.1:9/v1', model: m, prices: {input: 0.1}}
  two: {kind: rule, rule: vader}
strategy: {kind: chain, annotators: [two, one], thresholds: [0.9]}
examples: [{text: Fine!, answer: good, rationale: *g}]
gold: {path: gold.csv, label: label, calibration: 0.5}
budget: {money: 1.5, minutes: 10}
seed: 2024
"""
COCO = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 10}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "iscrowd": 0}],
    "categories": [{"id": 1, "name": "cat"}],
}
OPENAI = {
    "choices": [{"message": {"content": '{"label": "good"}', "refusal": None},
                 "finish_reason": "stop", "logprobs": {"content": [{"token": "good",
                 "logprob": -0.1, "top_logprobs": [{"token": "bad", "logprob": -2.5}]}]}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2,
              "prompt_tokens_details": {"cached_tokens": 3}},
}  # fmt: skip
ANTHROPIC = {
    "content": [{"type": "text", "text": "good"}, {"type": "tool_use", "input": {"label": "good"}}],
    "usage": {"input_tokens": 5, "output_tokens": 2}, "stop_reason": "end_turn",
}  # fmt: skip
GEMINI = {
    "candidates": [{"content": {"parts": [{"text": "good"}]}, "finishReason": "STOP",
                    "logprobsResult": {"chosenCandidates": [{"token": "a", "logProbability": -1}],
                    "topCandidates": [{"candidates": [{"token": "a", "logProbability": -1}]}]}}],
    "usageMetadata": {"promptTokenCount": 4, "promptTokensDetails": [
        {"modality": "IMAGE", "tokenCount": 2}]},
}  # fmt: skip
REGISTRY = b"candidates: [{name: a}, {name: b, labels: {x: good}, learner: ngrams}]\n"
PRICES = b"""name: list
currency: EUR
annotators:
  a: {input: 2.5, cached: 0.1, output: 10, per_request: 0.001, gpu_hour: 2}
  'b*': {human_label: 0.04, bonus: 1.5, earned: 3}
"""
STUDY = {
    FILES[0]: b'{"1": [1, -1], "2": [-1, -1]}', FILES[1]: b'{"1": {"Young": 1}, "2": {}}',
    FILES[2]: b'{"Smiling": "Is it?", "Young": "Is it?"}',
}  # fmt: skip
ROWS = [{"id": str(i), "text": f"text {i}, “ä”", "label": "good", "x": i} for i in range(6)]
SAID = [
    'Because it is so.\nLabel: good', '{"tone": "good", "tags": ["x"], "n": 3}', "not bad, 3.5",
    '```json\n{"spans": [{"text": "Ann", "label": "PER"}]}\n```', "tone: good\ntags: x, y\nn = 4",
    '[{"label": "cat", "left": 0.1, "top": 0.1, "width": 0.5, "height": 0.5}]', "none", "good",
]  # fmt: skip
HEADERS = ["2.5", "Wed, 21 Oct 2015 07:28:00 GMT", "120", "Mon, 01 Jan 2035 00:00:00 +0100"]


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


def table() -> pa.Table:
    columns: dict[str, Any] = {
        "id": ["a", "b", None], "label": pa.array([0, 1, -1], pa.int64()),
        "when": pa.array([1, 2, 3], pa.timestamp("ns", "UTC")), "n": [0.5, None, 2.0],
        "tags": [["x"], [], ["y", None]], "s": [{"bytes": b"\x00", "path": "p"}] * 3,
        "d": pa.array(["x", "y", "x"]).dictionary_encode(), "day": pa.array([1, 2, 3], pa.date32()),
    }  # fmt: skip
    return pa.table(columns).replace_schema_metadata(HF)


def arrow(stream: bool) -> bytes:
    out = io.BytesIO()
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(out, table().schema) as writer:
        writer.write_table(table())
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(table(), out)
    return out.getvalue()


def ledger(folder: Path) -> bytes:
    path = folder / "corpus.sqlite"
    kept = SqlLedger(str(path))
    records = [text_record(f"r{i}", f"text {i}") for i in range(20)]
    kept.add_task(TASK)
    kept.add_records(records)
    run = Run("run", TASK.id, "single", 1.0, 2.0, {"a": 1}, "0.1")
    kept.start_run(run)
    value: Value = {"tone": "good", "tags": frozenset({"x"}), "n": 3.0}
    requests = [Request(TASK, record, "m") for record in records]
    kept.add([answer(r, Outcome.ANSWERED, value=value, raw="raw", confidence=0.5,
                     confidence_source=Source.STATED, run="run") for r in requests])  # fmt: skip
    kept.add_decisions("run", [Decision(r.id, value, decided_by=DecidedBy.MODEL) for r in records])
    with kept.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    kept.close()
    return path.read_bytes()


def corpus(folder: Path) -> dict[str, list[bytes]]:
    """Sound inputs by target."""
    lines = b"\n".join(map(_json, ROWS))
    head = ",".join(ROWS[0])
    csv = "\n".join([head, *(f'{r["id"]},"{r["text"]}",{r["label"]},{r["x"]}' for r in ROWS)])
    conll = b"# a\nAnn\tB-PER\nmet\tO\n\nBob\tS-PER\n"
    celeba = b"2\nSmiling Young\n1.jpg 1 -1\n2.jpg -1 1\n"
    nested = {"ann": {"r1": "good"}, "bob": {"r1": "bad"}}
    state = {"_data_files": [{"filename": "data.arrow"}], "_fingerprint": "x"}
    received = {"key": "k", "completion": {"text": "a", "usage": {}, "tokens": [], "seconds": 0.1}}
    return {
        "csv": [csv.encode()], "tsv": [csv.replace(",", "\t").encode()], "jsonl": [lines],
        "json": [_json(ROWS), _json(COCO)], "conll": [conll], "celeba": [celeba],
        "parquet": [parquet()], "arrow": [arrow(True), arrow(False)], "yaml": [YAML.encode()],
        "coco": [_json(COCO)], "film": [_json({"plot": ["a", "bb"], "genres": ["x"]})],
        "hf": [_json(state)], "nested": [_json(nested)], "ledger": [ledger(folder)],
        "openai": [_json(OPENAI)], "anthropic": [_json(ANTHROPIC)], "gemini": [_json(GEMINI)],
        "retry-after": [h.encode() for h in HEADERS], "mapping": [s.encode() for s in SAID],
        "heard": [_json(received)], "registry": [REGISTRY],
        "prices": [PRICES],
        **{f"study {name}": [content] for name, content in STUDY.items()},
    }  # fmt: skip
