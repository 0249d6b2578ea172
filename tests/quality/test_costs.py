import math
from dataclasses import asdict, replace
from statistics import NormalDist, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.annotation import Annotation, DecidedBy, Decision, Outcome, Request, answer
from assay.core.cost import NANOS, Prices, Usage
from assay.core.errors import InputError
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger.base import Run
from assay.quality.costs import (
    NEVER_COUNTED,
    PriceList,
    Rates,
    booked_in,
    check_currency,
    costs,
)

TASK = Task("t", "?", Choice(["a", "b"]))
TOKENS = Usage(input_tokens=1_000, cached_tokens=400, output_tokens=50, attempts=1)
MODEL = Rates(Prices(input=2.0, cached=0.5, output=8.0, per_request=0.001, gpu_hour=3.6))
PANEL = Rates(Prices(human_hour=18.0, human_label=0.02))


def said(i: int, who: str, usage: Usage = TOKENS, **more: object) -> Annotation:
    request = Request(TASK, text_record(f"r{i}", "x"), who)
    return answer(request, Outcome.ANSWERED, value="a", usage=usage, **more)


def kept(i: int) -> Decision:
    return Decision(f"r{i}", "a", decided_by=DecidedBy.MODEL, route=("kept",))


def sent(i: int) -> Decision:
    return Decision(f"r{i}", "a", decided_by=DecidedBy.PEOPLE, route=("sent on",))


def test_each_kind_of_use_has_its_price() -> None:
    usage = replace(TOKENS, gpu_seconds=2.0)
    person = said(0, "panel", Usage(human_seconds=10.0), by="ann")
    prices = PriceList("list", "EUR", {"model": MODEL, "panel": PANEL})
    found = costs([said(0, "model", usage), person], [sent(0)], prices)
    kinds = {k: n / NANOS for k, n in found.whole.bill.kinds.items() if n}
    assert kinds == pytest.approx(
        {"input": 0.0012, "cached": 0.0002, "output": 0.0004, "requests": 0.001, "gpu": 0.002,
         "human_time": 0.05, "human_labels": 0.02}
    )  # fmt: skip
    assert found.not_counted == NEVER_COUNTED


def test_a_record_carries_all_answers_given_on_it_so_routes_sum_to_the_bill() -> None:
    answers = [said(i, "model") for i in range(10)] + [said(i, "panel", Usage()) for i in range(3)]
    prices = PriceList("list", "USD", {"model": MODEL, "panel": PANEL})
    decisions = [sent(i) if i < 3 else kept(i) for i in range(10)]
    found = costs(answers, decisions, prices)
    assert [r.name for r in found.routes] == ["people: sent on", "model: kept"]
    assert sum(r.bill.total for r in found.routes) == found.whole.bill.total
    assert found.routes[0].each == pytest.approx(found.routes[1].each + 0.02 * NANOS)
    assert [r.answers for r in found.routes] == [6, 7]


def test_what_the_list_does_not_name_costs_what_was_booked() -> None:
    found = costs(
        [said(0, "x", cost_nanos=70), said(1, "x", cost_nanos=30)], [kept(0), kept(1)], PriceList()
    )
    assert found.whole.bill.kinds["booked"] == 100
    free = costs([said(0, "x")], [kept(0)], PriceList())
    assert free.not_counted[0] == "x: no price, and no recorded cost (1 answer)"


def test_use_without_a_price_is_said() -> None:
    rates = {"m": Rates(Prices(gpu_hour=1.0)), "p": Rates(Prices(human_hour=10.0)), "q": Rates()}
    answers = [
        said(0, "m"),
        said(0, "p", Usage(), by="ann"),
        said(0, "q", Usage(gpu_seconds=1.0, human_seconds=1.0)),
    ]
    described = costs(answers, [kept(0)], PriceList("l", "USD", rates)).not_counted
    assert described[:4] == (
        "m: tokens have no price (1 answer)",
        "p: people are paid by the hour, and their time was not measured (1 answer)",
        "q: GPU time has no price (1 answer)",
        "q: people's time has no price (1 answer)",
    )


def test_the_time_an_answer_took_is_a_persons_time() -> None:
    prices = PriceList("l", "USD", {"panel": Rates(Prices(human_hour=36.0))})
    answers = [said(0, "panel", Usage(), by="ann", seconds=5.0)]
    assert costs(answers, [kept(0)], prices).whole.bill.total == 50_000_000
    unnamed = [said(0, "panel", Usage(), seconds=5.0)]
    assert costs(unnamed, [kept(0)], prices).whole.bill.total == 0
    described = costs(unnamed, [kept(0)], prices, frozenset({"panel"}))
    assert described.whole.bill.total == 50_000_000


def test_a_projected_bonus_is_for_more_people_or_for_the_same() -> None:
    answers = [said(i, "panel", Usage(), by="ab"[i % 2]) for i in range(10)]
    prices = PriceList("l", "USD", {"panel": Rates(Prices(human_label=0.1), bonus=5.0)})
    found = costs(answers, [sent(i) for i in range(10)], prices).projected(100)
    assert found.cost == (10 + 100) * NANOS
    assert found.same_people == (10 + 10) * NANOS
    without = PriceList("l", "USD", {"panel": Rates(Prices(human_label=0.1))})
    assert costs(answers, [], without).projected(100).same_people is None


def test_a_bonus_is_paid_to_each_person_or_to_those_who_earned_it() -> None:
    answers = [said(i, "panel", Usage(), by=f"p{i % 4}") for i in range(20)]
    decisions = [sent(i) for i in range(20)]
    for earned, total in ((None, 8.0), (3, 6.0)):
        prices = PriceList("l", "USD", {"panel": Rates(Prices(), 2.0, earned)})
        assert costs(answers, decisions, prices).whole.bill.kinds["bonus"] == total * NANOS


def test_demonstrations_and_calibration_are_paid_once_whatever_the_number_of_records() -> None:
    answers = [said(i, "model") for i in range(12)]
    prices = PriceList("l", "USD", {"model": MODEL})
    found = costs(answers, [kept(i) for i in range(10)], prices)
    one = found.whole.bill.total / 10
    assert found.setup.total == pytest.approx(2 * one)
    assert found.projected(1_000).cost == pytest.approx(1_002 * one)


def test_projections_hold_the_true_cost_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    prices = PriceList()
    hits = 0
    for _ in range(200):
        booked = np.where(rng.random(60) < 0.3, 1_000_000, 20_000).tolist()
        answers = [said(i, "x", cost_nanos=c) for i, c in enumerate(booked)]
        found = costs(answers, [kept(i) for i in range(60)], prices).projected(10_000)
        assert found.interval is not None
        hits += found.interval[0] <= 10_000 * (0.3 * 1_000_000 + 0.7 * 20_000) <= found.interval[1]
    assert hits >= 180


def test_imported_answers_without_decisions_are_the_work_itself() -> None:
    found = costs([said(i, "x", cost_nanos=5) for i in range(4)], [], PriceList())
    assert (found.whole.records, found.whole.bill.total, found.setup.total) == (4, 20, 0)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10**6), st.floats(0, 100)), max_size=20)
)
def test_totals_are_whole_nanos_and_add_up(rows: list[tuple[int, int, float]]) -> None:
    answers = [said(i, "model", Usage(input_tokens=t, gpu_seconds=s)) for i, t, s in rows]
    decisions = [kept(i) if i % 2 else sent(i) for i in range(4)]
    found = costs(answers, decisions, PriceList("l", "USD", {"m*": MODEL}))
    parts = sum(r.bill.total for r in found.routes)
    assert abs(parts - found.whole.bill.total) <= len(found.routes) * 9
    assert found.projected(7).cost >= found.setup.total


def test_a_person_with_rates_of_their_own_goes_before_the_panel() -> None:
    rates = {"panel": Rates(Prices(human_label=1.0)), "ann": Rates(Prices(human_label=2.0))}
    answers = [said(0, "panel", Usage(), by="ann"), said(0, "panel", Usage(), by="bob")]
    found = costs(answers, [kept(0)], PriceList("l", "USD", rates))
    assert found.whole.bill.total == 3 * NANOS


def test_an_exact_name_goes_before_a_pattern() -> None:
    prices = PriceList("l", "USD", {"gpt-*": Rates(bonus=1.0), "gpt-4": Rates(bonus=2.0)})
    found = [prices.of(name) for name in ("gpt-4", "gpt-5", "llama")]
    assert [None if r is None else r.bonus for r in found] == [2.0, 1.0, None]


def test_without_answers_and_decisions_nothing_is_spent() -> None:
    found = costs([], [], PriceList())
    assert (found.whole.records, found.whole.bill.total, found.setup.total) == (0, 0, 0)
    assert (found.whole.each, found.whole.error) == (0.0, None)


@pytest.mark.parametrize(
    ("amounts", "records", "clipped"), [((10, 20, 60), 100, False), ((1, 1, 100), 50, True)]
)
def test_a_projection_is_the_mean_with_its_error_and_never_below_the_setup(
    amounts: tuple[int, ...], records: int, clipped: bool
) -> None:
    answers = [said(i, "x", cost_nanos=c * 1000) for i, c in enumerate((*amounts, 7))]
    found = costs(answers, [kept(i) for i in range(3)], PriceList()).projected(records)
    cost = round(sum(amounts) * 1000 / 3 * records) + 7000
    reach = NormalDist().inv_cdf(0.975) * stdev(amounts) * 1000 / math.sqrt(3) * records
    low = 7000 if clipped else round(cost - reach)
    assert (found.cost, found.setup, found.interval) == (cost, 7000, (low, round(cost + reach)))
    assert found.as_json() == {
        "records": records, "cost": cost / NANOS, "setup": 7000 / NANOS, "same_people": None,
        "interval": [low / NANOS, round(cost + reach) / NANOS],
    }  # fmt: skip


def test_of_one_record_no_interval_is_told() -> None:
    rates = {"p": Rates(Prices(human_label=1.0), bonus=2.0)}
    found = costs([said(0, "p", Usage())], [sent(0)], PriceList("l", "EUR", rates)).projected(1)
    assert (found.interval, found.cost, found.same_people) == (None, 3 * NANOS, 3 * NANOS)
    described = found.as_json()
    assert (described["interval"], described["same_people"]) == (None, 3.0)


def test_the_whole_is_told_as_json() -> None:
    answers = [said(0, "m"), said(0, "x", Usage(), cost_nanos=NANOS), said(1, "m"), said(9, "m")]
    prices = PriceList("list", "EUR", {"m": MODEL})
    found = costs(answers, [sent(0), kept(1)], prices)
    model = {"input": 0.0012, "cached": 0.0002, "output": 0.0004, "requests": 0.001}
    used = asdict(TOKENS)
    people, alone = {
        "route": ["sent on"], "decided_by": "people", "records": 1, "answers": 2, "usage": used,
        "cost": {"total": pytest.approx(1.0028), "kinds": {**model, "booked": 1.0}},
        "per_record": pytest.approx(1.0028), "unpriced_answers": 0,
    }, {
        "route": ["kept"], "decided_by": "model", "records": 1, "answers": 1, "usage": used,
        "cost": {"total": pytest.approx(0.0028), "kinds": model},
        "per_record": pytest.approx(0.0028), "unpriced_answers": 0,
    }  # fmt: skip
    twice = {k: 2 * v for k, v in model.items()}
    assert found.as_json() == {
        "price_list": "list", "currency": "EUR", "routes": [people, alone],
        "all": {
            "route": ["all"], "decided_by": None, "records": 2, "answers": 3,
            "usage": {k: 2 * v for k, v in used.items()},
            "cost": {"total": pytest.approx(1.0056), "kinds": {**twice, "booked": 1.0}},
            "per_record": pytest.approx(0.5028), "unpriced_answers": 0,
        },
        "setup": {"total": pytest.approx(0.0028), "kinds": model},
        "not_counted": list(NEVER_COUNTED),
    }  # fmt: skip
    assert found.booked == NANOS
    assert found.whole.name == "open: all"


def test_what_was_asked_without_a_price_has_no_total() -> None:
    found = costs([said(0, "m"), said(1, "m")], [kept(0), kept(1)], PriceList(),
                  unpriced=frozenset({"m"}))  # fmt: skip
    assert found.whole.unpriced == 2
    whole = found.whole.as_json()
    assert whole["cost"]["total"] is None  # type: ignore[index]
    assert whole["per_record"] is None
    assert found.projected(100).as_json()["cost"] is None
    priced = PriceList(rates={"m": MODEL})
    again = costs([said(0, "m")], [kept(0)], priced, unpriced=frozenset({"m"}))
    assert again.whole.unpriced == 0


def test_the_rarer_cases_of_prices() -> None:
    cached = PriceList("l", None, {"m": Rates(Prices(input=2.0))})
    assert costs([said(0, "m")], [kept(0)], cached).whole.bill.kinds["cached"] == 800_000
    assert cached.unit == "units"
    measured = said(0, "p", Usage(human_seconds=1.0), by="ann", seconds=5.0)
    hourly = PriceList("l", "USD", {"p": Rates(Prices(human_hour=36.0))})
    assert costs([measured], [sent(0)], hourly).whole.bill.total == 10_000_000
    nested = said(0, "s", cost_nanos=9, mapping="strategy")
    assert costs([nested], [kept(0)], PriceList()).whole.bill.total == 0
    request = Request(TASK, text_record("r1", "x"), "p")
    silent = answer(request, Outcome.REFUSED, usage=Usage(), by="bob")
    rates = {"p": Rates(Prices(human_label=1.0), bonus=3.0)}
    found = costs([said(0, "p", Usage(), by="ann"), silent], [], PriceList("l", "USD", rates))
    kinds = found.whole.bill.kinds
    assert (kinds["human_labels"], kinds["bonus"]) == (NANOS, 6 * NANOS)
    unpriced = {"m": Rates(Prices(per_request=1.0)), "p": Rates(Prices(human_label=1.0))}
    answers = [said(0, "m"), said(0, "m"), said(0, "p", Usage(human_seconds=1.0), by="ann")]
    described = costs(answers, [kept(0)], PriceList("l", "USD", unpriced)).not_counted
    assert described == NEVER_COUNTED
    twice = [said(i, "x") for i in range(2)]
    described = costs(twice, [kept(0)], PriceList()).not_counted
    assert described[0] == "x: no price, and no recorded cost (2 answers)"


def test_money_of_two_currencies_is_no_sum() -> None:
    def run(currency: str | None) -> Run:
        described = {} if currency is None else {"currency": currency}
        return Run("r", "t", "s", 0.0, settings=described)

    assert booked_in([run("EUR"), run(None), run("EUR")]) == "EUR"
    assert booked_in([run(None)]) is None
    with pytest.raises(InputError, match="in EUR and in USD, which cannot be added up"):
        booked_in([run("USD"), run("EUR")])
    booked = costs([said(0, "x", cost_nanos=5)], [kept(0)], PriceList("l", "USD"))
    for fits in ("USD", None):
        check_currency(booked, fits)
    check_currency(costs([], [], PriceList("l", "USD")), "EUR")
    with pytest.raises(InputError, match=r"recorded in EUR .* which is in USD"):
        check_currency(booked, "EUR")
