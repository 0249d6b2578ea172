"""Few-shot labelling with the nearest examples of a gold pool.

After "LLMs as data annotators: how close are we to human performance" (Haq et al.,
arXiv 2504.15022): embed the pool, show the m nearest examples of each record. The chosen
examples are part of the request, so a change of pool, encoder or m asks anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assay.core.annotation import Decision, Way
from assay.core.digest import digest
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.task import Example
from assay.core.value import encode
from assay.strategies.base import Ask
from assay.strategies.chain import decision
from assay.strategies.nearest import Retriever


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Shows each record its `count` nearest examples, the nearest last, next to the record.

    `balanced` takes the examples in turn from each label (of the whole answer). A record never
    sees itself: examples with its id or its content are left out.
    """

    annotator: str
    pool: tuple[Example, ...]
    retriever: Retriever
    count: int = 5
    balanced: bool = False

    def __post_init__(self) -> None:
        if not self.pool:
            raise SpecError("retrieval needs a pool of examples: give calibration gold")
        if self.count < 1:
            raise SpecError(f"retrieval shows at least one example, not {self.count}")

    @property
    def id(self) -> str:
        pool = digest([e.digest for e in self.pool], 4)
        how = f"{self.count}{' balanced' if self.balanced else ''};{self.retriever.id};{pool}"
        return f"retrieved({self.annotator};{how})"

    @property
    def whole(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.annotator,)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        chosen = self.examples(records)
        answers = await ask(self.annotator, records, [Way(examples=shown) for shown in chosen])
        return [
            decision(record, answer, ("retrieved", self.annotator), ask)
            for record, answer in zip(records, answers, strict=True)
        ]

    def examples(self, records: Sequence[Record]) -> list[tuple[Example, ...]]:
        nearness = self.retriever.similarity(records, [e.record for e in self.pool])
        own = [(e.record.id, e.record.digest) for e in self.pool]
        shown: list[tuple[Example, ...]] = []
        for record, row in zip(records, nearness, strict=True):
            itself = (record.id, record.digest)
            allowed = [i for i, o in enumerate(own) if o[0] != itself[0] and o[1] != itself[1]]
            # nearest first; equal nearness by place in the pool, so that the order is stable
            ranked = sorted(allowed, key=lambda i, row=row: (-row[i], i))  # type: ignore[misc]
            picked = self._balance(ranked) if self.balanced else ranked[: self.count]
            shown.append(tuple(self.pool[i] for i in reversed(picked)))
        return shown

    def _balance(self, ranked: Sequence[int]) -> list[int]:
        """In turn from each label, nearest first, until there are enough."""
        by_label: dict[str, list[int]] = {}
        for i in ranked:
            by_label.setdefault(str(encode(self.pool[i].value)), []).append(i)
        rounds = max(len(v) for v in by_label.values()) if by_label else 0
        turns = [group[r] for r in range(rounds) for group in by_label.values() if r < len(group)]
        return turns[: self.count]


def pool_split(
    examples: Sequence[Example], share: float, seed: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """The paper's split of a training set into pool X and records T; no content is in both."""
    order: NDArray[np.int64] = np.random.default_rng(seed).permutation(len(examples))
    cut = round(share * len(examples))
    pool = [examples[int(i)] for i in order[:cut]]
    inside = {e.record.digest for e in pool}
    rest = [examples[int(i)] for i in order[cut:] if examples[int(i)].record.digest not in inside]
    return tuple(pool), tuple(rest)
