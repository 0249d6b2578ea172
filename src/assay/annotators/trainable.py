"""What can be fitted on labelled records and then answers like any annotator."""

from collections.abc import Sequence
from typing import Protocol

from assay.annotators.base import Annotator
from assay.core.task import Example, Task


class Trainable(Protocol):
    """Fitting is a function of the examples and the seed alone, so that it can be replayed.

    The fitted annotator's id carries the digest of what it was fitted on: each stage of
    fine-tuning is a version of its own, and its answers never mix with another's.
    """

    @property
    def name(self) -> str: ...

    def fitted(self, task: Task, examples: Sequence[Example], seed: int) -> Annotator:
        """InputError if the examples cannot be learnt from (one class only, none at all)."""
