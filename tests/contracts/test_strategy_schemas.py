"""Every strategy with every kind of answer: valid values are decided, or it says what it takes."""

from collections.abc import Mapping

import pytest

from assay.annotators.classifier import TrainableClassifier
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import DecidedBy, Source
from assay.core.errors import AssayError
from assay.core.record import text_record
from assay.core.schema import Choice, Form, FreeText, MultiChoice, Scale, Schema, Spans
from assay.core.task import Example, Task
from assay.core.value import Span, Value
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, RandomChain, ThresholdChain
from assay.strategies.confidence import own
from assay.strategies.cooperation import Sequential, Triage, TriageShare
from assay.strategies.hybrid import Hybrid
from assay.strategies.joint import Joint
from assay.strategies.nearest import ByWords
from assay.strategies.principled import Principled
from assay.strategies.retrieval import Retrieved
from assay.strategies.review import ReviewDisagreements
from assay.strategies.single import Single
from assay.strategies.specialists import Specialists
from assay.strategies.vote import Vote
from assay.testing import check_strategy

RECORDS = [text_record(f"r{i}", f"Ann met Bob {i}") for i in range(24)]
ANN, BOB = Span(0, 3, "person"), Span(8, 11, "person")
KINDS: dict[str, tuple[Schema, tuple[Value, Value]]] = {
    "choice": (Choice(["a", "b"]), ("a", "b")),
    "multi": (MultiChoice(["x", "y", "z"]), (frozenset({"x"}), frozenset({"x", "y"}))),
    "scale": (Scale(1, 5), (1.0, 4.0)),
    "form": (
        Form({"tone": Choice(["up", "down"]), "rate": Scale(1, 3)}),
        ({"tone": "up", "rate": 1.0}, {"tone": "down", "rate": 1.0}),
    ),
    "spans": (Spans(["person"]), ((ANN,), (ANN, BOB))),
    "text": (FreeText(), ("some words", "other words")),
}
STRATEGIES: Mapping[str, Strategy] = {
    "single": Single("m"),
    "vote": Vote(("m", "n", "people"), ties="first"),
    "vote undecided": Vote(("m", "n")),
    "chain": Chain(("m", "n"), confidence=own),
    "chain forward": Chain(("m", "n"), "forward", own),
    "thresholds": ThresholdChain(("m", "n"), (0.7,), own),
    "random": RandomChain(("m", "n")),
    "hybrid": Hybrid(("m", "n"), "people", 0.7),
    "sequential": Sequential("m", "people"),
    "triage": Triage("m", "people", 0.7),
    "triage by share": TriageShare("m", "people", 0.2),
    "joint": Joint("m", "people"),
    "review": ReviewDisagreements("m", "n", "people"),
    "specialists": Specialists(("m", "n"), "people"),
    "principled": Principled("m"),
}
CLOSED = {"joint": ("spans", "text")}


def pool(values: tuple[Value, Value]) -> tuple[Example, ...]:
    return tuple(Example(text_record(f"e{i}", f"x {i}"), values[i % 2]) for i in range(8))


def annotators(values: tuple[Value, Value]) -> dict[str, Askable]:
    def said(turn: int) -> dict[str, Given]:
        return {
            r.id: Given(
                None if i % 11 == turn else values[i // turn % 2], 0.5 + i % 10 / 20,
                source=Source.CALIBRATED,
            )
            for i, r in enumerate(RECORDS)
        }  # fmt: skip

    people = {r.id: Given(values[i % 2]) for i, r in enumerate(RECORDS[:20])}
    return {
        "m": Recorded("m", said(1)),
        "n": Recorded("n", said(2)),
        "people": Recorded("people", people, DecidedBy.PEOPLE),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [*STRATEGIES, "retrieved"])
def test_it_decides_or_refuses(name: str, kind: str) -> None:
    schema, values = KINDS[kind]
    task = Task("t", "?", schema)
    strategy = STRATEGIES.get(name) or Retrieved("m", pool(values), ByWords(), count=2)
    if kind in CLOSED.get(name, ()):
        with pytest.raises(AssayError, match="closed sets of labels"):
            check_strategy(strategy, annotators(values), RECORDS, task)
        return
    for made in check_strategy(strategy, annotators(values), RECORDS, task):
        assert (made.value is None) == (made.decided_by is None)
        if made.value is not None:
            units = schema.units([made.value])
            labels = {u: x for u in units if (x := schema.label(made.value, u)) is not None}
            assert schema.assemble(labels) == made.value
            for unit, label in labels.items():
                assert label in (schema.unit_labels(unit) or [label])


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "choice"])
def test_classifiers_that_learn_take_one_label_of_several(kind: str) -> None:
    schema, values = KINDS[kind]
    task = Task("t", "?", schema)
    gold = pool(values)
    strategy = Specialists(("m",), "people", (TrainableClassifier(),), gold[:4], gold[4:])
    with pytest.raises(AssayError, match=f"answers kind `choice`, not `{kind}`"):
        check_strategy(strategy, annotators(values), RECORDS, task)
