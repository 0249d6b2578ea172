"""YAML that says what cannot be: one line with the file's line, whatever it is."""

from pathlib import Path

import pytest

from assay.data.document import LocatedError, composed

BEFORE = "name: x\n"
BAD = {
    "a date of no calendar": "guideline: 2024-13-45",
    "a moment of no day": "guideline: 2024-01-01T25:61:61Z",
    "binary without digits": "guideline: 0b_",
    "hex without digits": "guideline: 0x_",
    "a word for a number": "guideline: !!int abc",
    "a word for a fraction": "guideline: !!float abc",
    "a word for a date": "guideline: !!timestamp abc",
    "a word for truth": "guideline: !!bool maybe",
    "a word for bytes": "guideline: !!binary é",
    "a list for a number": "guideline: !!int [1]",
    "digits without end": "guideline: " + "9" * 5_000,
    "sixties without end": "guideline: " + ":".join(["59"] * 3_000),
    "hex without end": "guideline: 0x" + "f" * 9_000,
    "brackets without end": "guideline: " + "[" * 3_000,
    "braces without end": "guideline: " + "{a: " * 3_000,
    "closed brackets": "guideline: " + "[" * 3_000 + "]" * 3_000,
    "dashes": "guideline:\n" + "".join(" " * i + "-\n" for i in range(1, 400)),
    "code": "guideline: !!python/object/apply:os.system [ls]",
    "another tag": "guideline: !mine 5",
    "a key that is a list": "? [a, b]\n: 1",
    "an unknown alias": "guideline: *nowhere",
}
BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)
MERGES = "a0: &a0 {k: 1}\n" + "".join(
    f"a{i}: &a{i}\n  <<: [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_one_line_with_its_place(case: str, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(BEFORE + BAD[case] + "\n", encoding="utf-8")
    with pytest.raises(LocatedError) as caught:
        composed(path, "a mapping")
    said = str(caught.value)
    line = int(said.removeprefix(f"{path}:").partition(":")[0])
    assert line >= 2
    assert len(said) < 300 + len(str(path))


@pytest.mark.parametrize("bomb", [BOMB, MERGES])
def test_aliases_that_multiply_are_refused_before_they_do(bomb: str, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(bomb)
    with pytest.raises(LocatedError, match="stand for more than 1,000,000 values"):
        composed(path, "a mapping")


def test_aliases_that_do_not_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("a: &a {k: [1, 2]}\nb: *a\nc:\n  <<: *a\n  d: 2024-12-31\n")
    content = composed(path, "a mapping")[1]
    assert content["b"] == content["a"]
    assert content["c"]["k"] == [1, 2]
