import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.cost import NANOS, NO_USAGE, Budget, Prices, Usage, money, share, to_nanos
from assay.core.errors import BudgetError


@given(st.integers(0, 10**15), st.integers(1, 500))
def test_shares_add_up_to_the_bill_and_are_fair(nanos: int, among: int) -> None:
    parts = share(nanos, among)
    assert sum(parts) == nanos
    assert len(parts) == among
    assert max(parts) - min(parts) <= 1


@given(st.integers(0, 1000), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300))))
def test_a_cap_is_never_passed(cap: int, calls: list[tuple[int, int]]) -> None:
    budget = Budget.of_nanos(cap)
    for most, real in calls:
        try:
            budget.reserve(most)
        except BudgetError:
            continue
        budget.settle(most, min(most, real))
        assert budget.spent_nanos <= cap
        assert budget.left_nanos == cap - budget.spent_nanos


def test_what_is_in_flight_counts_against_the_cap() -> None:
    budget = Budget.of_nanos(10)
    budget.reserve(6)
    with pytest.raises(BudgetError, match="in flight"):
        budget.reserve(5)


def test_what_is_left_is_neither_spent_nor_held_back() -> None:
    budget = Budget.of_nanos(100)
    budget.reserve(30)
    assert budget.left_nanos == 70
    budget.settle(30, 10)
    budget.reserve(25)
    assert budget.left_nanos == 65
    assert Budget.of_nanos(None).left_nanos is None


async def test_a_call_waits_for_what_others_hold_back_and_no_longer() -> None:
    budget, began = Budget.of_nanos(10), []

    async def call(name: str, most: int, real: int) -> None:
        await budget.reserve_in_turn(most)
        began.append(name)
        await asyncio.sleep(0)
        budget.settle(most, real)

    await asyncio.gather(*(call(f"c{i}", 6, 1) for i in range(5)))
    assert (began, budget.spent_nanos, budget.reserved_nanos) == (
        ["c0", "c1", "c2", "c3", "c4"],
        5,
        0,
    )
    with pytest.raises(BudgetError, match="EUR are spent"):
        await Budget.of_nanos(10, spent=5, currency="EUR").reserve_in_turn(6)


async def test_calls_that_no_longer_fit_end_and_those_given_up_hold_up_nobody() -> None:
    budget = Budget.of_nanos(10)
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
    assert (budget.spent_nanos, budget.reserved_nanos) == (7, 0)


def test_cached_tokens_cost_their_own_price_and_the_bill_is_rounded_up() -> None:
    prices = Prices(input=2.0, cached=0.5, output=8.0)
    usage = Usage(input_tokens=1000, cached_tokens=400, output_tokens=10)
    assert prices.nanos(usage) == 600 * 2000 + 400 * 500 + 10 * 8000
    assert Prices(input=0.0001).nanos(Usage(input_tokens=1)) == 1


def test_each_kind_of_use_has_its_price() -> None:
    usage = Usage(
        input_tokens=1_000_000, output_tokens=2_000_000, attempts=3, gpu_seconds=7200,
        human_seconds=1800,
    )  # fmt: skip
    assert Prices(input=1.5).nanos(usage) == 1_500_000_000
    assert Prices(output=2.0).nanos(usage) == 4_000_000_000
    assert Prices(per_request=0.25).nanos(usage) == 750_000_000
    assert Prices(gpu_hour=3.0).nanos(usage) == 6_000_000_000
    assert Prices(human_hour=20.0).nanos(usage) == 10_000_000_000
    assert Prices(human_label=0.5).nanos(usage, labels=4) == 2_000_000_000
    assert Prices(human_label=0.5).nanos(usage) == 0
    both = Prices(1.5, None, 2.0, 0.25, 3.0, 20.0, 0.5)
    assert both.nanos(usage, 4) == 24_250_000_000
    cached = Usage(input_tokens=100, cached_tokens=100)
    assert Prices(input=2.0).nanos(cached) == 200_000
    assert Prices(input=2.0, cached=0.0).nanos(cached) == 0


def test_use_adds_up_part_by_part() -> None:
    one, two = Usage(1, 2, 3, 4, 5, 6, 7.0, 8.0), Usage(10, 20, 30, 40, 50, 60, 70.0, 80.0)
    assert one + two == Usage(11, 22, 33, 44, 55, 66, 77.0, 88.0)
    assert one + NO_USAGE == one


def test_the_first_shares_carry_the_rest() -> None:
    assert share(11, 4) == [3, 3, 3, 2]
    assert share(2, 3) == [1, 1, 0]
    assert share(8, 4) == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("nanos", "described"),
    [
        (0, "0.00 USD"),
        (1, "0.000000001 USD"),
        (1_234, "0.00000123 USD"),
        (50_000_000, "0.0500 USD"),
        (999_000_000, "0.999 USD"),
        (1_000_000_000, "1.00 USD"),
        (12_345_678_900_000, "12,345.68 USD"),
    ],
)
def test_money_has_two_decimals_and_more_where_it_is_small(nanos: int, described: str) -> None:
    assert money(nanos) == described
    assert money(nanos, "EUR") == described.replace("USD", "EUR")


def test_an_amount_in_units_is_whole_nanos() -> None:
    assert to_nanos(0.1 + 0.2) == 300_000_000
    assert Budget(0.3).cap_nanos == 300_000_000
    assert Budget(0.0).cap_nanos == 0


def test_without_a_cap_everything_fits_and_is_counted() -> None:
    budget = Budget.of_nanos(None)
    budget.reserve(10**15)
    assert (budget.left_nanos, budget.reserved_nanos, budget.state()) == (
        None,
        10**15,
        "there is no budget",
    )
    budget.settle(10**15, 7)
    assert (budget.reserved_nanos, budget.spent_nanos) == (0, 7)


def test_the_cap_itself_may_be_spent_and_not_a_nano_more() -> None:
    budget = Budget.of_nanos(10, spent=4)
    assert budget.left_nanos == 6
    with pytest.raises(BudgetError, match="raise `budget` to continue; all answers so far"):
        budget.reserve(7)
    assert budget.reserved_nanos == 0
    budget.reserve(6)
    assert (budget.left_nanos, budget.reserved_nanos) == (0, 6)
    budget.settle(6, 2)
    assert (budget.left_nanos, budget.spent_nanos, budget.reserved_nanos) == (4, 6, 0)


@pytest.mark.parametrize(
    ("cap", "spent", "described"),
    [
        (0, 0, "the budget is 0.00 USD, so nothing that costs money is asked"),
        (2 * NANOS, 2 * NANOS, "the budget of 2.00 USD is spent: it was 2.00 USD, in all runs"),
        (2 * NANOS, 3 * NANOS, "the budget of 2.00 USD is spent: it was 3.00 USD, in all runs"),
        (2 * NANOS, NANOS, "of the budget of 2.00 USD, 1.00 USD are spent, 0.500 USD in flight"),
    ],
)
def test_a_budget_says_what_is_left_of_it(cap: int, spent: int, described: str) -> None:
    budget = Budget.of_nanos(cap, spent)
    budget.reserved_nanos = NANOS // 2
    assert budget.state().startswith(described)
    assert repr(budget) == f"Budget.of_nanos({budget.state()})"


def test_runs_side_by_side_share_what_is_spent_and_a_new_one_believes_the_ledger() -> None:
    budget = Budget.of_nanos(100, spent=30)
    budget.begin(0)  # a ledger that knows of nothing: what was spent before counts
    assert budget.spent_nanos == 30
    budget.begin(20)  # beside it: the larger
    assert budget.spent_nanos == 30
    budget.begin(50)
    assert budget.spent_nanos == 50
    for _ in range(3):
        budget.end()
    budget.begin(20)  # alone: what the ledger says
    assert budget.spent_nanos == 20
