"""Schemas without the words that a provider does not take."""

from assay.core.schema import Form, FreeText, MultiChoice, Scale
from assay.models.json_schema import BOUNDS, STRINGS, without


def test_bounds_are_left_out_at_every_depth_and_properties_stay() -> None:
    form = Form({"minimum": Scale(1, 5), "why": FreeText(), "tags": MultiChoice(["a"])})
    bare = without(form.json_schema(), BOUNDS)["properties"]
    assert bare["minimum"] == {"type": "integer"}
    assert bare["why"] == {"type": "string"}
    assert "maxItems" not in bare["tags"]
    kept = without(form.json_schema(), STRINGS)["properties"]
    assert kept["minimum"] == {"type": "integer", "minimum": 1.0, "maximum": 5.0}
    assert kept["tags"]["maxItems"] == 1


def test_lists_of_schemas_are_gone_through() -> None:
    schema = {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}], "required": ["a"]}
    assert without(schema, STRINGS) == {
        "anyOf": [{"type": "string"}, {"type": "null"}],
        "required": ["a"],
    }
