"""What ids, labels, names, files and servers hold commands no terminal."""

import asyncio
import csv
import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from tests.cli.commands import Done, assay, project, remote
from tests.servers import Server, completion, serving

EVIL = "\x1b[2J\x1b]52;c;aGk=\x07\x1b]8;;http://x\x1b\\\x9b2J\x9d0;t\x9c\u202eevil\u2066\x7f\b"
LABELS = [f"yes{EVIL}", f"no{EVIL}"]
WHO = [f"{name}{EVIL}" for name in ("ann", "bob", "model")]
IDS = [f"r{i}{EVIL}" for i in range(40)]
COMMANDS = [
    ["check", "task.yaml"], ["check", "task.yaml", "--json"],
    ["run", "task.yaml"], ["run", "task.yaml", "--json"],
    ["report", "task.yaml"], ["report", "task.yaml", "--json"],
    ["report", "task.yaml", "--run", EVIL],
    ["export", "task.yaml", "-o", f"x{EVIL}.csv"], ["export", "task.yaml", "-o", "x.csv"],
    ["import", "votes.csv", "--ledger", "v.sqlite"], ["import", "votes.csv", "--task", "task.yaml"],
    ["agree", "votes.csv"], ["agree", "votes.csv", "--json"],
    ["aggregate", "votes.csv", "--intervals"], ["aggregate", "votes.csv", "--json"],
    ["aggregate", "votes.csv", "--method", "correlated"],
    ["aggregate", "votes.csv", "--truth", "gold.csv"],
    ["compare", "votes.csv", "--person", WHO[0], "--person", WHO[1]],
    ["compare", "votes.csv", "--person", EVIL], ["compare", "votes.csv", "--annotator", EVIL],
    ["cost", "task.yaml"], ["cost", "votes.csv"],
    ["certify", "task.yaml"], ["calibrate", "task.yaml"], ["calibrate", "sure.csv"],
    ["audit", "draw", "task.yaml", "--size", "9", "-o", "sheet.csv"],
    ["audit", "draw", "decided.csv", "--size", "9", "--by", "value", "-o", "sheet2.csv"],
    ["audit", "estimate", "task.yaml", "answered.csv"],
    ["audit", "estimate", "decided.csv", "no.csv"],
    ["prevalence", "decided.csv", "answered.csv"],
    ["golden", "choose", "votes.csv", "--gold", "gold.csv"],
    ["golden", "watch", "votes.csv", "--gold", "gold.csv", "--pay"],
    ["golden", "disguise", "a.csv", "--gold", "gold.csv"],
    ["plan", "task.yaml", "--human-label", "1"], ["controller", "task.yaml"],
    ["synthesise", "task.yaml", "--per-label", "1", "-o", "new.jsonl"],
    ["init", "a.csv", "-o", "drafted.yaml"], ["init", f"none{EVIL}.csv"],
    ["study", "celeba", f"none{EVIL}"], ["study", "lesion", "."], ["study", EVIL],
    ["models", "remove", EVIL], ["models", "list"], [EVIL], ["run", f"{EVIL}.yaml"],
    ["check", "broken.yaml"], ["run", "task.yaml", f"--{EVIL}"],
    ["run", "task.yaml", "--ledger", f"sqlite:///none/{EVIL}"],
]  # fmt: skip


def write(path: Path, header: list[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def prepare(folder: Path, who: str) -> None:
    rows = [[id, f"text {i} {EVIL}", LABELS[i % 2]] for i, id in enumerate(IDS)]
    quoted = json.dumps(LABELS)
    task = (
        f"name: tone\ndata: {{path: a.csv, id: id}}\nquestion: {json.dumps('Which? ' + EVIL)}\n"
        f"answer: {{kind: choice, labels: {quoted}}}\nannotators:\n  {json.dumps(WHO[2])}: {who}\n"
        "gold: {path: gold.csv, label: label}\n"
    )
    project(folder, task=task, rows=b"")
    write(folder / "a.csv", ["id", "text", "label"], rows)
    write(folder / "gold.csv", ["record", "label"], [[r[0], r[2]] for r in rows])
    votes = [
        [id, w, LABELS[(i + (j * i) % 3) % 2]]
        for i, id in enumerate(IDS)
        for j, w in enumerate(WHO)
    ]
    write(folder / "votes.csv", ["record", "annotator", "label"], [list(v) for v in votes])
    write(
        folder / "decided.csv", ["record", "value", "confidence"], [[r[0], r[2], 0.9] for r in rows]
    )
    write(
        folder / "sure.csv", ["record", "confidence", "label", "reference", "annotator"],
        [[r[0], (i % 9 + 1) / 10, r[2], LABELS[0], WHO[0]] for i, r in enumerate(rows)],
    )  # fmt: skip
    write(folder / "answered.csv", ["record", "answer", "audit"], [[IDS[0], EVIL, f"none {EVIL}"]])
    (folder / "broken.yaml").write_text(f"name: {json.dumps(EVIL)}\n{json.dumps(EVIL)}: 1\n")


def unsafe(done: Done) -> set[str]:
    """What a terminal would obey; `\n` ends lines, a tab moves on."""
    described = re.sub(r"[\n\t]", "", done.stdout + done.stderr)
    turning = {"LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return {
        hex(ord(c))
        for c in described
        if unicodedata.category(c) == "Cc" or unicodedata.bidirectional(c) in turning
    }


async def answer(request: web.Request, text: str) -> web.StreamResponse:
    number = int(re.findall(r"text (\d+)", text)[0]) if "text" in text else 0
    if number % 5 == 0:
        return web.json_response({"error": {"message": f"bad {EVIL}"}}, status=400)
    return web.json_response(completion(f"what {EVIL}" if number % 5 == 1 else LABELS[number % 2]))


async def test_no_command_prints_what_a_terminal_obeys(tmp_path: Path) -> None:
    said = ""
    async with serving(Server(answer)) as url:
        prepare(tmp_path, remote(url, ", mapping: last_line"))
        for words in COMMANDS:
            done = await asyncio.to_thread(assay, tmp_path, *words)
            assert not unsafe(done), (words, done.stdout, done.stderr)
            assert done.returncode in (0, 2, 3), (words, done.stderr)
            said += done.stdout + done.stderr
            if done.returncode == 0 and "--json" in words:
                json.loads(done.stdout)
    assert "\\u001b" in said  # it came so far, and is shown
    assert "\\u009b" in said
    assert "\\u202e" in said


async def test_json_is_the_same_data(tmp_path: Path) -> None:
    prepare(tmp_path, "{kind: rule, rule: vader}")
    done = await asyncio.to_thread(assay, tmp_path, "aggregate", "votes.csv", "--json")
    assert {entry["annotator"] for entry in json.loads(done.stdout)["skill"]} == set(WHO)
