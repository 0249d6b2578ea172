"""Vectors of a test."""

import numpy as np
from numpy.typing import NDArray

from assay.strategies.vectors import Some, Vectors


def held(rows: NDArray[np.float64]) -> Some:
    return Some(Vectors([rows]), np.arange(len(rows)))
