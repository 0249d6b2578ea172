"""Simulated pictures with known tags, and a simulated model that tags them by any form of prompt.

Scenes: every scene holds two themes, so that tags of one theme occur together, and within a theme
some tags are frequent and some rare. Every tenth tag has an ambiguous name: in plain language it
also means what its neighbour means, so that a model sees it where the neighbour is, unless the
prompt explains it.

Model: each form of prompt has its chance to name a tag that is there (recall) and one that is not
(invention), and both get worse the more tags are asked about at once; inventions are of tags that
often occur with what is there. A question about the same tag of the same scene in another prompt
comes out alike as far as `correlation` says: a Gaussian copula with a part that belongs to scene
and tag and a part that belongs to the question, so that the chances of each form stay what they
are. The figures are assumptions about such models, ordered as the paper orders the forms (Xie et
al., arXiv 2602.20972): open-ended finds least, one list of options more, yes or no is precise.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from assay.annotators.base import HoldsNothing
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, answer
from assay.core.digest import digest
from assay.core.record import Record, text_record
from assay.core.schema import MultiChoice
from assay.core.task import Task

Floats = NDArray[np.float64]

THEME = 10  # tags of a theme
THEMES = 2  # in a scene
OFTEN, SELDOM = 0.6, 0.08  # chance of the first and the last tag of a theme that is there
AMBIGUOUS = 10  # every tenth tag
MISTAKEN, EXPLAINED = 0.5, 0.05  # chance to see it in its neighbour, without and with a hint
TOGETHER = 3.0  # inventions of tags of a theme that is there, against those of other tags


@dataclass(frozen=True, slots=True)
class Form:
    recall: float
    invention: float


OPEN = Form(0.55, 0.002)
BINARY = Form(0.93, 0.006)


def options(count: int) -> Form:
    """One prompt with a list of so many tags."""
    return Form(max(0.3, 0.96 - 0.005 * count), 0.006 + 0.0004 * count)


@dataclass(frozen=True)
class Scenes:
    tags: int
    count: int
    seed: int

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(f"tag{i:03d}" for i in range(self.tags))

    @cached_property
    def task(self) -> Task:
        return Task("scenes", "What is there?", MultiChoice(list(self.labels)))

    @cached_property
    def records(self) -> tuple[Record, ...]:
        return tuple(text_record(f"s{i}", f"scene {i}") for i in range(self.count))

    @cached_property
    def themes(self) -> NDArray[np.bool_]:
        """(scenes, tags): whether the theme of the tag is there."""
        rng = np.random.default_rng([self.seed, 0])
        themes = self.tags // THEME
        there = np.zeros((self.count, themes), dtype=bool)
        for row in there:
            row[rng.choice(themes, THEMES, replace=False)] = True
        return np.repeat(there, THEME, axis=1)

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        rng = np.random.default_rng([self.seed, 1])
        chance = np.tile(np.linspace(OFTEN, SELDOM, THEME), self.tags // THEME)
        return self.themes & (rng.random((self.count, self.tags)) < chance)

    @cached_property
    def mistakable(self) -> NDArray[np.bool_]:
        """(scenes, tags): an ambiguous tag that is not there, beside its neighbour that is."""
        neighbour = np.roll(self.present, -1, axis=1)
        ambiguous = np.arange(self.tags) % AMBIGUOUS == AMBIGUOUS - 2
        found: NDArray[np.bool_] = ambiguous & neighbour & ~self.present
        return found

    @cached_property
    def truth(self) -> dict[str, frozenset[str]]:
        return sets(self, self.present)

    @property
    def concepts(self) -> dict[str, str]:
        """What a clarified concept says of each ambiguous tag."""
        return {
            label: f"{label} itself, not its neighbour"
            for i, label in enumerate(self.labels)
            if i % AMBIGUOUS == AMBIGUOUS - 2
        }


def sets(scenes: Scenes, table: NDArray[np.bool_]) -> dict[str, frozenset[str]]:
    return {
        record.id: frozenset(scenes.labels[int(i)] for i in np.flatnonzero(row))
        for record, row in zip(scenes.records, table, strict=True)
    }


@dataclass(frozen=True)
class SimulatedModel(HoldsNothing):
    """`open_ended` names what it sees without a list; else the tags asked about are the options."""

    name: str
    scenes: Scenes
    correlation: float
    seed: int = 0
    open_ended: bool = False
    decided_by: DecidedBy = DecidedBy.MODEL

    @property
    def id(self) -> str:
        return self.name

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            yield answer(request, Outcome.ANSWERED, value=self.named(request))

    def named(self, request: Request) -> frozenset[str]:
        scene = self._place[request.record.id]
        asked = request.options.focus or self.scenes.labels
        tags = np.array([self._tag[label] for label in asked])
        own = np.random.default_rng([self.seed, int(digest([request.key], 8), 16)])
        latent = np.sqrt(self.correlation) * self._latent[scene, tags]
        latent += np.sqrt(1 - self.correlation) * own.normal(size=len(tags))
        yes = ndtr(latent) < self._chances(scene, tags, bool(request.options.hint))
        return frozenset(label for label, said in zip(asked, yes, strict=True) if said)

    def _chances(self, scene: int, tags: NDArray[np.int64], explained: bool) -> Floats:
        form = OPEN if self.open_ended else BINARY if len(tags) == 1 else options(len(tags))
        invents = np.where(self.scenes.themes[scene, tags], TOGETHER, 1.0) * form.invention
        mistaken = EXPLAINED if explained else MISTAKEN
        invents = np.where(self.scenes.mistakable[scene, tags], mistaken, invents)
        return np.where(self.scenes.present[scene, tags], form.recall, invents)

    @cached_property
    def _latent(self) -> Floats:
        rng = np.random.default_rng([self.seed, self.scenes.seed, 2])
        return rng.normal(size=self.scenes.present.shape)

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {record.id: i for i, record in enumerate(self.scenes.records)}

    @cached_property
    def _tag(self) -> Mapping[str, int]:
        return {label: i for i, label in enumerate(self.scenes.labels)}
