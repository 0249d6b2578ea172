"""What a kind of annotator or strategy says of itself, kind by kind."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from assay.taskfile.annotators import AnnotatorSpec
from assay.taskfile.specs import BudgetSpec, FormSpec
from assay.taskfile.strategies import StrategySpec

URL = {"base_url": "http://127.0.0.1:9/v1"}
# its options; whether it learns from calibration gold, whether its answers are people's
ANNOTATORS: list[tuple[dict[str, Any], bool, bool]] = [
    ({"kind": "openai", "model": "m", **URL}, False, False),
    ({"kind": "anthropic", "model": "m"}, False, False),
    ({"kind": "gemini", "model": "m"}, False, False),
    ({"kind": "embedded"}, False, False),
    ({"kind": "transformers", "model": "m"}, False, False),
    ({"kind": "picture"}, False, False),
    ({"kind": "hub", "model": "m"}, False, False),
    ({"kind": "hub", "model": "m", "train": True}, True, False),
    ({"kind": "rule", "rule": "vader"}, False, False),
    ({"kind": "classifier"}, True, False),
    ({"kind": "recorded", "path": "a.csv"}, False, False),
    ({"kind": "recorded", "path": "a.csv", "people": True}, False, True),
    ({"kind": "panel"}, False, True),
    ({"kind": "plugin", "plugin": "p"}, False, False),
    ({"kind": "plugin", "plugin": "p", "train": True}, True, False),
]
STRATEGIES: list[tuple[dict[str, Any], bool]] = [
    *(({"kind": kind}, False) for kind in ("single", "vote", "chain", "hybrid", "joint", "review",
                                           "active", "attributes", "sequential", "triage")),
    *(({"kind": kind}, True) for kind in ("retrieved", "explain", "tags", "specialists",
                                          "principled")),
    ({"kind": "sequential", "miscoverage": 0.1}, True),
    ({"kind": "triage", "criterion": "errors"}, True),
    ({"kind": "triage", "criterion": "hardness", "judge": "j"}, False),
]  # fmt: skip


def spec(known: Any, content: dict[str, Any]) -> Any:
    return TypeAdapter[Any](known).validate_python(content)


@pytest.mark.parametrize(("content", "learns", "human"), ANNOTATORS, ids=str)
def test_an_annotator_learns_or_is_human(
    content: dict[str, Any], learns: bool, human: bool
) -> None:
    found = spec(AnnotatorSpec, content)
    assert (found.learns, found.human) == (learns, human)


@pytest.mark.parametrize(("content", "learns"), STRATEGIES, ids=str)
def test_a_strategy_learns_from_gold_or_does_not(content: dict[str, Any], learns: bool) -> None:
    assert spec(StrategySpec, content).learns is learns


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_no_number_of_a_task_file_is_infinite_or_none(value: float) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        spec(StrategySpec, {"kind": "hybrid", "threshold": value})


def test_the_smallest_form_and_budget_are_taken_and_empty_ones_are_not() -> None:
    field = {"answer": {"kind": "choice", "labels": ["a"]}}
    assert list(FormSpec.model_validate({"kind": "form", "fields": {"f": field}}).fields) == ["f"]
    assert BudgetSpec.model_validate({"minutes": 0.5}).minutes == 0.5
    with pytest.raises(ValidationError):
        FormSpec.model_validate({"kind": "form", "fields": {}})
    with pytest.raises(ValidationError):
        BudgetSpec.model_validate({"minutes": 0})
