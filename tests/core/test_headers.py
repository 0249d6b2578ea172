"""Headers of a task file: secrets come from the environment."""

import pytest

from assay.core.errors import ModelError, SpecError
from assay.core.headers import check_headers, filled, over
from assay.core.redact import hide


def test_a_variable_is_filled_in_and_hidden_from_then_on() -> None:
    given = {"Authorization": "Bearer ${TOKEN_X}", "anthropic-beta": "b"}
    found = filled(given, {"TOKEN_X": " made-up-value-1 "})
    assert found == {"Authorization": "Bearer made-up-value-1", "anthropic-beta": "b"}
    assert "made-up-value-1" not in hide("it said made-up-value-1")


@pytest.mark.parametrize("value", ["", "  ", "ké", "a\nb"])
def test_a_variable_without_a_usable_value_is_named(value: str) -> None:
    with pytest.raises(ModelError, match="TOKEN_X"):
        filled({"a": "${TOKEN_X}"}, {"TOKEN_X": value})


@pytest.mark.parametrize("name", ["api-key", "Authorization", "X-Token", "Cookie"])
def test_a_secret_in_the_file_is_refused_and_not_shown(name: str) -> None:
    check_headers({name: "${KEY}"})
    with pytest.raises(SpecError, match=r"name an environment variable") as refused:
        check_headers({name: "sk-123456"})
    assert "123456" not in str(refused.value)


@pytest.mark.parametrize(("name", "value"), [("a b", "x"), ("", "x"), ("a", "x\ny")])
def test_what_is_no_header_is_refused(name: str, value: str) -> None:
    with pytest.raises(SpecError, match="is not a header"):
        check_headers({name: value})


def test_a_header_takes_the_place_of_its_namesake() -> None:
    assert over({"A": "1", "B": "2"}, {"a": "3"}) == {"B": "2", "a": "3"}
