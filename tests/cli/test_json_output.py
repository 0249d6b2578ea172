import pytest

from assay.cli.json_output import print_json


def test_letters_stay_as_they_are_and_every_key_has_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_json({"label": "gut – é", "n": 1})
    assert capsys.readouterr().out == '{\n  "label": "gut – é",\n  "n": 1\n}\n'


def test_a_number_that_json_does_not_have_is_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="Out of range float values"):
        print_json({"n": float("nan")})
    assert capsys.readouterr().out == ""
