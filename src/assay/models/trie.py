"""Labels as a trie of tokens: what several labels share is evaluated once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from assay.core.errors import SpecError

ROOT = 0


@dataclass(slots=True)
class Node:
    token: int
    parent: int
    depth: int
    kids: dict[int, int] = field(default_factory=dict)  # token -> node
    lanes: list[int] = field(default_factory=list)  # the sequences that pass through it


class Trie:
    """An inner node costs one row of logits; leaves cost nothing, their token is never run.

    Where one label is the beginning of another, every label is ended by the end token, so that
    the labels exclude each other; otherwise the end is left out, which saves a row a label.
    """

    def __init__(self, labels: Sequence[Sequence[int]], end: int) -> None:
        ended = begins_another(labels)
        self.labels = [(*tokens, end) if ended else tuple(tokens) for tokens in labels]
        if len(set(self.labels)) < len(labels) or not all(labels):
            raise SpecError("two labels are the same to the model, or one is empty; rename one")
        self.nodes = [Node(-1, -1, 0)]
        self.paths = [self._insert(tokens) for tokens in self.labels]
        self.leaf = {path[-1]: i for i, path in enumerate(self.paths)}
        self.inner = [i for i, node in enumerate(self.nodes) if node.kids and i != ROOT]
        self.width = self._lay_lanes()

    def _insert(self, tokens: Sequence[int]) -> list[int]:
        at, path = ROOT, [ROOT]
        for token in tokens:
            kids = self.nodes[at].kids
            if token not in kids:
                self.nodes.append(Node(token, at, self.nodes[at].depth + 1))
                kids[token] = len(self.nodes) - 1
            at = kids[token]
            path.append(at)
        return path

    def _lay_lanes(self) -> int:
        """A sequence for each longest chain of inner nodes; how many there are."""
        lanes = 0
        for i in self.inner:
            if any(self.nodes[kid].kids for kid in self.nodes[i].kids.values()):
                continue
            at = i
            while at != ROOT:
                self.nodes[at].lanes.append(lanes)
                at = self.nodes[at].parent
            lanes += 1
        return lanes


def begins_another(labels: Sequence[Sequence[int]]) -> bool:
    ordered = sorted(tuple(tokens) for tokens in labels)
    return any(longer[: len(shorter)] == shorter for shorter, longer in pairwise(ordered))
