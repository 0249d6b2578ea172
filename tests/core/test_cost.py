import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.cost import Budget, Prices, Usage, share
from assay.core.errors import BudgetError


@given(st.integers(0, 10**15), st.integers(1, 500))
def test_shares_add_up_to_the_bill_and_are_fair(nanos: int, among: int) -> None:
    parts = share(nanos, among)
    assert sum(parts) == nanos
    assert len(parts) == among
    assert max(parts) - min(parts) <= 1


@given(st.integers(0, 1000), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300))))
def test_a_cap_is_never_passed(cap: int, calls: list[tuple[int, int]]) -> None:
    budget = Budget(cap)
    for most, real in calls:
        try:
            budget.reserve(most)
        except BudgetError:
            continue
        budget.settle(most, min(most, real))
        assert budget.spent <= cap
        assert budget.left == cap - budget.spent


def test_what_is_in_flight_counts_against_the_cap() -> None:
    budget = Budget(10)
    budget.reserve(6)
    with pytest.raises(BudgetError, match="in flight"):
        budget.reserve(5)


def test_cached_tokens_cost_their_own_price_and_the_bill_is_rounded_up() -> None:
    prices = Prices(input=2.0, cached=0.5, output=8.0)
    usage = Usage(input_tokens=1000, cached_tokens=400, output_tokens=10)
    assert prices.nanos(usage) == 600 * 2000 + 400 * 500 + 10 * 8000
    assert Prices(input=0.0001).nanos(Usage(input_tokens=1)) == 1
