"""Active labelling: a learner chooses the records whose labels teach it most.

`Active` always spends a share of its batch at random, and `arms` runs the same loop with random
choice and several seeds, so that a gain can be distinguished from luck (section 9(d)).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assay.annotators.trainable import Trainable
from assay.core import within
from assay.core.annotation import Annotation, Decision
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.schema import Choice, Scale
from assay.core.spool import made, parts
from assay.core.task import Example, Task
from assay.models.base import Encoder
from assay.strategies.base import Answer, Ask
from assay.strategies.decisions import decision, picked
from assay.strategies.queries import NEED_VECTORS, QUERIES, Pool
from assay.strategies.vectors import Floats, Places, Some, Vectors

AT_RANDOM = "at random"


@dataclass(frozen=True, slots=True)
class Loop:
    """Sizes in records; `random_share` of every batch is drawn at random whatever the query."""

    first: int = 50
    batch: int = 25
    rounds: int = 8
    random_share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        within.count("the first sample", self.first)
        within.count("a batch", self.batch)
        within.count("the number of rounds", self.rounds, 0)
        within.share("the random share", self.random_share)


DEFAULT_LOOP = Loop()


@dataclass(frozen=True, slots=True)
class Active:
    """`oracle` (people, or an expensive model) labels what the query picks; the learner does the
    rest.

    `learners` has one member, or several for the committee. The vectors of `encoder` serve the
    queries that look at diversity.
    """

    oracle: str
    learners: tuple[Trainable, ...]
    encoder: Encoder
    query: str = "margin"
    loop: Loop = DEFAULT_LOOP

    def __post_init__(self) -> None:
        if self.query not in QUERIES:
            raise SpecError(f"unknown query {self.query!r}; there are {', '.join(QUERIES)}")
        if not self.learners:
            raise SpecError("active labelling needs a learner")

    @property
    def id(self) -> str:
        names = ",".join(t.name for t in self.learners)
        loop = self.loop
        sizes = f"{loop.first}+{loop.rounds}x{loop.batch};random={loop.random_share:g}"
        return f"active({self.oracle};{names};{self.query};{sizes};{loop.seed})"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.oracle,)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        _labels(ask.task)  # refused before anyone is asked
        rng = np.random.default_rng(self.loop.seed)
        vectors = self._vectors(records)
        first = [int(i) for i in rng.permutation(len(records))[: self.loop.first]]
        labelled: dict[int, Decision] = await self._oracle(records, first, AT_RANDOM, ask)
        learnt = NOTHING_LEARNT
        for round_ in range(self.loop.rounds + 1):
            known = [i for i, d in labelled.items() if d.value is not None]
            left = _without(len(records), labelled)
            if any(d.waiting_for for d in labelled.values()) or not known or not len(left):
                break
            examples = [_example(records[i], labelled[i]) for i in known]
            names = self._fit(examples, round_, ask)
            probs, learnt = await self._predict(records, left, names, ask)
            if round_ == self.loop.rounds:
                break
            pool = Pool(probs.mean(axis=0), probs, Some(vectors, left), vectors.rows(known))
            for why, picks in self._pick(pool, rng).items():
                labelled |= await self._oracle(records, [int(left[i]) for i in picks], why, ask)
        waited = next((d.waiting_for for d in labelled.values() if d.waiting_for), None)
        if waited is not None:
            learnt = NOTHING_LEARNT  # of a learner that is to learn more
        return _decided(records, labelled, learnt, waited, ask)

    def _vectors(self, records: Sequence[Record]) -> Vectors:
        if self.query not in NEED_VECTORS:
            return Vectors([])
        return Vectors(self.encoder.encode([r.text for r in part]) for part in parts(records))

    def _pick(self, pool: Pool, rng: np.random.Generator) -> dict[str, list[int]]:
        """Why to places of the pool."""
        count = min(self.loop.batch, len(pool.probs))
        blind = round(self.loop.random_share * count)
        ranked = [int(i) for i in QUERIES[self.query](pool, count - blind, rng)]
        others = rng.permutation(len(pool.probs))
        others = others[~np.isin(others, ranked)]
        return {f"by {self.query}": ranked, AT_RANDOM: [int(i) for i in others[:blind]]}

    def _fit(self, examples: Sequence[Example], round_: int, ask: Ask) -> list[str]:
        seed = self.loop.seed * 1000 + round_
        return [
            ask.register(t.fitted(ask.task, examples, seed + 101 * i))
            for i, t in enumerate(self.learners)
        ]

    async def _oracle(
        self, records: Sequence[Record], chosen: Sequence[int], why: str, ask: Ask
    ) -> dict[int, Decision]:
        """The route says why a record was chosen: a language model errs more on the hard ones that
        a query picks, so that its accuracy is read apart for them and for those drawn at random."""
        answers = await ask(self.oracle, [records[i] for i in chosen])
        return {
            i: decision(records[i], a, (f"chosen {why}", self.oracle), ask)
            for i, a in zip(chosen, answers, strict=True)
        }

    async def _predict(
        self, records: Sequence[Record], left: Places, names: Sequence[str], ask: Ask
    ) -> tuple[Floats, "Learnt"]:
        """Probabilities (learners, records, labels) and the first learner's answers."""
        labels = _labels(ask.task)
        open_ = picked(records, left)
        probs = np.full((len(names), len(left), len(labels)), 1 / len(labels))
        given = [await ask(name, open_) for name in names]
        for k, answers in enumerate(given):
            for j, answer in enumerate(answers):
                if isinstance(answer, Annotation) and answer.scores:
                    logs = np.array([answer.scores.get(label, -np.inf) for label in labels])
                    weights = np.exp(logs - logs.max())
                    probs[k, j] = weights / weights.sum()
        return probs, Learnt(left, given[0])


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a learner said of the records at these places, which ascend."""

    places: Places
    answers: Sequence[Answer]


NOTHING_LEARNT = Learnt(np.zeros(0, np.int64), [])


def _without(count: int, places: Iterable[int]) -> Places:
    left = np.ones(count, bool)
    left[list(places)] = False
    return np.flatnonzero(left)


def _decided(
    records: Sequence[Record],
    labelled: Mapping[int, Decision],
    learnt: Learnt,
    waited: str | None,
    ask: Ask,
) -> Sequence[Decision]:
    """Of those the oracle labelled its decision, of the others what was learnt, where it was."""

    def decide(i: int) -> Decision:
        if i in labelled:
            return labelled[i]
        at = int(np.searchsorted(learnt.places, i))
        if at < len(learnt.places) and learnt.places[at] == i:
            return decision(records[i], learnt.answers[at], ("learnt",), ask)
        return Decision(records[i].id, None, route=("not reached",), waiting_for=waited)

    return made(len(records), decide)


def _labels(task: Task) -> tuple[str, ...]:
    schema = task.schema
    labels = schema.unit_labels("") if isinstance(schema, Choice | Scale) else None
    if labels is None:
        raise SpecError("active labelling needs one label of a closed set")
    return labels


def _example(record: Record, label: Decision) -> Example:
    assert label.value is not None
    return Example(record, label.value)


def arms(strategy: Active, seeds: Sequence[int]) -> list[Active]:
    """The strategy and its random control at the same budget, once for each seed."""
    return [
        replace(strategy, query=query, loop=replace(strategy.loop, seed=seed))
        for query in (strategy.query, "random")
        for seed in seeds
    ]
