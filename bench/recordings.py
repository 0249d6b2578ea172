"""Recorded answers of language models beside people's labels: what other benches here replay.

Two kinds of folders: `cascade` (three models' class probabilities on the same preference pairs, and
the human's choice) and the sets of `alttest` (labels of up to six models and several people). The
reference is the human's choice, or the label most people gave; records where people tie are left
out.

Prices are assumptions of these benches, not quotations: US dollars a million tokens of the prompt,
at 500 tokens a record. They matter only in proportion to each other.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.annotators.recorded import Given, Recorded
from assay.core.cost import to_nanos
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task

Places = NDArray[np.int64]
Bools = NDArray[np.bool_]

PER_MILLION = {
    "mistral-7b-instruct": 0.25,
    "gpt-3.5-turbo": 0.5,
    "gpt-4-turbo": 10.0,
    "gemini_flash": 0.075,
    "gpt-4o-mini": 0.15,
    "llama-31": 0.2,
    "mistral-v03": 0.25,
    "gemini_pro": 1.25,
    "gpt-4o": 2.5,
}
TOKENS = 500
PERSON = 0.1  # dollars for one label of one person
CASCADE = ("mistral-7b-instruct", "gpt-3.5-turbo", "gpt-4-turbo")
ALTTEST = ("cebab_aspects", "framing", "wax", "mtbench")


@dataclass(frozen=True, slots=True)
class Recording:
    """`said[model][i]` answers record i; None is a silence. `scores` where models gave them."""

    name: str
    truth: tuple[str, ...]
    said: Mapping[str, tuple[str | None, ...]]
    scores: Mapping[str, tuple[Mapping[str, float], ...]]

    @property
    def n(self) -> int:
        return len(self.truth)

    @property
    def task(self) -> Task:
        labels = dict.fromkeys((*self.truth, *(v for s in self.said.values() for v in s if v)))
        return Task(self.name, "Which label?", Choice(list(labels)))

    def right(self, model: str) -> Bools:
        return np.array([a == b for a, b in zip(self.said[model], self.truth, strict=True)])

    def records(self, places: Places) -> list[Record]:
        """One for each place; a place that was drawn twice makes two records."""
        return [text_record(f"{k}", f"{self.name} {int(i)}") for k, i in enumerate(places)]

    def annotators(self, places: Places) -> dict[str, Recorded]:
        return {
            model: Recorded(
                model, {f"{k}": self._given(model, int(i)) for k, i in enumerate(places)}
            )
            for model in self.said
        }

    def _given(self, model: str, i: int) -> Given:
        scores = self.scores[model][i] if model in self.scores else None
        return Given(self.said[model][i], scores=scores, cost_nanos=to_nanos(price(model)))


def price(model: str) -> float:
    """Dollars a record."""
    return PER_MILLION[model] * TOKENS / 1_000_000


def prices(models: Iterable[str]) -> str:
    return ", ".join(f"{m} {PER_MILLION[m]:g}" for m in models)


def cascade(folder: Path) -> Recording:
    said, scores, truth = {}, {}, []
    for model in CASCADE:
        lines = (folder / f"{model}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        probs = np.array([row["probs"] for row in rows])
        logs = np.log(np.clip(probs / probs.sum(axis=1, keepdims=True), 1e-12, 1))
        scores[model] = tuple(dict(zip("12", map(float, row), strict=True)) for row in logs)
        said[model] = tuple("12"[int(k)] for k in probs.argmax(axis=1))
        truth = [str(row["preferences"]["human"]) for row in rows]
    return Recording("cascade", tuple(truth), said, scores)


def alttest(folder: Path) -> Recording:
    people = _read(folder / "human_annotations.json")
    models = _read(folder / "llm_annotations.json")
    votes: dict[str, list[str]] = {}
    for labels in people.values():
        for record, label in labels.items():
            votes.setdefault(record, []).append(label)
    truth = {r: found for r, v in sorted(votes.items()) if (found := majority(v)) is not None}
    said = {m: tuple(labels.get(r) for r in truth) for m, labels in models.items()}
    return Recording(folder.name, tuple(truth.values()), said, {})


def majority(votes: list[str]) -> str | None:
    (best, most), *others = Counter(votes).most_common()
    return None if others and others[0][1] == most else best


def _read(path: Path) -> dict[str, dict[str, str]]:
    found = json.loads(path.read_text(encoding="utf-8"))
    return {who: {r: str(v) for r, v in labels.items()} for who, labels in found.items()}
