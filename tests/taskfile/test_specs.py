"""What may replace a task file: every default, every bound, as the published schema has them."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from assay.taskfile import annotators, answering, hosted, specs, strategies
from assay.taskfile.annotators import AnnotatorSpec
from assay.taskfile.kinds import kinds
from assay.taskfile.specs import DataSpec, RegistrySpec
from assay.taskfile.strategies import StrategySpec

SCHEMA = json.loads(files("assay.taskfile").joinpath("task.schema.json").read_text("utf-8"))
PARTS = (specs, annotators, answering, hosted, strategies)
NEEDED: dict[str, dict[str, object]] = {
    **{
        model.__name__: {"kind": kind}
        for union in (AnnotatorSpec, StrategySpec)
        for kind, model in kinds(union).items()
    },
    "OpenAISpec": {"kind": "openai", "model": "m", "base_url": "u"},
    "AnthropicSpec": {"kind": "anthropic", "model": "m"},
    "GeminiSpec": {"kind": "gemini", "model": "m"},
    "OllamaSpec": {"kind": "ollama", "model": "m"},
    "TransformersSpec": {"kind": "transformers", "model": "m"},
    "HubSpec": {"kind": "hub", "model": "m"},
    "RuleSpec": {"kind": "rule", "rule": "vader"},
    "RecordedSpec": {"kind": "recorded", "path": "a.csv"},
    "TeamSpec": {"kind": "strategy", "strategy": {"kind": "vote"}},
    "PluginSpec": {"kind": "plugin", "plugin": "p"},
    "DataSpec": {"path": "a.csv"},
    "ExampleSpec": {"answer": "a"},
    "FieldSpec": {"answer": {"kind": "text"}},
    "LabelSpec": {"name": "a"},
    "ScaleSpec": {"kind": "scale", "low": 0, "high": 1},
    "TextSpec": {"kind": "text"},
    "TaskFile": {
        "name": "t", "data": {"path": "a.csv"}, "question": "q", "answer": {"kind": "text"},
        "annotators": {"m": {"kind": "panel"}},
    },
    **{
        f"{kind.title()}Spec": {"kind": kind, "labels": ["a"]}
        for kind in ("choice", "multi", "spans", "boxes")
    },
    "FormSpec": {"kind": "form", "fields": {"f": {"answer": {"kind": "text"}}}},
}  # fmt: skip

ONLY_WITH: dict[tuple[str, str], dict[str, object]] = {  # without which an option has no use
    **{
        (model, option): {"mapping": "json"}
        for model in ("EmbeddedSpec", "TransformersSpec")
        for option in ("max_tokens", "temperature", "top_p", "seed")
    },
    ("SpecialistsSpec", "n_specialists"): {"registry": "r.yaml", "controller": "m"},
}


def described() -> Iterator[tuple[type[BaseModel], str, dict[str, Any]]]:
    """Each model, its fields, and what the schema says of them."""
    for name, one in {**SCHEMA["$defs"], "TaskFile": SCHEMA}.items():
        for field, said in one["properties"].items():
            [model] = {getattr(part, name) for part in PARTS if hasattr(part, name)}
            yield model, field, said


def made(model: type[BaseModel], **more: object) -> Any:
    return model(**{**NEEDED.get(model.__name__, {}), **more})


def bounds(said: dict[str, Any]) -> Iterator[tuple[float, float]]:
    """The last value that is taken, and the first that is not."""
    for one in (said, *said.get("anyOf", ())):
        step = 1 if one.get("type") == "integer" else 1e-9
        for key, way in (("minimum", -1), ("maximum", 1)):
            if key in one:
                yield one[key], one[key] + way * max(step, abs(one[key]) * 1e-9)
        for key, way in (("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):
            if key in one:
                yield one[key] + way * step, one[key]


def test_what_is_left_out_is_what_the_schema_says() -> None:
    found = [(m, f, said["default"]) for m, f, said in described() if "default" in said]
    assert len(found) > 80
    for model, field, default in found:
        own = json.loads(made(model).model_dump_json(exclude_unset=False))[field]
        if isinstance(default, dict):  # of a model within: its fields are looked at as its own
            own = {name: own[name] for name in default}
        assert own == NEEDED.get(model.__name__, {}).get(field, default), (model.__name__, field)


def test_every_bound_is_where_the_schema_says() -> None:
    tried = 0
    for model, field, said in described():
        for last, beyond in bounds(said):
            others = ONLY_WITH.get((model.__name__, field), {})
            made(model, **others, **{field: last})
            with pytest.raises(ValidationError):
                made(model, **others, **{field: beyond})
            tried += 1
    assert tried > 50


def test_what_may_not_be_empty_has_one_entry() -> None:
    for model, field, said in described():
        if "minItems" in said or "minProperties" in said or "minLength" in said:
            least = [said[key] for key in said if key.startswith("min")]
            assert least == [1], (model.__name__, field)
            with pytest.raises(ValidationError):
                made(model, **{field: NEEDED[model.__name__][field].__class__()})
        made(model)


def test_a_registry_is_a_choice_between_two_at_least() -> None:
    one, two = {"name": "a"}, {"name": "b"}
    with pytest.raises(ValidationError):
        RegistrySpec.model_validate({"candidates": [one]})
    found = RegistrySpec.model_validate({"candidates": [one, two]}).candidates
    assert [(c.name, c.description, c.labels, c.learner) for c in found] == [
        ("a", "", {}, None), ("b", "", {}, None),
    ]  # fmt: skip
    assert made(DataSpec).texts == ("text",)


@pytest.mark.parametrize("name", ["a b", "", "a/b", "ü!"])
def test_the_name_of_a_task_is_a_word(name: str) -> None:
    with pytest.raises(ValidationError):
        made(specs.TaskFile, name=name)
    assert made(specs.TaskFile, name="my-task_2").name == "my-task_2"
