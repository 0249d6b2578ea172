"""The contract of an aggregator: votes in, consensus out."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assay.core.annotation import Source
from assay.core.votes import Votes


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the votes say together.

    `probs` has one row for each record x unit that got a vote, one column a label of
    `Votes.labels`; `record` and `unit` name the rows. `skill` is one number an annotator (its
    meaning is the aggregator's), NaN-free; `None` where the aggregator has no such notion.
    """

    record: NDArray[np.int32]
    unit: NDArray[np.int32]
    probs: NDArray[np.float64]
    skill: NDArray[np.float64] | None = None
    source: Source = Source.VOTE_SHARE  # what kind of confidence `probs` are
    winner: NDArray[np.int32] | None = None  # label of each row; None: the (first) likeliest


class Aggregator(Protocol):
    @property
    def id(self) -> str: ...

    def aggregate(self, votes: Votes) -> Consensus: ...
