"""One record of each cluster: what makes tests of independent records true of clustered ones.

Of the records of one author, document or person one is drawn at random, without a look at its
labels. Those left are independent where clusters are, so each interval, test and certificate that
takes records as independent keeps what it says, for a random record of a random cluster.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from assay.core.errors import InputError
from assay.core.votes import Votes
from assay.quality.inference.reweighed import own_or_cluster

FEWEST = 2


@dataclass(frozen=True, slots=True)
class OneEach:
    """The records drawn, of how many, by which column and seed."""

    column: str
    seed: int
    records: frozenset[str]
    among: int

    @property
    def statement(self) -> str:
        left = self.among - len(self.records)
        return (
            f"one record of each of {len(self.records):,} clusters by {self.column!r} is taken, "
            f"drawn at random (seed {self.seed}); {left:,} more records are left out"
        )

    def as_json(self) -> dict[str, object]:
        return {
            "column": self.column, "clusters": len(self.records), "records": self.among,
            "seed": self.seed, "statement": self.statement,
        }  # fmt: skip


def one_each(
    records: Iterable[str], cluster: Mapping[str, str], column: str, seed: int = 0
) -> OneEach:
    """A record of which no cluster is known is one by itself."""
    members: dict[Hashable, list[str]] = {}
    names = sorted(set(records))
    for record in names:
        members.setdefault(own_or_cluster(record, cluster), []).append(record)
    if len(members) < FEWEST:
        raise InputError(
            f"all records that can be compared have one {column!r}; one cluster says nothing "
            "about others"
        )
    rng = np.random.default_rng(seed)
    drawn = [own[int(rng.integers(len(own)))] for own in members.values()]
    return OneEach(column, seed, frozenset(drawn), len(names))


def compared(votes: Votes) -> list[str]:
    """Records answered by two or more."""
    pairs = np.unique(np.stack([votes.record, votes.annotator]), axis=1)
    many = np.bincount(pairs[0], minlength=len(votes.records)) > 1
    return [name for name, shared in zip(votes.records, many, strict=True) if shared]


def only(votes: Votes, records: frozenset[str]) -> Votes:
    """The votes on these records."""
    there = np.array([name in records for name in votes.records], bool)
    kept = there[votes.record]
    number = (np.cumsum(there) - 1).astype(np.int32)
    names = tuple(name for name in votes.records if name in records)
    return replace(
        votes,
        records=names,
        record=number[votes.record[kept]],
        unit=votes.unit[kept],
        annotator=votes.annotator[kept],
        label=votes.label[kept],
        weight=None if votes.weight is None else votes.weight[kept],
        saw=None if votes.saw is None else votes.saw[kept],
    )
