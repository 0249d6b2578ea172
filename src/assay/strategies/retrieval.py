"""Few-shot labelling with the nearest examples of a gold pool.

After "LLMs as data annotators: how close are we to human performance" (Haq et al., arXiv
2504.15022): embed the pool, show the m nearest examples of each record. The chosen examples are
part of the request, in their order, so a change of pool, encoder or m leads to new requests, and
every answer names the examples it was given.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assay.core import within
from assay.core.annotation import Decision, RequestOptions
from assay.core.digest import digest
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.task import Example
from assay.core.value import Box, Span, Value, encode
from assay.strategies.base import Ask
from assay.strategies.decisions import taken
from assay.strategies.nearest import Index, Retriever, content

NOTHING = "nothing"  # the label of an answer that marks or picks nothing


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Shows each record its `count` nearest examples, the nearest last, next to the record.

    `balanced` takes the examples in turn from each label. A record never sees itself: examples
    with its id, or its text but for case and spacing, are left out.
    """

    annotator: str
    pool: tuple[Example, ...]
    retriever: Retriever
    count: int = 5
    balanced: bool = False
    _search: "_Search | None" = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.pool:
            raise SpecError("retrieval needs a pool of examples: give calibration gold")
        if self.count < 1:
            raise SpecError(f"retrieval shows at least one example, not {self.count}")
        within.count("examples shown", self.count)

    @property
    def id(self) -> str:
        pool = digest([e.digest for e in self.pool], 4)
        how = f"{self.count}{' balanced' if self.balanced else ''};{self.retriever.id};{pool}"
        return f"retrieved({self.annotator};{how})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.annotator,)

    async def label(self, records: Sequence[Record], ask: Ask) -> Sequence[Decision]:
        answers = await ask(self.annotator, records, self.request_options(records))
        return taken(records, answers, ("retrieved", self.annotator), ask)

    def request_options(self, records: Sequence[Record]) -> list[RequestOptions]:
        """How each record is asked; the examples are part of the request."""
        return [RequestOptions(examples=shown) for shown in self.examples(records)]

    def examples(self, records: Sequence[Record]) -> list[tuple[Example, ...]]:
        """What each record is shown, the nearest last."""
        if self._search is None:
            object.__setattr__(self, "_search", _Search.of(self.pool, self.retriever))
        assert self._search is not None
        shown: list[tuple[Example, ...]] = []
        for record, nearness in zip(records, self._search.index(records), strict=True):
            ranked = self._search.ranked(record, nearness)
            picked = in_turn(ranked, self._search.labels) if self.balanced else ranked
            shown.append(tuple(self.pool[i] for i in reversed(picked[: self.count])))
        return shown


@dataclass(frozen=True, slots=True)
class _Search:
    """What is worked out once for a pool."""

    index: Index
    contents: tuple[str, ...]
    ids: tuple[str, ...]
    labels: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, pool: Sequence[Example], retriever: Retriever) -> "_Search":
        records = [e.record for e in pool]
        return cls(
            retriever.over(records),
            tuple(content(r) for r in records),
            tuple(r.id for r in records),
            tuple(labels_of(e.value) for e in pool),
        )

    def ranked(self, record: Record, nearness: NDArray[np.float64]) -> list[int]:
        """Nearest first, without the record itself; equals by place, so that the order is one."""
        own = content(record)
        order = np.argsort(-nearness, kind="stable").tolist()
        return [i for i in order if self.ids[i] != record.id and self.contents[i] != own]


def labels_of(value: Value) -> frozenset[str]:
    """The labels that an answer uses, whatever its schema; `nothing` where it uses none."""
    if isinstance(value, Mapping):
        return frozenset(f"{k}={x}" for k, part in value.items() for x in labels_of(part))
    if isinstance(value, frozenset):
        return value or frozenset([NOTHING])
    if isinstance(value, tuple):
        used = frozenset(s.label for s in value if isinstance(s, Span | Box))
        return used or frozenset([NOTHING])
    return frozenset([str(encode(value))])


def in_turn(ranked: Sequence[int], labels: Sequence[frozenset[str]]) -> list[int]:
    """All positions, each time the nearest of those with the label shown least so far; labels
    come up in the order in which the nearest examples have them."""
    queues: dict[str, list[int]] = {}
    for i in reversed(ranked):
        for label in labels[i]:
            queues.setdefault(label, []).append(i)
    place = {label: n for n, label in enumerate(_first_seen(ranked, labels))}
    shown: Counter[str] = Counter()
    picked: dict[int, None] = {}
    while queues:
        label = min(queues, key=lambda x: (shown[x], place[x]))
        queue = queues[label]
        while queue and queue[-1] in picked:
            queue.pop()
        if not queue:
            del queues[label]
            continue
        i = queue.pop()
        picked[i] = None
        shown.update(labels[i])
    return list(picked)


def _first_seen(ranked: Sequence[int], labels: Sequence[frozenset[str]]) -> list[str]:
    return list(dict.fromkeys(label for i in ranked for label in sorted(labels[i])))


def pool_split(
    examples: Sequence[Example], share: float, seed: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """The paper's split of a training set into pool X and records T; no text is in both."""
    order: NDArray[np.int64] = np.random.default_rng(seed).permutation(len(examples))
    truncated = round(share * len(examples))
    pool = [examples[int(i)] for i in order[:truncated]]
    inside = {content(e.record) for e in pool}
    rest = [
        examples[int(i)]
        for i in order[truncated:]
        if content(examples[int(i)].record) not in inside
    ]
    return tuple(pool), tuple(rest)
