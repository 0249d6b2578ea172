"""A folder of small files of every kind that commands read: drawn once, always the same."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import yaml

N = 60
PEOPLE = ("ann", "bob", "cem", "dee")
LABELS = ("low", "mid", "high")
SKILL = {"ann": 0.9, "bob": 0.8, "cem": 0.7, "dee": 0.4, "gpt": 0.85, "mini": 0.6}
TASK = """\
name: tone
data: {path: data.csv, id: id, language: lang, meta: [author]}
question: Which tone?
answer: {kind: choice, labels: [low, mid, high]}
annotators:
  cheap: {kind: recorded, path: cheap.csv, confidence: sure, prices: {per_request: 0.001}}
  dear: {kind: recorded, path: dear.csv, confidence: sure, prices: {per_request: 0.02}}
  crowd: {kind: recorded, path: truth.csv, people: true, prices: {human_label: 0.1}}
strategy: {kind: hybrid, annotators: [cheap, dear, crowd], threshold: 0.6}
gold: {path: truth.csv, calibration: 0.5, evaluation: 0.5}
currency: EUR
"""


def table(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])


def build(folder: Path) -> None:
    rng = Random(7)
    ids = [f"r{i:02}" for i in range(N)]
    truth = {id: rng.choice(LABELS) for id in ids}
    said = {
        who: {id: t if rng.random() < skill else rng.choice(LABELS) for id, t in truth.items()}
        for who, skill in SKILL.items()
    }
    _votes(folder, rng, truth, said)
    _numbers(folder, rng, ids)
    _judged(folder, rng, truth, said)
    _golden(folder, rng)
    (folder / "task.yaml").write_text(TASK)


def _votes(
    folder: Path, rng: Random, truth: dict[str, str], said: dict[str, dict[str, str]]
) -> None:
    ids = list(truth)
    rows = [(id, f"text of {id}", "en" if i % 3 else "dé", f"w{i % 7}") for i, id in enumerate(ids)]
    table(folder / "data.csv", ["id", "text", "lang", "author"], rows)
    table(folder / "truth.csv", ["record", "label"], truth.items())
    table(folder / "some.csv", ["record", "label"], list(truth.items())[:15])
    votes = [(id, who, said[who][id], f"w{i % 7}") for i, id in enumerate(ids) for who in PEOPLE]
    head = ["record", "annotator", "label", "author"]
    table(folder / "votes.csv", head, votes)
    table(folder / "few.csv", head, votes[:24])
    table(
        folder / "wide.csv",
        ["record", *PEOPLE],
        ([id, *(said[p][id] for p in PEOPLE)] for id in ids),
    )
    counts = [[id, *([said[p][id] for p in PEOPLE].count(label) for label in LABELS)] for id in ids]
    table(folder / "counts.csv", ["item", *LABELS], counts)
    table(folder / "families.csv", ["annotator", "family"], zip(PEOPLE, "aabb", strict=True))
    table(
        folder / "slices.csv", ["record", "slice"], ((id, "ab"[i % 2]) for i, id in enumerate(ids))
    )
    sets = [(id, who, ";".join(sorted({said[who][id], rng.choice(LABELS)})))
            for id in ids for who in PEOPLE]  # fmt: skip
    table(folder / "sets.csv", head[:3], sets)
    for name, who in (("people", PEOPLE), ("models", ("gpt", "mini"))):
        (folder / f"{name}.json").write_text(json.dumps({w: said[w] for w in who}))
    prices = {"currency": "EUR", "annotators": {"*": {"per_request": 0.01, "human_label": 0.5}}}
    (folder / "prices.yaml").write_text(yaml.safe_dump(prices))
    for name, model in (("cheap", "mini"), ("dear", "gpt")):
        rows_of = (
            (id, said[model][id], f"{_sure(rng, said[model][id] == truth[id]):.3f}") for id in ids
        )
        table(folder / f"{name}.csv", ["record", "label", "sure"], rows_of)


def _sure(rng: Random, right: bool) -> float:
    return rng.betavariate(8, 2) if right else rng.betavariate(4, 4)


def _numbers(folder: Path, rng: Random, ids: list[str]) -> None:
    level = {id: rng.uniform(0, 10) for id in ids}
    rows = [(id, who, f"{max(0.0, min(10.0, level[id] + rng.gauss(0.5 * k, 1))):.1f}")
            for id in ids for k, who in enumerate(PEOPLE)]  # fmt: skip
    table(folder / "numbers.csv", ["record", "annotator", "label"], rows)
    table(folder / "levels.csv", ["record", "label"], ((id, f"{x:.1f}") for id, x in level.items()))
    teams = ["red", "blue", "green", "gold"]
    games = []
    for _ in range(60):
        one, other = rng.sample(range(4), 2)
        won = one if rng.random() < 0.5 + 0.12 * (one - other) else other
        games.append((teams[one], teams[other], teams[won]))
    table(folder / "games.csv", ["left", "right", "winner"], games)


def _judged(
    folder: Path, rng: Random, truth: dict[str, str], said: dict[str, dict[str, str]]
) -> None:
    rows = []
    for i in range(400):
        for who, skill in (("gpt", 0.9), ("mini", 0.7)):
            true = rng.choice(LABELS)
            right = rng.random() < skill
            label = true if right else rng.choice([x for x in LABELS if x != true])
            rows.append((f"j{i}", who, label, true, f"{_sure(rng, right):.3f}", f"w{i % 50}"))
    head = ["record", "annotator", "label", "reference", "confidence", "author"]
    table(folder / "judged.csv", head, rows)
    table(folder / "one.csv", head, [row for row in rows if row[1] == "gpt"])
    shipped = [(f"d{i}", rng.choice(LABELS), "ab"[i % 2], i % 11) for i in range(300)]
    table(folder / "shipped.csv", ["record", "value", "part", "score"], shipped)


def _golden(folder: Path, rng: Random) -> None:
    truth = {f"q{i}": rng.choice("ab") for i in range(40)}
    other = {"a": "b", "b": "a"}
    table(folder / "gold.csv", ["record", "label"], truth.items())
    labels = [(q, f"expert{j}", other[v] if i % 4 == 0 and j < 2 else v)
              for i, (q, v) in enumerate(truth.items()) for j in range(5)]  # fmt: skip
    table(folder / "labels.csv", ["record", "annotator", "label"], labels)
    given = [(q, "careful", v) for q, v in truth.items()]
    given += [(q, "careless", rng.choice("ab")) for q in truth]
    table(folder / "watched.csv", ["record", "annotator", "label"], given)
    texts = ((f"q{i}", f"question {i} " + "word " * rng.randint(1, 9)) for i in range(120))
    table(folder / "questions.csv", ["id", "text"], texts)


def fill(folder: Path) -> None:
    """Answers every row of a sheet that was drawn, each tenth otherwise than shipped."""
    with (folder / "shipped.csv").open(newline="", encoding="utf-8") as file:
        shipped = {row["record"]: row["value"] for row in csv.DictReader(file)}
    with (folder / "answers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for i, row in enumerate(rows):
        own = shipped[row["record"]]
        row["answer"] = own if i % 10 else LABELS[(LABELS.index(own) + 1) % 3]
    table(folder / "answers.csv", list(rows[0]), (list(row.values()) for row in rows))
