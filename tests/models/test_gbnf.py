"""A schema's grammar, rule by rule."""

import pytest

from assay.core.errors import SpecError
from assay.models.gbnf import expression, gbnf


@pytest.mark.parametrize(
    ("schema", "rule"),
    [
        ({"enum": ["a", 'say "b"', None]}, r'("\"a\"" | "\"say \\\"b\\\"\"" | "null")'),
        ({"enum": ["é"]}, r'("\"é\"")'),
        ({"anyOf": [{"type": "null"}, {"type": "number"}]}, "(null | number)"),
        ({"type": "object"}, '"{}"'),
        ({"type": "array", "items": {"type": "integer"}}, '("[" (integer (", " integer)*)? "]")'),
        *(({"type": k}, k) for k in ("string", "number", "integer", "boolean", "null")),
        (
            {"type": "object", "properties": {"a": {"type": "string"}, "b": {"enum": [1]}}},
            r'("{" "\"a\": " string ", " "\"b\": " ("1") "}")',
        ),
    ],
)
def test_a_schema_becomes_one_rule(schema: dict[str, object], rule: str) -> None:
    assert expression(schema) == rule


def test_a_grammar_starts_at_its_root_and_knows_its_terminals() -> None:
    first, *rest = gbnf({"type": "string"}).splitlines()
    assert first == "root ::= string"
    assert [line.split(" ::= ")[0] for line in rest] == [
        "string", "char", "integer", "number", "boolean", "null",
    ]  # fmt: skip
    assert gbnf({"type": "null"}).endswith('null ::= "null"\n')


@pytest.mark.parametrize("schema", [{}, {"type": "date"}])
def test_what_it_cannot_express_is_refused(schema: dict[str, object]) -> None:
    with pytest.raises(SpecError, match="JSON schema of type"):
        expression(schema)


def test_a_bounded_list_ends() -> None:
    items = {"type": "array", "items": {"type": "null"}}
    assert expression(items) == '("[" (null (", " null)*)? "]")'
    assert expression(items | {"maxItems": 3}) == '("[" (null (", " null){0,2})? "]")'
    assert expression(items | {"maxItems": 1}) == '("[" (null)? "]")'
