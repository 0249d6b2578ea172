"""Price lists: what is read, and what is refused in one line."""

from pathlib import Path

import pytest

from assay.core.cost import Prices
from assay.core.errors import InputError, SpecError
from assay.quality.costs import PriceList, Rates, costs
from assay.quality.price_lists import price_list, read_prices


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([], "needs `annotators`"),
        ({"annotators": {"m": 3}}, "prices are a mapping"),
        ({"annotators": {"m": {"inputs": 1}}}, "unknown price 'inputs'"),
        ({"annotators": {"m": {"input": -1}}}, "input is an amount of 0 or more"),
        ({"annotators": {"m": {"input": float("nan")}}}, "input is an amount"),
        ({"annotators": {"m": {"input": True}}}, "input is an amount"),
    ],
)
def test_a_price_list_that_is_none_is_refused(content: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        price_list(content)


def test_a_price_list_is_read_with_its_name_and_currency() -> None:
    content = {"name": "spring", "currency": "EUR", "annotators": {"m": {"input": 2, "bonus": 1}}}
    found = price_list(content)
    assert (found.name, found.currency) == ("spring", "EUR")
    assert found.rates["m"] == Rates(Prices(input=2.0), 1.0)
    with pytest.raises(InputError, match="one record or more"):
        costs([], [], found).projected(0)


def test_the_people_who_earned_a_bonus_are_a_whole_number() -> None:
    def listed(earned: float) -> PriceList:
        return price_list({"annotators": {"p": {"bonus": 1, "earned": earned}}}, "prices.yaml")

    assert listed(2.0).rates["p"].earned == 2
    assert listed(1).rates["p"].earned == 1
    assert listed(0).rates["p"].earned == 0
    assert (listed(2).name, listed(2).currency) == ("prices.yaml", "USD")
    with pytest.raises(InputError, match=r"earned is a number of people, not 1\.5"):
        listed(1.5)
    with pytest.raises(InputError, match="needs `annotators`, each with its prices"):
        price_list({"annotators": [1]})


def test_a_file_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("currency: EUR\nannotators: {m: {input: 2}}\n")
    assert read_prices(path) == PriceList(str(path), "EUR", {"m": Rates(Prices(input=2.0))})
    path.write_text("currency: EUR\nannotators: " + "[" * 3_000)
    with pytest.raises(SpecError, match=r"prices\.yaml:2: "):
        read_prices(path)
    with pytest.raises(InputError, match="does not exist"):
        read_prices(tmp_path / "none.yaml")
