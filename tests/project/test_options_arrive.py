"""What a task file says of its strategy is what the strategy is made with."""

from operator import attrgetter
from pathlib import Path

import pytest

from assay.core.schema import MultiChoice
from assay.project import open_project
from assay.strategies.confidence import least_entropy, margin, own
from tests.project.test_strategies import folder, table, written

__all__ = ["folder"]
MADE: dict[str, dict[str, object]] = {
    "{kind: vote, annotators: [a, b], replicas: 2, ties: undecided}":
        {"voters": ("a", "b"), "replicas": 2, "ties": "undecided"},
    "{kind: chain, annotators: [a, b], answer: forward, confidence: margin}":
        {"links": ("a", "b"), "answer": "forward", "confidence": margin},
    "{kind: chain, annotators: [a, b], thresholds: [0.7], confidence: entropy}":
        {"links": ("a", "b"), "thresholds": (0.7,), "confidence": least_entropy},
    "{kind: hybrid, annotators: [a, b, crowd], threshold: 0.7, capacity: 9, confidence: margin}":
        {"links": ("a", "b"), "panel": "crowd", "threshold": 0.7, "capacity": 9,
         "confidence": margin},
    "{kind: sequential, annotators: [a, crowd], suggestions: 2, control: 0.3}":
        {"model": "a", "panel": "crowd", "suggest.k": 2, "control": 0.3, "seed": 5},
    "{kind: triage, annotators: [a, crowd], share: 0.3, confidence: margin}":
        {"model": "a", "panel": "crowd", "share": 0.3, "by.confidence": margin},
    "{kind: triage, annotators: [a, crowd], threshold: 0.3}":
        {"model": "a", "panel": "crowd", "threshold": 0.3, "by.confidence": own},
    "{kind: triage, annotators: [a, crowd], criterion: errors, learners: [ngrams, minilm]}":
        {"by.learner.encoder": None, "by.seed": 5},
    "{kind: triage, annotators: [a, crowd], criterion: hardness, judge: b}": {"by.judge": "b"},
    "{kind: joint, annotators: [a, crowd]}": {"model": "a", "panel": "crowd"},
    "{kind: review, annotators: [a, b, crowd], audit: 0.2}":
        {"first": "a", "second": "b", "reviewer": "crowd", "audit": 0.2, "seed": 5},
    "{kind: retrieved, annotators: [a], examples: 3, balanced: true, nearest: random}":
        {"annotator": "a", "count": 3, "balanced": True, "retriever.seed": 5},
    "{kind: retrieved, annotators: [a], nearest: fixed}":
        {"count": 5, "balanced": False, "retriever.seed": 5},
    "{kind: specialists, annotators: [a, b, crowd], learners: [ngrams], beta: 7, stages: 4}":
        {"fixed": ("a", "b"), "reviewer": "crowd", "stages.beta": 7, "stages.most": 4,
         "stages.replay": 0.5, "stages.seed": 5},
    "{kind: specialists, annotators: [a, b, crowd], learners: [], replay: 0.2}":
        {"trainable": (), "training": (), "gold": (), "stages.replay": 0.2, "stages.seed": 5},
    "{kind: active, annotators: [crowd], learners: [ngrams], first: 11, batch: 6, rounds: 3, "
    "query: entropy}":
        {"oracle": "crowd", "query": "entropy", "loop.first": 11, "loop.batch": 6,
         "loop.rounds": 3, "loop.seed": 5},
    "{kind: principled, annotators: [a], rationale: false}":
        {"model": "a", "limits.rationale": False},
    "{kind: attributes, annotators: [a], together: 2}": {"annotator": "a", "together": 2},
}  # fmt: skip


@pytest.mark.parametrize("strategy", MADE)
def test_an_option_is_what_it_was_given(strategy: str, folder: Path) -> None:
    made = open_project(seeded(folder, strategy))
    found = {name: attrgetter(name)(made.strategy) for name in MADE[strategy]}
    assert found == MADE[strategy]


def seeded(folder: Path, strategy: str) -> Path:
    path = written(folder, strategy)
    path.write_text(path.read_text() + "seed: 5\n")
    return path


@pytest.mark.parametrize(
    ("strategy", "part", "count"),
    [
        ("{kind: retrieved, annotators: [a]}", "pool", 48),
        ("{kind: principled, annotators: [a]}", "gold", 48),
        ("{kind: joint, annotators: [a, crowd]}", "gold", 48),
        ("{kind: triage, annotators: [a, crowd], criterion: errors}", "by.gold", 48),
        ("{kind: specialists, annotators: [a, crowd], learners: [ngrams, minilm]}", "training", 24),
        ("{kind: specialists, annotators: [a, crowd], learners: [ngrams, minilm]}", "gold", 24),
        ("{kind: specialists, annotators: [a, crowd], learners: [ngrams, minilm]}", "trainable", 2),
    ],
)
def test_what_learns_is_given_the_calibration_gold(
    strategy: str, part: str, count: int, folder: Path
) -> None:
    made = open_project(written(folder, strategy)).strategy
    assert len(attrgetter(part)(made)) == count


def test_one_half_of_the_gold_is_no_part_of_the_other(folder: Path) -> None:
    made = open_project(written(folder, "{kind: specialists, annotators: [a, crowd]}")).strategy
    fit, judge = ({e.record.id for e in attrgetter(part)(made)} for part in ("training", "gold"))
    assert not fit & judge


TAGS = "{kind: tags, annotators: [a, b], group: 2GROUPING}"


@pytest.mark.parametrize(("grouping", "alike"), [("", True), (", grouping: diverse", False)])
def test_tags_are_grouped_as_they_go_together_or_apart(
    grouping: str, alike: bool, folder: Path
) -> None:
    ids = range(120)
    for name in ("a", "b", "c", "people"):
        table(folder / f"{name}.csv", ["record", "label", "sure"],
              [[i, "x;y" if i % 2 else "z;w", 0.5] for i in ids])  # fmt: skip
    path = written(folder, TAGS.replace("GROUPING", grouping))
    labels = "[{name: x, definition: an x}, z, y, w]"
    path.write_text(
        path.read_text().replace(
            "kind: choice, labels: [good, bad]", f"kind: multi, labels: {labels}"
        )
    )
    found = open_project(path)
    assert isinstance(found.task.schema, MultiChoice)
    made = found.strategy
    groups = {frozenset(group) for group in attrgetter("groups")(made)}
    assert (groups == {frozenset("xy"), frozenset("zw")}) == alike
    assert dict(attrgetter("concepts")(made)) == {"x": "an x"}
    assert made.annotators == ("a", "b")
