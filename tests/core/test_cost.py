import asyncio

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


def test_what_is_left_is_neither_spent_nor_held_back() -> None:
    budget = Budget(100)
    budget.reserve(30)
    assert budget.left == 70
    budget.settle(30, 10)
    budget.reserve(25)
    assert budget.left == 65
    assert Budget(None).left is None


async def test_a_call_waits_for_what_others_hold_back_and_no_longer() -> None:
    budget, began = Budget(10), []

    async def call(name: str, most: int, real: int) -> None:
        await budget.reserve_in_turn(most)
        began.append(name)
        await asyncio.sleep(0)
        budget.settle(most, real)

    await asyncio.gather(*(call(f"c{i}", 6, 1) for i in range(5)))
    assert (began, budget.spent, budget.reserved) == (["c0", "c1", "c2", "c3", "c4"], 5, 0)
    with pytest.raises(BudgetError, match="EUR are spent"):
        await Budget(10, spent=5, currency="EUR").reserve_in_turn(6)


async def test_calls_that_no_longer_fit_end_and_those_given_up_hold_up_nobody() -> None:
    budget = Budget(10)
    budget.reserve(10)
    waiting = [asyncio.ensure_future(budget.reserve_in_turn(4)) for _ in range(4)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    budget.settle(10, 3)  # one of four fits, and then none waits in vain
    await asyncio.sleep(0)
    budget.settle(4, 4)
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(r) for r in results] == [
        asyncio.CancelledError, type(None), BudgetError, BudgetError
    ]  # fmt: skip
    assert (budget.spent, budget.reserved) == (7, 0)


def test_cached_tokens_cost_their_own_price_and_the_bill_is_rounded_up() -> None:
    prices = Prices(input=2.0, cached=0.5, output=8.0)
    usage = Usage(input_tokens=1000, cached_tokens=400, output_tokens=10)
    assert prices.nanos(usage) == 600 * 2000 + 400 * 500 + 10 * 8000
    assert Prices(input=0.0001).nanos(Usage(input_tokens=1)) == 1
