"""Strategies by `strategy.kind` of a task file."""

from typing import TYPE_CHECKING, Any

from assay.core.digest import digest
from assay.core.document_path import at_path
from assay.core.errors import SpecError
from assay.core.schema import MultiChoice
from assay.data.gold import Purpose
from assay.project.annotators import eye
from assay.project.factory import Factory, StrategyMaker, strategy_kind
from assay.project.learners import exactly, halves, learners, several
from assay.project.registry import controlled
from assay.strategies.allocators import Allocator, ErrorPredictor, Hardness, Uncertainty
from assay.strategies.attributes import Attributes
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, ThresholdChain
from assay.strategies.confidence import BY_NAME as CONFIDENCES
from assay.strategies.cooperation import Conformal, Sequential, Top, Triage, TriageShare
from assay.strategies.hybrid import Hybrid
from assay.strategies.principles import Limits
from assay.strategies.review import ReviewDisagreements
from assay.strategies.single import Single
from assay.strategies.vote import Vote
from assay.taskfile.annotators import ClassifierSpec, Local, PanelSpec, PictureSpec, RuleSpec
from assay.taskfile.hosted import Hosted
from assay.taskfile.strategies import (
    ActiveSpec,
    AttributesSpec,
    ChainSpec,
    ExplainSpec,
    HybridSpec,
    JointSpec,
    PrincipledSpec,
    RetrievedSpec,
    ReviewSpec,
    SequentialSpec,
    SingleSpec,
    SpecialistsSpec,
    TagsSpec,
    TriageSpec,
    VoteSpec,
)

if TYPE_CHECKING:
    from assay.strategies.nearest import Retriever

SILENT = (RuleSpec, ClassifierSpec, PictureSpec, PanelSpec)


def single(factory: Factory, spec: SingleSpec, names: tuple[str, ...]) -> Strategy:
    if len(names) != 1:
        with at_path("annotators"):
            raise SpecError(
                f"strategy `single` takes one annotator, not {len(names)}: name it in "
                "`strategy.annotators`, or take `vote`"
            )
    return Single(names[0])


def vote(factory: Factory, spec: VoteSpec, names: tuple[str, ...]) -> Strategy:
    with at_path("annotators"):
        return Vote(names, spec.replicas, spec.ties)


def chain(factory: Factory, spec: ChainSpec, names: tuple[str, ...]) -> Strategy:
    confidence = CONFIDENCES[spec.confidence]
    if spec.thresholds is not None:
        with at_path("thresholds"):
            return ThresholdChain(names, tuple(spec.thresholds), confidence)
    return Chain(names, spec.answer, confidence)


def triage(factory: Factory, spec: TriageSpec, names: tuple[str, ...]) -> Strategy:
    model, people = exactly(names, 2, "triage", "the model, then the people")
    by = allocator(factory, spec)
    if spec.threshold is not None:
        return Triage(model, people, spec.threshold, by)
    return TriageShare(model, people, spec.share, by)


def allocator(factory: Factory, spec: TriageSpec) -> Allocator:
    if spec.criterion == "errors":
        return ErrorPredictor(learners(factory, spec)[0], factory.examples(), factory.file.seed)
    if spec.judge is not None:
        return Hardness(spec.judge)
    return Uncertainty(CONFIDENCES[spec.confidence])


def hybrid(factory: Factory, spec: HybridSpec, names: tuple[str, ...]) -> Strategy:
    *links, people = several(names, 2, "hybrid", "the models, cheapest first, then the people")
    return Hybrid(tuple(links), people, spec.threshold, CONFIDENCES[spec.confidence], spec.capacity)


def sequential(factory: Factory, spec: SequentialSpec, names: tuple[str, ...]) -> Strategy:
    model, people = exactly(names, 2, "sequential", "the model, then the people")
    shown = (
        Top(spec.suggestions)
        if spec.miscoverage is None
        else Conformal(factory.examples(), spec.miscoverage)
    )
    return Sequential(model, people, shown, spec.control, factory.file.seed)


def principled(factory: Factory, spec: PrincipledSpec, names: tuple[str, ...]) -> Strategy:
    """Its confidence is calibrated on calibration gold."""
    from assay.strategies.principled import Principled

    (name,) = exactly(names, 1, "principled", "the model that is held to the principles")
    return Principled(name, Limits(rationale=spec.rationale), factory.examples())


def joint(factory: Factory, spec: JointSpec, names: tuple[str, ...]) -> Strategy:
    from assay.strategies.joint import Joint

    model, people = exactly(names, 2, "joint", "the model, then the people")
    return Joint(model, people, factory.gold.of(Purpose.CALIBRATION))


def review(factory: Factory, spec: ReviewSpec, names: tuple[str, ...]) -> Strategy:
    one, other, reviewer = exactly(names, 3, "review", "two annotators, then the reviewer")
    return ReviewDisagreements(one, other, reviewer, spec.audit, factory.file.seed)


def attributes(factory: Factory, spec: AttributesSpec, names: tuple[str, ...]) -> Strategy:
    (name,) = exactly(names, 1, "attributes", "annotators for the parts of a form")
    return Attributes(name, spec.together)


def retrieved(factory: Factory, spec: RetrievedSpec, names: tuple[str, ...]) -> Strategy:
    (name,) = exactly(names, 1, "retrieved", "the model that sees the examples")
    from assay.strategies.retrieval import Retrieved

    return Retrieved(name, factory.examples(), nearest(factory, spec), spec.examples, spec.balanced)


def nearest(factory: Factory, spec: RetrievedSpec) -> "Retriever":
    from assay.strategies import nearest as by

    kind, seed = spec.nearest, factory.file.seed
    if kind in ("words", "meaning") and not factory.file.data.texts:
        with at_path("nearest"):
            raise SpecError(
                f"`nearest: {kind}` compares texts, but these records have only pictures; use "
                "`picture`, `random` or `fixed`"
            )
    if kind == "picture":
        if any(not example.record.images for example in factory.examples()):
            with at_path("nearest"):
                raise SpecError(
                    "`nearest: picture` compares pictures, but not every example has one; use "
                    "`words`, `meaning`, `random` or `fixed`"
                )
        return by.ByPicture(eye(None))
    if kind == "meaning":
        from assay.models.encoder import MiniLM

        return by.ByEmbedding(MiniLM())
    if kind == "words":
        return by.ByWords()
    return by.AtRandom(seed) if kind == "random" else by.Fixed(seed)


def explain(factory: Factory, spec: ExplainSpec, names: tuple[str, ...]) -> Strategy:
    """The demonstrations are drawn by digest, balanced over labels."""
    from assay.strategies.explain import ExplainThenAnnotate, balanced

    labeller, explainer = exactly(
        names, 2, "explain", "the labeller, then the explainer of the examples"
    )
    described = factory.file.annotators[labeller]
    if isinstance(described, Hosted | Local) and described.mapping != "last_line":
        with at_path("annotators", 0):
            raise SpecError(
                f"strategy `explain`: {labeller!r} writes its reasons before its label, and "
                "these may mention other labels; set `mapping: last_line`"
            )
    why = factory.file.annotators[explainer]
    if isinstance(why, SILENT) or (isinstance(why, Local) and why.scores_labels):
        with at_path("annotators", 1):
            raise SpecError(
                f"strategy `explain`: {explainer!r} only gives labels and cannot explain; name an "
                "annotator that writes (an endpoint, or an embedded model with a `mapping`)"
            )
    gold = sorted(factory.examples(), key=lambda e: digest([e.record.id, factory.file.seed], 8))
    return ExplainThenAnnotate(labeller, explainer, balanced(gold, spec.examples)[: spec.examples])


def tags(factory: Factory, spec: TagsSpec, names: tuple[str, ...]) -> Strategy:
    """Groups by co-occurrence in calibration gold; without gold, in the order of the task file."""
    from assay.strategies.groups import affinity_of, cooccurring, diverse
    from assay.strategies.tags import CandidatesThenConfirm

    tagger, confirmer = several(names, 2, "tags", "the proposer, then the verifier")[:2]
    schema = factory.task.schema
    if not isinstance(schema, MultiChoice):
        with at_path("kind"):
            raise SpecError(f"strategy `tags` answers kind `multi`, not `{schema.kind}`")
    gold = factory.gold.of(Purpose.CALIBRATION).values()
    tagged = [value for value in gold if isinstance(value, frozenset)]
    affinity = affinity_of(tagged, schema.names)
    make = cooccurring if spec.grouping == "alike" else diverse
    concepts = {entry.name: entry.definition for entry in schema.labels if entry.definition}
    return CandidatesThenConfirm(
        tagger, confirmer, make(schema.names, affinity, spec.group), concepts
    )


def specialists(factory: Factory, spec: SpecialistsSpec, names: tuple[str, ...]) -> Strategy:
    """Half of calibration gold fits the learners, the other half judges each stage."""
    from assay.strategies.specialists import Specialists, Stages

    if spec.registry is not None:
        return controlled(factory, spec, names)
    *fixed, reviewer = several(names, 1, "specialists", "the voters, then the reviewer")
    stages = Stages(spec.beta, spec.replay, seed=factory.file.seed, most=spec.stages)
    if not spec.learners:
        return Specialists(tuple(fixed), reviewer, stages=stages)
    return Specialists(tuple(fixed), reviewer, learners(factory, spec), *halves(factory), stages)


def active(factory: Factory, spec: ActiveSpec, names: tuple[str, ...]) -> Strategy:
    from assay.models.encoder import MiniLM
    from assay.strategies.active import Active, Loop

    (oracle,) = exactly(names, 1, "active", "the annotator of the records that the learners choose")
    loop = Loop(spec.first, spec.batch, spec.rounds, seed=factory.file.seed)
    return Active(oracle, learners(factory, spec), MiniLM(), spec.query, loop)


STRATEGIES: dict[str, StrategyMaker[Any]] = dict(
    (
        strategy_kind(SingleSpec, single),
        strategy_kind(VoteSpec, vote),
        strategy_kind(ChainSpec, chain),
        strategy_kind(HybridSpec, hybrid),
        strategy_kind(SequentialSpec, sequential),
        strategy_kind(TriageSpec, triage),
        strategy_kind(JointSpec, joint),
        strategy_kind(ReviewSpec, review),
        strategy_kind(RetrievedSpec, retrieved),
        strategy_kind(ExplainSpec, explain),
        strategy_kind(TagsSpec, tags),
        strategy_kind(SpecialistsSpec, specialists),
        strategy_kind(ActiveSpec, active),
        strategy_kind(PrincipledSpec, principled),
        strategy_kind(AttributesSpec, attributes),
    )
)
