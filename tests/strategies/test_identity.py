"""What a strategy is called, whom it names and whether it needs all records: known before it runs.

The id stands in ledgers as the annotator of what a nested strategy said, so a change of it asks,
and pays, anew. The forecast and `check` go by the names.
"""

from dataclasses import replace

import numpy as np
import pytest

from assay.annotators.classifier import TrainableClassifier
from assay.core.record import text_record
from assay.core.task import Example
from assay.strategies.active import Active, Loop
from assay.strategies.allocators import ErrorPredictor, Hardness
from assay.strategies.attributes import Attributes
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, RandomChain, ThresholdChain
from assay.strategies.confidence import Calibrated
from assay.strategies.controlled import Controlled, Learning
from assay.strategies.controller import Candidate
from assay.strategies.cooperation import Conformal, PredictionSet, Sequential, Triage, TriageShare
from assay.strategies.explain import ExplainThenAnnotate
from assay.strategies.fusion import Fusion
from assay.strategies.hybrid import Hybrid
from assay.strategies.joint import FittedJoint, Joint
from assay.strategies.nearest import AtRandom, ByWords, Fixed
from assay.strategies.principled import Principled
from assay.strategies.principles import Limits
from assay.strategies.prior import PriorCorrected, prior_corrected
from assay.strategies.retrieval import Retrieved
from assay.strategies.review import ReviewDisagreements
from assay.strategies.single import Single
from assay.strategies.specialists import Specialists, Stages
from assay.strategies.tags import CandidatesThenConfirm
from assay.strategies.vote import Vote
from tests.strategies.test_active import Plane

RECORDS = tuple(text_record(f"r{i}", f"text {i}") for i in range(3))
GOLD = tuple(Example(r, "a") for r in RECORDS)
LEARNER = TrainableClassifier()
LEARNT = LEARNER.name
FUSION = {"": Fusion(np.array([[0.75, 0.25], [0.25, 0.75]]), 2.0)}
SAME = {"a": "a", "b": "b"}
REGISTRY = (
    Candidate("s1", "one", SAME),
    Candidate("s2", "two", SAME, trainable=True),
    Candidate("s3", "three", SAME),
)
LEARNING = Learning({"s2": LEARNER}, GOLD[:1], GOLD[1:])
BRIEF = replace(LEARNING, stages=Stages(block=50, most=3))

KNOWN: list[tuple[Strategy, str, bool, tuple[str, ...]]] = [
    (Single("m"), "single(m)", False, ("m",)),
    (Vote(("x", "y")), "vote(x,y;x1;undecided)", False, ("x", "y")),
    (Vote(("x",), 3, "first"), "vote(x;x3;first)", False, ("x",)),
    (Vote(("x", "y"), referee="z"), "vote(x,y;x1;>z)", False, ("x", "y", "z")),
    (Chain(("x", "y")), "chain(x>y;rank;margin)", True, ("x", "y")),
    (
        Chain(("x", "y"), "forward", Calibrated((("x", 1.0, 0.5),))),
        "chain(x>y;forward;calibrated:e6a55b3d)",
        True,
        ("x", "y"),
    ),
    (ThresholdChain(("x", "y"), (0.5,)), "chain(x>y;ddc6c096;margin)", False, ("x", "y")),
    (RandomChain(("x", "y")), "random_chain(x>y;0)", True, ("x", "y")),
    (RandomChain(("x", "y"), 1, (0.25, 0.75)), "random_chain(x>y;1;a5227a60)", True, ("x", "y")),
    (Attributes("m"), "attributes(m;1)", False, ("m",)),
    (Attributes("m", 2), "attributes(m;2)", False, ("m",)),
    (Principled("m"), "principled(m;4b07c1c6)", False, ("m",)),
    (
        Principled("m", Limits(rationale=False, most_words=7), GOLD),
        "principled(m;6e815543)",
        False,
        ("m",),
    ),
    (prior_corrected("m", RECORDS), "prior(m;3@e8f84c681cff)", False, ("m",)),
    (PriorCorrected("m", RECORDS[:2]), "prior(m;2@b3f3781c89ae)", False, ("m",)),
    (ExplainThenAnnotate("m", "why", GOLD), "explain(why>m;48cb11de)", False, ("why", "m")),
    (Hybrid(("x", "y"), "crowd", 0.75), "hybrid(x>y>crowd;0.75;own)", False, ("x", "y", "crowd")),
    (Hybrid(("x",), "crowd", None, capacity=5), "hybrid(x>crowd;none;own;5)", True, ("x", "crowd")),
    (
        ReviewDisagreements("x", "y", "crowd"),
        "review(x&y>crowd;audit=0.05;0)",
        False,
        ("x", "y", "crowd"),
    ),
    (
        ReviewDisagreements("x", "y", "crowd", 0.5, 3),
        "review(x&y>crowd;audit=0.5;3)",
        False,
        ("x", "y", "crowd"),
    ),
    (CandidatesThenConfirm("t", "c", (("a",), ("b",))), "tags(t>c;29b4bf27)", False, ("t", "c")),
    (
        CandidatesThenConfirm("t", "c", (("a",), ("b",)), {"a": "an a"}),
        "tags(t>c;06b62375)",
        False,
        ("t", "c"),
    ),
    (Retrieved("m", GOLD, ByWords()), "retrieved(m;5;tf-idf(char 2-4);48cb11de)", False, ("m",)),
    (
        Retrieved("m", GOLD, AtRandom(), 2, balanced=True),
        "retrieved(m;2 balanced;random(0);48cb11de)",
        False,
        ("m",),
    ),
    (Retrieved("m", GOLD, Fixed(), 2), "retrieved(m;2;fixed(0);48cb11de)", False, ("m",)),
    (
        Active("crowd", (LEARNER,), Plane()),
        "active(crowd;classifier/char-ngrams;margin;50+8x25;random=0.1;0)",
        True,
        ("crowd",),
    ),
    (
        Active("crowd", (LEARNER, LEARNER), Plane(), "badge", Loop(1, 2, 3, 0.5, 4)),
        "active(crowd;classifier/char-ngrams,classifier/char-ngrams;badge;1+3x2;random=0.5;4)",
        True,
        ("crowd",),
    ),
    (Specialists(("x", "y"), "llm"), "specialists(x,y>llm;90361655)", True, ("x", "y", "llm")),
    (
        Specialists(("x",), "llm", (LEARNER,), GOLD[:1], GOLD[1:], Stages(7, 0.25, 5, 1)),
        "specialists(x,classifier/char-ngrams>llm;9dd4e6f8)",
        True,
        ("x", "llm"),
    ),
    (
        Specialists(("x",), "llm", (LEARNER,), GOLD[:1], GOLD[1:], Stages(7, 0.25, 5, 1, 2)),
        "specialists(x,classifier/char-ngrams>llm;40cef084)",
        True,
        ("x", "llm"),
    ),
    (Joint("m", "crowd"), "joint(m&crowd;892d5d82)", True, ("m", "crowd")),
    (Joint("m", "crowd", {"r0": "a"}), "joint(m&crowd;0d24c182)", True, ("m", "crowd")),
    (FittedJoint("m", "crowd", FUSION), "joint(m&crowd;fitted 21e121f4)", False, ("m", "crowd")),
    (Sequential("m", "crowd"), "sequential(m>crowd;top1;control=0.1;0)", False, ("m", "crowd")),
    (
        Sequential("m", "crowd", PredictionSet(0.25), 0.5, 3),
        "sequential(m>crowd;set0.25;control=0.5;3)",
        False,
        ("m", "crowd"),
    ),
    (
        Sequential("m", "crowd", Conformal(GOLD)),
        "sequential(m>crowd;conformal0.1@48cb11de;control=0.1;0)",
        False,
        ("m", "crowd"),
    ),
    (Triage("m", "crowd", 0.5), "triage(m|crowd;0.5;own)", False, ("m", "crowd")),
    (
        Triage("m", "crowd", 0.5, Hardness("judge")),
        "triage(m|crowd;0.5;hardness:judge)",
        False,
        ("m", "crowd", "judge"),
    ),
    (TriageShare("m", "crowd", 0.25), "triage(m|crowd;share=0.25;own)", True, ("m", "crowd")),
    (
        TriageShare("m", "crowd", 0.25, ErrorPredictor(LEARNER, GOLD)),
        "triage(m|crowd;share=0.25;errors:classifier/char-ngrams@48cb11de;0)",
        True,
        ("m", "crowd"),
    ),
    (
        TriageShare("m", "crowd", 0.25, Hardness("judge")),
        "triage(m|crowd;share=0.25;hardness:judge)",
        True,
        ("m", "crowd", "judge"),
    ),
    (
        Controlled("llm", "crowd", REGISTRY, 2, learning=LEARNING),
        "controlled(llm:2 of 3>crowd;21787d7a)",
        True,
        ("llm", "s1", "s3", "crowd"),
    ),
    (
        Controlled("llm", "crowd", REGISTRY, 2, learning=BRIEF),
        "controlled(llm:2 of 3>crowd;534a33ce)",
        True,
        ("llm", "s1", "s3", "crowd"),
    ),
    (
        Controlled("llm", "crowd", REGISTRY[::2]),
        "controlled(llm:3 of 2>crowd;b7603179)",
        True,
        ("llm", "s1", "s3", "crowd"),
    ),
]


@pytest.mark.parametrize(
    ("strategy", "id_", "needs_all_records", "names"),
    KNOWN,
    ids=[type(k[0]).__name__ for k in KNOWN],
)
def test_a_strategy_keeps_its_name_and_names_whom_it_asks(
    strategy: Strategy, id_: str, needs_all_records: bool, names: tuple[str, ...]
) -> None:
    assert strategy.id == id_
    assert strategy.needs_all_records is needs_all_records
    assert strategy.annotators == names


def test_every_setting_that_can_change_a_decision_is_in_the_name() -> None:
    """No two of the strategies above, which differ in one setting or another, share a name."""
    assert len({strategy.id for strategy, *_ in KNOWN}) == len(KNOWN)
