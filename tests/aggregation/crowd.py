"""Votes for tests: from a list of answers, and drawn from annotators of known skill."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assay.core.votes import Codes, Votes

Answer = tuple[str, str, str]


def votes_of(answers: Sequence[Answer], units: Sequence[str] | None = None) -> Votes:
    """Votes from (record, annotator, label), with the unit of each where `units` are given."""
    known = [Codes() for _ in range(4)]
    rows = [
        [known[0][r], known[1][u], known[2][a], known[3][k]]
        for (r, a, k), u in zip(answers, units or [""] * len(answers), strict=True)
    ]
    columns = np.array(rows, np.int32).reshape(-1, 4)
    names = [tuple(codes) for codes in known]
    return Votes(
        names[0], names[1] or ("",), names[2], names[3],
        columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3],
    )  # fmt: skip


def drawn(
    records: int, skills: Sequence[float], labels: int = 3, seed: int = 0, each: int | None = None
) -> tuple[Votes, NDArray[np.int64]]:
    """Votes of annotators that are right with probability `skills`, else any other label; and the
    truth. `each` votes a record of randomly chosen annotators; None: all of them vote."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(labels, size=records)
    each = each or len(skills)
    who = np.argsort(rng.random((records, len(skills))), axis=1)[:, :each]
    right = rng.random(who.shape) < np.asarray(skills)[who]
    other = (truth[:, None] + rng.integers(1, max(labels, 2), size=who.shape)) % labels
    said = np.where(right, truth[:, None], other)
    row = np.repeat(np.arange(records, dtype=np.int32), each)
    width = len(str(len(skills)))
    return Votes(
        tuple(f"r{i}" for i in range(records)), ("",),
        tuple(f"a{i:0{width}}" for i in range(len(skills))), tuple(f"k{i}" for i in range(labels)),
        row, np.zeros_like(row), who.ravel().astype(np.int32), said.ravel().astype(np.int32),
    ), truth  # fmt: skip


def frame(votes: Votes) -> pd.DataFrame:
    """The votes as crowd-kit wants them."""
    return pd.DataFrame({"task": votes.record, "worker": votes.annotator, "label": votes.label})


def sorted_by_appearance(votes: Votes) -> Votes:
    """The same votes with annotators and labels numbered as they first appear."""
    annotator, who = pd.factorize(votes.annotator)
    label, what = pd.factorize(votes.label)
    return replace(
        votes,
        annotator=annotator.astype(np.int32),
        label=label.astype(np.int32),
        annotators=tuple(votes.annotators[i] for i in who),
        labels=tuple(votes.labels[i] for i in what),
    )
