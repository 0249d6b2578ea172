"""A JSON schema as a llama.cpp grammar: the shapes that Assay's own schemas ask for."""

import json
from collections.abc import Mapping
from typing import Any

from assay.core.errors import SpecError

TERMINALS = r"""
string ::= "\"" char* "\""
char ::= [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F])
integer ::= "-"? ("0" | [1-9] [0-9]{0,8})
number ::= integer ("." [0-9]{1,6})?
boolean ::= "true" | "false"
null ::= "null"
"""  # noqa: E501


def gbnf(schema: Mapping[str, Any]) -> str:
    """SpecError for what it cannot express; every property is written, in the given order."""
    return f"root ::= {expression(schema)}\n{TERMINALS.strip()}\n"


def expression(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return (
            "("
            + " | ".join(literal(json.dumps(e, ensure_ascii=False)) for e in schema["enum"])
            + ")"
        )
    if "anyOf" in schema:
        return "(" + " | ".join(expression(option) for option in schema["anyOf"]) + ")"
    kind = schema.get("type")
    if kind == "object":
        return properties(schema.get("properties", {}))
    if kind == "array":
        item = expression(schema["items"])
        return f'("[" ({item}{_more(item, schema)})? "]")'
    if kind in ("string", "number", "integer", "boolean", "null"):
        return str(kind)
    raise SpecError(f"the embedded model cannot be bound to a JSON schema of type {kind!r}")


def _more(item: str, schema: Mapping[str, Any]) -> str:
    """The items after the first."""
    if "maxItems" not in schema:
        return f' (", " {item})*'
    more = schema["maxItems"] - 1
    return f' (", " {item}){{0,{more}}}' if more > 0 else ""


def properties(parts: Mapping[str, Any]) -> str:
    written = [f"{literal(json.dumps(n) + ': ')} {expression(s)}" for n, s in parts.items()]
    return '("{" ' + ' ", " '.join(written) + ' "}")' if written else '"{}"'


def literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
