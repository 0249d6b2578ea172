"""Units that are fitted apart are put together again."""

import numpy as np
import pytest

from assay.aggregation.dawid_skene import DawidSkene, OneCoin
from tests.aggregation.crowd import Answer, votes_of

X: list[Answer] = [
    (f"r{i}", who, "yes" if (i + j) % (3 + j) else "no")
    for i in range(12)
    for j, who in enumerate("abc")
]
MOOD: list[Answer] = [
    (f"r{i}", who, "glad" if (i * 2 + j) % 5 else "sad")
    for i in range(7)
    for j, who in enumerate("ab")
]


@pytest.mark.parametrize("aggregator", [DawidSkene(), OneCoin()], ids=lambda a: a.id)
def test_skill_over_units_is_the_mean_over_the_votes_given(
    aggregator: DawidSkene | OneCoin,
) -> None:
    both = aggregator.aggregate(votes_of([*X, *MOOD], ["x"] * len(X) + ["mood"] * len(MOOD))).skill
    x, mood = (aggregator.aggregate(votes_of(said)).skill for said in (X, MOOD))
    assert both is not None
    assert x is not None
    assert mood is not None
    expected = [*((12 * x[:2] + 7 * mood) / 19), x[2]]  # c said nothing of the mood
    np.testing.assert_allclose(both, expected, atol=1e-9)
