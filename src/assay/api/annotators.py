"""Annotators from plain Python: names of models, functions, annotators, one or several."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit

from assay.annotators.function import Function
from assay.annotators.llm import LLM, Billing
from assay.annotators.mapping import BY_NAME as MAPPINGS
from assay.annotators.recorded import Recorded
from assay.annotators.room import more_than, tokens_for
from assay.core.cost import Budget, Prices
from assay.core.errors import InputError, SpecError, meant
from assay.core.schema import Schema
from assay.models.base import Options
from assay.models.hosted import Address
from assay.models.openai import OpenAI
from assay.run.ask import Askable
from assay.strategies.base import Strategy

Who: TypeAlias = str | Callable[[Any], Any] | Askable
"""A model's name, a function of the text, or an annotator."""
Given: TypeAlias = Who | Sequence[Who] | Mapping[str, Who]

OPENAI = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Endpoint and options of named models; `key_env` names the variable with the key.

    Without an address it is OpenAI's, and only that one is sent OPENAI_API_KEY by default.
    """

    base_url: str | None = None
    key_env: str | None = None
    prices: Prices | None = None
    mapping: str = "pattern"
    seed: int | None = None
    budget: Budget | None = None

    def model(self, name: str, schema: Schema) -> LLM:
        if not name.strip():
            raise SpecError("the name of a model is empty")
        if self.mapping not in MAPPINGS:
            raise SpecError(f"no mapping {self.mapping!r}; {meant(self.mapping, MAPPINGS)}")
        if self.budget is not None and self.budget.cap_nanos is not None and self.prices is None:
            raise SpecError(
                "a budget needs prices=assay.Prices(input=…, output=…), per million tokens: "
                "without them every call counts as free"
            )
        tokens = tokens_for(schema, MAPPINGS[self.mapping].form)
        decoding = Options(tokens, seed=self.seed, grows=True, more_tokens=more_than(tokens))
        billing = Billing(self.prices or Prices(), self.budget)
        model = OpenAI(name, Address(self.base_url or OPENAI, self._key))
        return LLM(model, MAPPINGS[self.mapping], decoding, billing)

    @property
    def _key(self) -> str | None:
        if self.key_env is not None:
            return self.key_env
        same = urlsplit(self.base_url or OPENAI).hostname == urlsplit(OPENAI).hostname
        return OPENAI_KEY if same else None


def annotators_of(given: Given | None, endpoint: Endpoint, schema: Schema) -> dict[str, Askable]:
    """By name, in the order given; InputError for anything that is not an annotator."""
    if given is None:
        raise InputError("name an annotator: model='gpt-4o-mini', or annotators=[…]")
    named = _named(given)
    if not named:
        raise InputError("no annotator is given: model='gpt-4o-mini', or annotators=[…]")
    made = {name: _made(name, who, endpoint, schema) for name, who in named.items()}
    owner: dict[str, str] = {}
    for name, who in made.items():
        if (other := owner.setdefault(who.id, name)) != name:
            raise InputError(f"annotators {other!r} and {name!r} are one: both are {who.id}")
    return made


def unpriced_in(given: Given | None, endpoint: Endpoint) -> tuple[str, ...]:
    """Models asked by name at an endpoint whose prices nobody gave."""
    if given is None or endpoint.prices is not None:
        return ()
    return tuple(name for name, who in _named(given).items() if isinstance(who, str))


def _named(given: Given) -> dict[str, Who]:
    if isinstance(given, Mapping):
        for name in given:
            if not isinstance(name, str) or not name.strip():
                raise InputError(f"annotators are named by a text, not by {name!r}")
        return dict(given)
    several = cast("Sequence[Who]", given if isinstance(given, list | tuple) else [given])
    found: dict[str, Who] = {}
    for who in several:
        name = plain = _name(who)
        count = 1
        while name in found:
            count += 1
            name = f"{plain}_{count}"
        found[name] = who
    return found


def _name(who: Who) -> str:
    if isinstance(who, str | LLM):
        return who if isinstance(who, str) else who.model.id
    for key in ("name", "__name__", "id"):
        if isinstance(said := getattr(who, key, None), str) and said:
            return said.strip("<>")
    return type(who).__name__


def _made(name: str, who: Who, endpoint: Endpoint, schema: Schema) -> Askable:
    if isinstance(who, str):
        return endpoint.model(who, schema)
    if isinstance(who, Strategy) and isinstance(who.id, str):
        return who
    if hasattr(who, "annotate") and isinstance(getattr(who, "id", None), str):
        return capped(who, endpoint.budget)  # type: ignore[arg-type]
    if callable(who) and not isinstance(who, type):
        return Function.of(name, who)
    raise InputError(
        f"annotator {name!r} is of type {type(who).__name__}: give the name of a model, a function "
        "of the text, or an annotator with an id"
    )


def capped(who: Askable, budget: Budget | None) -> Askable:
    """The same with this budget, if it accepts one and has none of its own."""
    if budget is None:
        return who
    if isinstance(who, LLM) and who.billing.budget is None:
        return replace(who, billing=replace(who.billing, budget=budget))
    if isinstance(who, Recorded) and who.budget is None:
        return replace(who, budget=budget)
    return who
