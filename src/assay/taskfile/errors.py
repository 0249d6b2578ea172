"""Validation errors of pydantic in plain words: what was found, what is
expected, and an example."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from assay.core.errors import meant
from assay.core.redact import hide

KEYS, LIST, TEXT = "keys with values", "a list", "a text"
WANTED = {
    "dict_type": KEYS,
    "model_type": KEYS,
    "model_attributes_type": KEYS,
    "list_type": LIST,
    "string_type": TEXT,
    "string_too_short": TEXT,
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "`true` or `false`",
    "bool_parsing": "`true` or `false`",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than": "less than {lt:g}",
    "less_than_equal": "{le:g} at most",
    "string_pattern_mismatch": "a word of letters, digits, `-` and `_`",
}
EXAMPLES = {
    "name": "name: my-task",
    "data": "data: {path: texts.csv, text: text}",
    "path": "path: texts.csv",
    "question": "question: Which tone has the text?",
    "answer": "answer: {kind: choice, labels: [good, bad]}",
    "labels": "labels: [good, bad]",
    "fields": "fields: {tone: {answer: {kind: choice, labels: [good, bad]}}}",
    "annotators": "annotators: {small: {kind: embedded}}",
    "strategy.annotators": "annotators: [small, large]",
    "base_url": "base_url: https://api.openai.com/v1",
    "rule": "rule: vader",
    "examples": "examples: [{text: How lovely!, answer: good}]",
    "strategy": "strategy: {kind: vote}",
    "thresholds": "thresholds: [0.9]",
    "gold": "gold: {path: gold.csv}",
    "budget": "budget: {money: 5}",
    "prices": "prices: {input: 0.15, output: 0.6}",
    "candidates": "candidates: [{name: small}, {name: large}]",
    "aliases": "aliases: [fine, great]",
}
INSIDE = {"annotators": "{kind: rule, rule: vader}", "examples": "{text: Fine!, answer: good}"}


def validation_error(errors: list[Any], place: str, kind: str | None = None) -> str:
    """One message for the errors at one place; there are several if alternatives are allowed.
    `kind`: of the mapping that the place is in, if it has one."""
    error = errors[0]
    if error["type"] == "missing":
        return _missing(place, kind)
    return _mistake(errors, place)


def _mistake(errors: list[Any], place: str) -> str:
    error = errors[0]
    kind = error["type"]
    if kind in ("literal_error", "union_tag_invalid"):
        return _unknown(error, place)
    if kind == "string_type" and isinstance(error["input"], bool):
        return f"`{place}`: true and false are not text in YAML; put them in quotes"
    if kind == "too_short":
        least = error["ctx"]["min_length"]
        some = "at least one entry is" if least == 1 else f"at least {least} entries are"
        return f"`{place}`: {_stands(error['input'])} here; {some} wanted{_such_as(place)}"
    wanted = [WANTED[e["type"]].format(**e.get("ctx", {})) for e in errors if e["type"] in WANTED]
    if not wanted:
        said = str(error["msg"]).removeprefix("Value error, ")
        return f"`{place}`: {said[0].lower() + said[1:]}"
    either = " or ".join(dict.fromkeys(wanted))
    verb = "are" if either == KEYS else "is"
    return f"`{place}`: {_stands(error['input'])} here; {either} {verb} wanted{_such_as(place)}"


def _missing(place: str, kind: str | None) -> str:
    if kind is None:
        return f"`{place}` is missing{_such_as(place, ': ')}"
    return f"`{place}` is missing: kind `{kind}` needs it{_such_as(place)}"


def kindless(place: str, kinds: Sequence[str]) -> str:
    shown = "embedded" if "embedded" in kinds else kinds[0]
    return f"`{place}.kind` is missing: one of {', '.join(kinds)}, such as `kind: {shown}`"


def unknown_key(key: str, names: Iterable[str]) -> str:
    return f"unknown key `{key:.80}`; {meant(key, names, '`')}"


def misplaced(place: str, kind: str, takes: Sequence[str], others: Iterable[str]) -> str:
    """An option that other kinds take."""
    own = f"it takes {_listed(takes)}" if takes else "it takes no options"
    option = place.rpartition(".")[2]
    users = _listed(others)
    return f"`{place}`: kind `{kind}` does not use it; {own}; `{option}` is for kind {users}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _unknown(error: Any, place: str) -> str:
    ctx = error["ctx"]
    given, known = ctx.get("tag", error["input"]), ctx.get("expected_tags") or ctx["expected"]
    what = "no kind is called" if place.rpartition(".")[2] == "kind" else "nothing is called"
    names = re.findall(r"'([^']*)'", known)
    return f"`{place}`: {what} {given!r}; {meant(str(given), names)}"


def _stands(given: object) -> str:
    if isinstance(given, dict):
        return "keys with values stand" if given else "no key stands"
    if isinstance(given, list):
        return "a list stands" if given else "an empty list stands"
    if given is None or given == "":
        return "nothing stands"
    shown = str(given).lower() if isinstance(given, bool) else repr(given)
    shown = hide(shown)  # before a key or a password is cut, and no longer known
    return f"{shown if len(shown) <= 40 else shown[:39] + '…'} stands"


def _such_as(place: str, before: str = ", such as ") -> str:
    above, _, last = place.rpartition(".")
    shown = EXAMPLES.get(place) or EXAMPLES.get(last) or INSIDE.get(above)
    return f"{before}`{shown}`" if shown else ""
