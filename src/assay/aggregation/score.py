"""How a consensus compares with known labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.aggregation.base import Consensus
from assay.aggregation.table import Gold
from assay.core.spelling import oddities, shortened
from assay.core.votes import Floats, Ints, Votes
from assay.data.base import many

RESAMPLES = 2_000
LEVEL = 0.95
ALIKE = 1e-12


@dataclass(frozen=True, slots=True)
class Confusions:
    """Records by true label (rows) and consensus (columns), on records with a vote and a truth."""

    labels: tuple[str, ...]  # of the votes, then those that only the truth has
    counts: Ints

    @property
    def macro_f1(self) -> float:
        return float(_macro_f1(self.counts[None])[0])

    def macro_f1_interval(self, seed: int = 0) -> tuple[float, float] | None:
        """Percentiles over resampled records; None if all of these are alike."""
        n = int(self.counts.sum())
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(n, self.counts.ravel() / n, size=RESAMPLES)
        found = _macro_f1(drawn.reshape(RESAMPLES, *self.counts.shape))
        low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return (float(low), float(high)) if np.ptp(found) > ALIKE else None


def winners(found: Consensus) -> Ints:
    """The label of each row: the aggregator's winner, else the (first) likeliest."""
    if found.winner is not None:
        return found.winner
    return np.asarray(found.probs.argmax(axis=1), np.int32)


def ties(found: Consensus) -> int:
    """Rows whose two likeliest labels are equally likely."""
    if found.probs.shape[1] < 2 or not len(found.probs):
        return 0
    top = np.partition(found.probs, -2, axis=1)[:, -2:]
    return int((top[:, 1] - top[:, 0] < 1e-12).sum())


def cautions(
    votes: Votes, truth: Mapping[str, str] | None = None, gold: Gold | None = None
) -> list[str]:
    """Votes that hold nothing to learn skills from: one author, one label, or one vote a record;
    what is there twice, looks alike (known labels too), or meets nothing."""
    if not len(votes):
        return []
    rows = votes.record.astype(np.int64) * len(votes.units) + votes.unit
    odd = [*_spelling(votes, truth or {}, gold or {}), *_twice(votes, rows)]
    if (votes.annotator == votes.annotator[0]).all():
        who = votes.annotators[int(votes.annotator[0])]
        alone = f"all votes are of {who!r}, so the labels are that annotator's as they are"
        return [alone, *odd]
    found = []
    places = len(votes.records) * len(votes.units)
    if len(votes) <= places and len(np.unique(rows)) == len(rows):
        found.append(
            "no record has two votes, so nothing is known of how good annotators are: do all of "
            "them use the same record ids?"
        )
    if (votes.label == votes.label[0]).all():
        found.append(f"all votes say {shortened(votes.labels[int(votes.label[0])])}")
    return [*found, *odd]


def _spelling(votes: Votes, truth: Mapping[str, str], gold: Gold) -> list[str]:
    known = {record: label for (record, _), label in gold.items()}
    voted = set(votes.records) if truth or known else set()
    beyond = (known.keys() | truth.keys()) - voted
    labels = {*votes.labels, *known.values(), *truth.values()}
    found = oddities(labels, votes.annotators, [*votes.records, *beyond])
    without = len(known.keys() - voted)
    if without:
        found.append(f"{without:,} of {len(known):,} gold records have no vote and teach nothing")
    return [*found, *_unused(votes.labels, {*known.values(), *truth.values()})]


def _unused(voted: Sequence[str], known: set[str]) -> list[str]:
    """Where no vote can be right, since it has no label of those that are known."""
    if not known or known & set(voted):
        return []
    some, others = (", ".join(map(shortened, sorted(of)[:3])) for of in (known, voted))
    return [f"no vote has a label of the known ones, which are {some}; the votes have {others}"]


def _twice(votes: Votes, rows: NDArray[np.int64]) -> list[str]:
    again = len(rows) - len(np.unique(rows * len(votes.annotators) + votes.annotator))
    if not again:
        return []
    are = many(again, "vote is a further one", "votes are further ones")
    return [f"{are} of an annotator on the same record; each counts"]


def decided(votes: Votes, found: Consensus) -> dict[str, str]:
    """Record to label, of votes with one unit."""
    won = winners(found).tolist()
    return {votes.records[r]: votes.labels[k] for r, k in zip(found.record, won, strict=True)}


def confusions(
    said: Mapping[str, str], truth: Mapping[str, str], labels: tuple[str, ...]
) -> Confusions | None:
    """None where no record has both."""
    both = [record for record in truth if record in said]
    if not both:
        return None
    known = tuple(dict.fromkeys([*labels, *(truth[record] for record in both)]))
    place = {name: i for i, name in enumerate(known)}
    true = np.array([place[truth[record]] for record in both])
    given = np.array([place[said[record]] for record in both])
    counts = np.bincount(true * len(known) + given, minlength=len(known) ** 2)
    return Confusions(known, counts.reshape(len(known), len(known)).astype(np.int32))


def _macro_f1(counts: NDArray[np.integer[Any]]) -> Floats:
    """Mean F1 over the labels that are true or given anywhere, for tables in the last two axes."""
    right = np.diagonal(counts, axis1=-2, axis2=-1).astype(float)
    either = counts.sum(axis=-1) + counts.sum(axis=-2)
    there = either > 0
    each = np.where(there, 2 * right / np.where(there, either, 1), 0.0)
    return np.asarray(each.sum(axis=-1) / np.maximum(there.sum(axis=-1), 1))
