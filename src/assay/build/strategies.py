"""Strategies by name: what `strategy.kind` of a task file means."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from assay.core.errors import SpecError
from assay.data.gold import Purpose
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, ThresholdChain
from assay.strategies.confidence import BY_NAME as CONFIDENCES
from assay.strategies.cooperation import Sequential, Top, TriageShare
from assay.strategies.review import ReviewDisagreements
from assay.strategies.single import Single
from assay.strategies.vote import Vote

if TYPE_CHECKING:
    from assay.build.workshop import Workshop
    from assay.strategies.nearest import Retriever

Maker = Callable[["Workshop", tuple[str, ...]], Strategy]


def single(shop: "Workshop", names: tuple[str, ...]) -> Strategy:
    if len(names) != 1:
        raise SpecError(
            f"strategy `single` takes one annotator, not {len(names)}: name it in "
            "`strategy.annotators`, or take `vote`"
        )
    return Single(names[0])


def vote(shop: "Workshop", names: tuple[str, ...]) -> Strategy:
    return Vote(names, shop.file.strategy.replicas, shop.file.strategy.ties)


def chain(shop: "Workshop", names: tuple[str, ...]) -> Strategy:
    spec = shop.file.strategy
    confidence = CONFIDENCES[spec.confidence]
    if spec.thresholds is not None:
        return ThresholdChain(names, tuple(spec.thresholds), confidence)
    return Chain(names, spec.answer, confidence)


def triage(shop: "Workshop", names: tuple[str, ...]) -> Strategy:
    spec = shop.file.strategy
    model, people = exactly(names, 2, "triage", "the model, then the people")
    return TriageShare(model, people, spec.share, CONFIDENCES[spec.confidence])


def sequential(shop: "Workshop", names: tuple[str, ...]) -> Strategy:
    spec = shop.file.strategy
    model, people = exactly(names, 2, "sequential", "the model, then the people")
    return Sequential(model, people, Top(spec.suggestions), spec.control, shop.file.seed)


def joint(shop: "Workshop", names: tuple[str, ...]) -> Strategy:
    from assay.strategies.joint import Joint

    model, people = exactly(names, 2, "joint", "the model, then the people")
    return Joint(model, people, shop.gold.of(Purpose.CALIBRATION))


def review(shop: "Workshop", names: tuple[str, ...]) -> Strategy:
    spec = shop.file.strategy
    one, other, reviewer = exactly(names, 3, "review", "two that answer, then the reviewer")
    return ReviewDisagreements(one, other, reviewer, spec.audit, shop.file.seed)


def retrieved(shop: "Workshop", names: tuple[str, ...]) -> Strategy:
    spec = shop.file.strategy
    (name,) = exactly(names, 1, "retrieved", "the model that sees the examples")
    from assay.strategies.retrieval import Retrieved

    return Retrieved(name, shop.examples(), nearest(shop), spec.examples, spec.balanced)


def nearest(shop: "Workshop") -> "Retriever":
    from assay.strategies import nearest as by

    kind, seed = shop.file.strategy.nearest, shop.file.seed
    if kind == "meaning":
        from assay.models.encoder import MiniLM

        return by.ByEmbedding(MiniLM())
    if kind == "words":
        return by.ByWords()
    return by.AtRandom(seed) if kind == "random" else by.Fixed(seed)


def exactly(names: tuple[str, ...], count: int, kind: str, which: str) -> tuple[str, ...]:
    if len(names) != count:
        raise SpecError(
            f"strategy `{kind}` takes {count} annotator{'s' if count > 1 else ''} in "
            f"`strategy.annotators` ({which}), not {len(names)}"
        )
    return names


STRATEGIES: dict[str, Maker] = {
    "single": single,
    "vote": vote,
    "chain": chain,
    "sequential": sequential,
    "triage": triage,
    "joint": joint,
    "review": review,
    "retrieved": retrieved,
}
