"""Groups of labels to ask about together: alike ones (contrast) and unlike ones (coverage)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Affinity = NDArray[np.float64]
"""Symmetric, labels x labels; larger means seen together more often, or closer in meaning."""

Groups = tuple[tuple[str, ...], ...]


def cooccurring(labels: Sequence[str], affinity: Affinity, size: int) -> Groups:
    """Greedy clustering: each group grows by the label nearest to those already in it."""
    return _grow(labels, affinity, size)


def diverse(labels: Sequence[str], affinity: Affinity, size: int) -> Groups:
    """Greedy anti-clustering: each group grows by the label farthest from those in it."""
    return _grow(labels, -affinity, size)


def _grow(labels: Sequence[str], nearness: Affinity, size: int) -> Groups:
    left = list(range(len(labels)))
    groups: list[tuple[str, ...]] = []
    while left:
        group = [left.pop(0)]
        while left and len(group) < size:
            gain = nearness[np.ix_(left, group)].mean(axis=1)
            group.append(left.pop(int(gain.argmax())))
        groups.append(tuple(labels[i] for i in sorted(group)))
    return tuple(groups)


def affinity_of(tags: Sequence[frozenset[str]], labels: Sequence[str]) -> Affinity:
    """Co-occurrence as the cosine of the labels' columns over tagged records."""
    place = {label: i for i, label in enumerate(labels)}
    table = np.zeros((len(tags), len(labels)))
    for row, chosen in enumerate(tags):
        table[row, [place[label] for label in chosen]] = 1.0
    norm = np.sqrt((table**2).sum(axis=0))
    scale = np.outer(norm, norm)
    return np.divide(table.T @ table, scale, out=np.zeros_like(scale), where=scale > 0)
