"""Label likelihoods from a llama.cpp context: all of them in one decode, or the best alone."""

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assay.models.llama_context import KEPT, OUTPUTS, SEQUENCES, LlamaContext, Row
from assay.models.trie import ROOT, Trie

TOGETHER = 8  # records a decode; more gains nothing measurable
Tokens = Sequence[int]


def logsumexp(logits: NDArray[np.float32]) -> float:
    top = logits.max()  # taken out before exp, which overflows float32 from 89 on
    return float(top) + math.log(float(np.exp(logits - top).sum()))


def all_scores(context: LlamaContext, prompts: Sequence[Tokens], trie: Trie) -> list[list[float]]:
    """The log-likelihood of every label after every prompt; the trie rides in the same decode."""
    start = context.keep(prompts)
    scores: list[list[float]] = []
    for chunk in chunks(context, [p[start:] for p in prompts], trie, start):
        scores += _score_chunk(context, chunk, trie, start)
    return scores


def chunks(
    context: LlamaContext, tails: Sequence[Tokens], trie: Trie, start: int
) -> Iterator[list[Tokens]]:
    """As many records as fit one decode: sequences, rows of logits, tokens."""
    chunk: list[Tokens] = []
    tokens = 0
    most = min(
        TOGETHER, (SEQUENCES - 1) // max(1, trie.width), OUTPUTS // (1 + len(trie.inner))
    )  # fmt: skip
    for tail in tails:
        need = len(tail) + len(trie.inner)
        if chunk and (len(chunk) >= most or start + tokens + need > context.size):
            yield chunk
            chunk, tokens = [], 0
        chunk.append(tail)
        tokens += need
    if chunk:
        yield chunk


def _score_chunk(
    context: LlamaContext, tails: Sequence[Tokens], trie: Trie, start: int
) -> list[list[float]]:
    width = max(1, trie.width)
    rows: list[Row] = []
    places: list[dict[int, int]] = []  # trie node -> row, for each record
    for k, tail in enumerate(tails):
        lanes = range(1 + k * width, 1 + (k + 1) * width)
        for lane in lanes:
            context.copy(KEPT, lane)  # shares the cells of the kept prefix, copies no numbers
        last = len(tail) - 1
        # a token that stands in several sequences is computed once and seen by all of them;
        # logits are asked for only where a label may start, since each row is a vocabulary long
        rows += [Row(t, start + i, lanes, i == last) for i, t in enumerate(tail)]
        place = {ROOT: len(rows) - 1}
        for i in trie.inner:
            node = trie.nodes[i]
            place[i] = len(rows)
            # siblings have the same position: they are in different sequences, so that neither
            # attends to the other, and the causal order is that of the label alone
            position = start + last + node.depth
            rows.append(Row(node.token, position, [lanes[n] for n in node.lanes], True))
        places.append(place)
    context.decode(rows)
    scores = [_read(context, place, trie) for place in places]
    for lane in range(1, 1 + len(tails) * width):
        context.drop(lane)
    return scores


def _read(context: LlamaContext, place: dict[int, int], trie: Trie) -> list[float]:
    reached = [0.0] * len(trie.nodes)
    for i in (ROOT, *trie.inner):  # parents come before their kids
        logits = context.logits(place[i])
        total = logsumexp(logits)
        for token, kid in trie.nodes[i].kids.items():
            reached[kid] = reached[i] + float(logits[token]) - total
    return [reached[path[-1]] for path in trie.paths]


class Best(NamedTuple):
    label: int  # its place among the trie's labels
    score: float  # log-likelihood


class Open(NamedTuple):
    """A node that is not run yet, in the order of the heap: the least cost is run first."""

    cost: float  # minus the log-likelihood of the tokens down to the node
    node: int
    lane: int  # the sequence that holds the tokens above it


class Place(NamedTuple):
    """A node that was run: its row of logits, and where its continuation starts."""

    row: int
    node: int
    cost: float
    lane: int


@dataclass(slots=True)
class Search:
    """One record's best-first search."""

    end: int  # length of the prompt
    heap: list[Open] = field(default_factory=list)
    found: Best | None = None


def best_labels(context: LlamaContext, prompts: Sequence[Tokens], trie: Trie) -> list[Best]:
    """The exact best label and its log-likelihood, best-first: a node's likelihood bounds that of
    every label below it, so most labels are never run.
    """
    start = context.keep(prompts)
    found: list[Best] = []
    for at in range(0, len(prompts), TOGETHER):
        group = prompts[at : at + TOGETHER]
        while start + sum(len(p) - start + len(trie.inner) for p in group) > context.size:
            group = group[: max(1, len(group) // 2)]
            if len(group) == 1:
                break
        rest = prompts[at + len(group) : at + TOGETHER]
        for part in (group, *([p] for p in rest)):
            found += _search(context, part, trie, start)
    return found


def _search(context: LlamaContext, prompts: Sequence[Tokens], trie: Trie, start: int) -> list[Best]:
    searches = [Search(len(p)) for p in prompts]
    rows: list[Row] = []
    for k, prompt in enumerate(prompts):
        context.copy(KEPT, k + 1)
        last = len(prompt) - 1
        rows += [Row(prompt[i], i, (k + 1,), i == last) for i in range(start, len(prompt))]
    context.decode(rows)
    ends = np.cumsum([len(p) - start for p in prompts]) - 1
    for k, (search, end) in enumerate(zip(searches, ends, strict=True)):
        _push(context, search, trie, Place(int(end), ROOT, 0.0, k + 1))
    free = list(range(SEQUENCES - 1, len(prompts), -1))
    used = list(range(1, len(prompts) + 1))
    open_ = searches
    while open_:
        rows, places = [], []
        for search in open_:
            cost, i, parent = heapq.heappop(search.heap)
            if i in trie.leaf:  # no open node costs less, and a longer path only costs more
                search.found = Best(trie.leaf[i], -cost)
                continue
            if not free:  # so many near-ties are answered by scoring every label
                _release(context, used)
                return _exhaustive(context, prompts, trie)
            lane = free.pop()
            used.append(lane)
            context.copy(parent, lane)
            node = trie.nodes[i]
            places.append((search, Place(len(rows), i, cost, lane)))
            rows.append(Row(node.token, search.end - 1 + node.depth, (lane,), True))
        if rows:
            context.decode(rows)
        for search, place in places:
            _push(context, search, trie, place)
        open_ = [search for search, _ in places]
    _release(context, used)
    return [search.found for search in searches if search.found is not None]


def _push(context: LlamaContext, search: Search, trie: Trie, place: Place) -> None:
    logits = context.logits(place.row)
    total = logsumexp(logits)
    for token, kid in trie.nodes[place.node].kids.items():
        cost = place.cost + total - float(logits[token])
        heapq.heappush(search.heap, Open(cost, kid, place.lane))


def _release(context: LlamaContext, lanes: Sequence[int]) -> None:
    for lane in lanes:
        context.drop(lane)


def _exhaustive(context: LlamaContext, prompts: Sequence[Tokens], trie: Trie) -> list[Best]:
    rows = all_scores(context, prompts, trie)
    return [Best(best := int(np.argmax(scores)), scores[best]) for scores in rows]
