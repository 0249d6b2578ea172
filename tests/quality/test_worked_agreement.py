"""Agreement, figure by figure, on small sets of answers of every kind."""

from pathlib import Path

import numpy as np
import pytest

from assay.core.votes import Votes
from assay.quality.agreement import Asked, Resampling, agree
from assay.quality.agreement.ordinal import ordinal
from assay.quality.inference.clusters import one_each
from tests.quality.test_agreement import GWET, noisy, said_in, words
from tests.worked import as_kept

KEPT = Path(__file__).parent / "worked"
SETS = words(
    *((f"r{i}", who, ("a;b", "a", "b", "[]", "a;c")[(i * k + i // 3) % 5])
      for i in range(14) for k, who in enumerate(("ann", "bob", "eve"), 1)),
)  # fmt: skip


def spans(shift: int) -> str:
    return f'[{{"start": {shift}, "end": {shift + 6}, "label": "{"PER" if shift % 3 else "LOC"}"}}]'


def boxes(shift: int) -> str:
    label = "cat" if shift % 3 else "dog"
    return (
        f'[{{"left": {shift / 50}, "top": 0.1, "width": 0.3, "height": 0.4, "label": "{label}"}},'
        f' {{"left": 0.6, "top": 0.5, "width": 0.2, "height": {0.2 + shift / 40}, "label": "x"}}]'
    )


def marked(mark: object) -> Votes:
    assert callable(mark)
    rows = [(f"r{i}", who, mark(i % k)) for i in range(12) for k, who in enumerate("abc", 2)]
    rows += [("empty", "a", "[]"), ("empty", "b", "[]"), ("alone", "c", mark(1))]
    return words(*rows)


CASES = {
    "nominal": (said_in(noisy(40, 4, 3, 1)), Asked(resampling=Resampling(60, 2))),
    "two_labels": (said_in(noisy(40, 3, 2, 2)), Asked(resampling=Resampling(60, 3))),
    "of_two": (said_in(noisy(30, 2, 4, 3)), Asked(resampling=Resampling(60, 3))),
    "reference": (said_in(noisy(40, 4, 3, 1)), Asked(reference="a1", resampling=Resampling(40))),
    "ordinal": (said_in(noisy(40, 3, 5, 4)), Asked("ordinal", resampling=Resampling(60, 1))),
    "interval": (said_in(noisy(40, 3, 5, 5)), Asked("interval", resampling=Resampling(60, 1))),
    "annotators": (
        said_in(noisy(60, 5, 3, 6)), Asked(resampling=Resampling(60, 1, "annotators")),
    ),
    "gwet": (said_in(GWET), Asked("interval", resampling=Resampling(0))),
    "sets": (SETS, Asked("multi", resampling=Resampling(60, 4))),
    "spans": (marked(spans), Asked("spans", resampling=Resampling(60, 4))),
    "boxes": (marked(boxes), Asked("boxes", resampling=Resampling(60, 4))),
    "boxes_reference": (marked(boxes), Asked("boxes", None, "b", Resampling(0))),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_figure_of_agreement_is_as_it_was(name: str) -> None:
    as_kept(KEPT / f"agree_{name}.json", agree(*CASES[name]))


def test_every_figure_of_ordered_steps_is_as_it_was() -> None:
    table = noisy(30, 4, 4, 9)
    ratings = {
        f"p{k}": {f"r{i}": float(v) for i, v in enumerate(column) if not np.isnan(v)}
        for k, column in enumerate(table.T)
    }
    own = ratings.pop("p0")
    as_kept(KEPT / "ordinal.json", [ordinal("one", own, ratings, seed) for seed in (0, 1)])


def test_one_record_of_each_cluster_is_drawn_by_the_seed() -> None:
    records = [f"r{i}" for i in range(20)]
    cluster = {r: f"c{i % 6}" for i, r in enumerate(records) if i < 17}
    as_kept(KEPT / "clusters.json", [one_each(records, cluster, "author", s) for s in (0, 1)])
