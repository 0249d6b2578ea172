"""Agreement of two annotators on the same records, corrected for chance in the usual ways."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pairwise:
    """None where a coefficient is undefined: no records, or one label only, as `why` says."""

    n: int
    percent: float | None
    cohen: float | None
    scott: float | None
    gwet: float | None  # AC1
    baseline: float | None  # always giving the second's commonest label
    why: str = ""

    @property
    def warning(self) -> str | None:
        if self.percent is None or self.baseline is None:
            return None
        if self.percent < self.baseline:
            return (
                f"agreement {self.percent:.1%} is below always the same label {self.baseline:.1%}"
            )
        if self.percent >= 0.7 and self.cohen is not None and abs(self.cohen) < 0.1:
            return f"agreement {self.percent:.1%} is what chance gives (kappa {self.cohen:.2f})"
        return None


def pairwise(first: Codes, second: Codes) -> Pairwise:
    """Labels as codes from 0, a record each; the second is the reference of the baseline."""
    n = len(first)
    if n == 0:
        return Pairwise(0, None, None, None, None, None, "they share no records")
    labels = int(max(first.max(), second.max())) + 1
    table = np.bincount(first * labels + second, minlength=labels**2).reshape(labels, labels) / n
    return _of_table(table, n)


def _of_table(table: Floats, n: int) -> Pairwise:
    percent = float(np.trace(table))
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    mean = (rows + columns) / 2
    used = int((mean > 0).sum())
    baseline = float(columns.max())
    if used < 2:
        return Pairwise(n, percent, None, None, None, baseline, "both gave one label only")
    by_chance = float(rows @ columns), float(mean @ mean)
    gwet = float((mean * (1 - mean)).sum()) / (used - 1)
    return Pairwise(
        n,
        percent,
        corrected(percent, by_chance[0]),
        corrected(percent, by_chance[1]),
        corrected(percent, gwet),
        baseline,
    )


def corrected(observed: float, chance: float) -> float | None:
    """(observed - chance) / (1 - chance); None where chance alone gives full agreement."""
    return (observed - chance) / (1 - chance) if chance < 1 else None
