"""Does choosing the records beat drawing them? Active labelling of the VADER tweets, by seeds.

    python bench/active.py [--seeds 5] [--pool 600] [--test 600]

Every query strategy labels the same pool as its random arm, with as many labels and the same first
batch. The oracle is one person (a vote drawn for each tweet), the truth is the mean of the others.
Printed for each query: accuracy on held-out tweets of a classifier over latent vectors of character
n-grams after each batch, mean over seeds, and what it gains over the random arm of the same seed,
with a 95 % t-interval over the seeds; then how often the oracle is right on what each arm chose.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from assay.annotators.classifier import TrainableClassifier
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import Annotation, DecidedBy, Request
from assay.core.record import Record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.ledger import MemoryLedger
from assay.run import Job, label
from assay.strategies.active import Active, Loop
from assay.strategies.queries import QUERIES
from assay.studies.vader.data import LABELS, HeldOut, held_out
from assay.studies.vader.demo import fetched

TASK = Task("tweets", "What is the sentiment of this text?", Choice(LABELS))
LOOP = Loop(first=40, batch=20, rounds=8)
WIDTH = 64
Floats = NDArray[np.float64]


class Latent:
    """Texts as latent semantic vectors of n-grams of letters or words, fitted on the pool."""

    def __init__(self, texts: Sequence[str], analyzer: Literal["char_wb", "word"]) -> None:
        self.id = f"lsa-{analyzer}"
        ngrams = (2, 5) if analyzer == "char_wb" else (1, 2)
        self.grams = TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True)
        self.reduced = TruncatedSVD(WIDTH, random_state=0).fit(self.grams.fit_transform(texts))
        self.known: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if new := list(dict.fromkeys(t for t in texts if t not in self.known)):
            vectors = self.reduced.transform(self.grams.transform(new)).astype(np.float32)
            self.known |= dict(zip(new, vectors, strict=True))
        return np.array([self.known[t] for t in texts], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class World:
    """The records of one seed; every arm sees the same."""

    pool: tuple[Record, ...]
    test: tuple[Record, ...]
    people: HeldOut
    letters: Latent
    words: Latent
    seed: int


async def chosen(world: World, query: str) -> list[Record]:
    """In the order in which the oracle was asked."""
    person = {r.id: Given(world.people.person[r.id]) for r in world.pool}
    who = {"person": Recorded("person", person, DecidedBy.PEOPLE)}
    learners = (TrainableClassifier(world.letters), TrainableClassifier(world.words))
    used = learners if query == "committee" else learners[:1]
    strategy = Active("person", used, world.letters, query, replace(LOOP, seed=world.seed))
    ledger = MemoryLedger()
    await label(Job(TASK, strategy, who, ledger), world.pool)
    by_id = {r.id: r for r in world.pool}
    return [by_id[a.record] for a in ledger.annotations(TASK.id, ["person"])]


async def score(world: World, records: Sequence[Record]) -> float:
    """Accuracy on the test records of a classifier fitted on the oracle's labels of `records`."""
    examples = [Example(r, world.people.person[r.id]) for r in records]
    made = TrainableClassifier(world.letters).fitted(TASK, examples, world.seed)
    said: list[Annotation] = [
        a async for a in made.annotate([Request(TASK, r, made.id) for r in world.test])
    ]
    return float(np.mean([a.value == world.people.others[a.record] for a in said]))


def curve(world: World, query: str) -> tuple[list[float], float]:
    """Accuracy after the first batch and each later one; the share the oracle got right."""
    order = asyncio.run(chosen(world, query))
    sizes = [LOOP.first + i * LOOP.batch for i in range(LOOP.rounds + 1)]
    right = [world.people.person[r.id] == world.people.others[r.id] for r in order]
    return [asyncio.run(score(world, order[:n])) for n in sizes], float(np.mean(right))


def worlds(seeds: int, pool: int, test: int) -> list[World]:
    texts = fetched("tweets")
    made = []
    for seed in range(seeds):
        drawn = texts.first(pool + test, seed)
        order = np.random.default_rng(seed).permutation(len(drawn.records))
        mixed = [drawn.records[int(i)] for i in order]
        described = [r.text for r in mixed[:pool]]
        letters, words = Latent(described, "char_wb"), Latent(described, "word")
        people = held_out(drawn, seed)
        made.append(World(tuple(mixed[:pool]), tuple(mixed[pool:]), people, letters, words, seed))
    return made


def gain(arm: Floats, control: Floats) -> str:
    """Mean difference in points with its interval; one row a seed."""
    each = 100 * (arm - control)
    reach = stats.t.ppf(0.975, len(each) - 1) * each.std(ddof=1) / len(each) ** 0.5
    return f"{each.mean():+.1f} [{each.mean() - reach:+.1f}, {each.mean() + reach:+.1f}]"


def print_result(curves: Mapping[str, Floats], right: Mapping[str, Floats]) -> None:
    """Each array: seeds x batches; and one share a seed."""
    sizes = [LOOP.first + i * LOOP.batch for i in range(LOOP.rounds + 1)]
    print(
        f"{'labels':<18}"
        + "".join(f"{n:>7}" for n in sizes)
        + "   gain at the end   over the curve"
    )
    control = curves["random"]
    for query, arm in curves.items():
        line = f"{query:<18}" + "".join(f"{100 * x:>7.1f}" for x in arm.mean(axis=0))
        if query != "random":
            line += f"   {gain(arm[:, -1], control[:, -1])}"
            line += f"   {gain(arm.mean(axis=1), control.mean(axis=1))}"
        print(line)
    for query, share in right.items():
        described = "" if query == "random" else f"   {gain(share, right['random'])}"
        print(
            f"the oracle is right on what {query:<17} chose: {100 * share.mean():.1f} %{described}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pool", type=int, default=600)
    parser.add_argument("--test", type=int, default=600)
    options = parser.parse_args()
    made = worlds(options.seeds, options.pool, options.test)
    curves, right = {}, {}
    for query in QUERIES:
        found = [curve(world, query) for world in made]
        curves[query] = np.array([points for points, _ in found])
        right[query] = np.array([share for _, share in found])
        print(f"{query}: done, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    print(f"{options.seeds} seeds, pool {options.pool}, test {options.test}; accuracy in %")
    print_result(curves, right)


if __name__ == "__main__":
    main()
