"""What is wrong with a task file, in plain words."""

from typing import Any

import pytest

from assay.taskfile.errors import kindless, validation_error


def error(kind: str, given: object = None, msg: str = "", **ctx: object) -> dict[str, Any]:
    return {"type": kind, "input": given, "msg": msg, "ctx": ctx}


@pytest.mark.parametrize(
    ("errors", "place", "said"),
    [
        ([error("missing")], "question",
         "`question` is missing: `question: Which tone has the text?`"),
        ([error("missing")], "gold.path", "`gold.path` is missing: `path: texts.csv`"),
        ([error("missing")], "gold.odd", "`gold.odd` is missing"),
        ([error("literal_error", "voet", expected="'vote', 'chain' or 'single'")], "strategy.kind",
         "`strategy.kind`: no kind is called 'voet'; did you mean 'vote'?"),
        ([error("union_tag_invalid", {}, tag="chioce", expected_tags="'choice', 'multi'")],
         "answer",
         "`answer`: nothing is called 'chioce'; did you mean 'choice'?"),
        ([error("string_type", True)], "name",
         "`name`: true and false are not text in YAML; put them in quotes"),
        ([error("string_type", 5)], "name", "`name`: 5 stands here; a text is wanted, such as "
         "`name: my-task`"),
        ([error("too_short", [], min_length=1)], "examples",
         "`examples`: an empty list stands here; at least one entry is wanted, such as "
         "`examples: [{text: How lovely!, answer: good}]`"),
        ([error("too_short", ["a"], min_length=2)], "x",
         "`x`: a list stands here; at least 2 entries are wanted"),
        ([error("dict_type", None)], "x", "`x`: nothing stands here; keys with values are wanted"),
        ([error("dict_type", ""), error("list_type", "")], "x",
         "`x`: nothing stands here; keys with values or a list is wanted"),
        ([error("int_type", {}), error("int_parsing", {})], "x",
         "`x`: no key stands here; a whole number is wanted"),
        ([error("float_type", {"a": 1})], "x",
         "`x`: keys with values stand here; a number is wanted"),
        ([error("list_type", True)], "x", "`x`: true stands here; a list is wanted"),
        ([error("greater_than", 0, gt=0.5)], "x", "`x`: 0 stands here; more than 0.5 is wanted"),
        ([error("less_than_equal", 2, le=1)], "x", "`x`: 2 stands here; 1 at most is wanted"),
        ([error("value_error", 2, "Value error, It is odd")], "x", "`x`: it is odd"),
        ([error("list_type", "a" * 38)], "x", f"`x`: '{'a' * 38}' stands here; a list is wanted"),
        ([error("list_type", "a" * 39)], "x", f"`x`: '{'a' * 38}… stands here; a list is wanted"),
        ([error("model_type", 3)], "annotators.m",
         "`annotators.m`: 3 stands here; keys with values are wanted, such as "
         "`{kind: rule, rule: vader}`"),
        ([error("string_type", 3), error("odd", 3)], "strategy.annotators",
         "`strategy.annotators`: 3 stands here; a text is wanted, such as "
         "`annotators: [small, large]`"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_what_stands_there_and_what_is_wanted(
    errors: list[dict[str, Any]], place: str, said: str
) -> None:
    assert validation_error(errors, place) == said


def test_without_a_kind_all_kinds_are_named() -> None:
    assert kindless("answer", ["choice", "multi"]) == (
        "`answer.kind` is missing: one of choice, multi, such as `kind: choice`"
    )
