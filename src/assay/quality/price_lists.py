"""Price lists in files: what each annotator costs."""

from collections.abc import Mapping
from pathlib import Path

from assay.core.cost import Prices
from assay.core.errors import InputError
from assay.quality.costs import PriceList, Rates
from assay.taskfile.document import composed


def read_prices(path: Path) -> PriceList:
    """From a file in YAML or JSON; InputError or SpecError that names it."""
    try:
        _, content = composed(path, "a price list is a mapping with `annotators`")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    return price_list(content, str(path))


def price_list(content: object, place: str = "the price list") -> PriceList:
    """From YAML or JSON: name, currency, and under `annotators` the rates of each."""
    if not isinstance(content, Mapping) or not isinstance(content.get("annotators"), Mapping):
        raise InputError(f"{place}: needs `annotators`, each with its prices")
    rates = {
        str(name): _rates(given, f"{place}: annotator {str(name)!r}")
        for name, given in content["annotators"].items()
    }
    name, currency = content.get("name", place), content.get("currency", "USD")
    return PriceList(str(name), str(currency), rates)


PRICES = (
    "input", "cached", "output", "per_request", "gpu_hour", "human_hour", "human_label",
)  # fmt: skip


def _rates(given: object, where: str) -> Rates:
    def fits(amount: float) -> bool:
        return 0 <= amount < float("inf")

    if not isinstance(given, Mapping):
        raise InputError(f"{where}: prices are a mapping such as {{input: 2.5, output: 10}}")
    known = (*PRICES, "bonus", "earned")
    for name, amount in given.items():
        if name not in known:
            raise InputError(f"{where}: unknown price {name!r}; there are {', '.join(known)}")
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not fits(amount):
            raise InputError(f"{where}: {name} is an amount of 0 or more, not {amount!r}")
    earned = given.get("earned")
    if earned is not None and earned % 1:
        raise InputError(f"{where}: earned is a number of people, not {earned!r}")
    prices = Prices(**{name: float(given[name]) for name in PRICES if name in given})
    return Rates(prices, float(given.get("bonus", 0.0)), None if earned is None else int(earned))
