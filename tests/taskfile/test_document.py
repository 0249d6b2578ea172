"""YAML that says what cannot be: one line with the file's line, whatever it is."""

from pathlib import Path

import pytest

from assay.core.document_path import LocatedError, as_written, at_document_path, at_path
from assay.core.errors import InputError, SpecError
from assay.core.jsons import DEEPEST
from assay.data.inputs import Files, files
from assay.taskfile.document import composed

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
    with pytest.raises(LocatedError, match="expand to more than 1,000,000 values"):
        composed(path, "a mapping")


def test_aliases_that_do_not_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("a: &a {k: [1, 2]}\nb: *a\nc:\n  <<: *a\n  d: 2024-12-31\n")
    content = composed(path, "a mapping")[1]
    assert content["b"] == content["a"]
    assert content["c"]["k"] == [1, 2]


@pytest.mark.parametrize(("levels", "read"), [(DEEPEST - 2, True), (DEEPEST - 1, False)])
def test_levels_are_read_up_to_the_deepest(levels: int, read: bool, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("a: " + "[" * levels + "1" + "]" * levels)
    if read:
        assert composed(path, "a mapping")[1]["a"]
    else:
        with pytest.raises(LocatedError, match=f"t.yaml:1: nested more than {DEEPEST} levels deep"):
            composed(path, "a mapping")


def test_the_line_is_where_too_many_levels_are_open(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("a: 1\nb:\n" + " [\n" * 3_000)
    line = 2 + DEEPEST  # the mapping is a level too
    with pytest.raises(LocatedError, match=rf"t\.yaml:{line}: nested more than"):
        composed(path, "a mapping")


def test_a_key_that_is_there_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("a: 1\nb:\n  - c: 1\n    d: 2\n    c: 3\n")
    with pytest.raises(LocatedError, match=r"t\.yaml:5: `b\.0\.c` is a duplicate of .*:3; keep"):
        composed(path, "a mapping")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"- a\n", "t.yaml:1: a mapping"),
        (b"", "t.yaml:1: a mapping"),
        (b"a: 1\nb: \xff\n", "t.yaml:2: not UTF-8; save the file as UTF-8"),
        (b"\na: \xff\n", "t.yaml:2: not UTF-8"),
        (b"\n\na: 1\xff\n\n", "t.yaml:3: not UTF-8"),
        (b"\xff", "t.yaml:1: not UTF-8"),
        (b"a\0\xff", "t.yaml is not a text file; a mapping"),
        (b"a: 1\nb: [\n", "t.yaml:3: not valid YAML"),
    ],
)
def test_what_is_no_mapping_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(content)
    with pytest.raises(LocatedError) as caught:
        composed(path, "a mapping")
    assert said in str(caught.value)


def test_a_mistake_has_the_line_of_its_key_or_of_the_nearest_above(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("a:\n  b:\n    - c: 1\n    - d: 2\n")
    document = composed(path, "a mapping")[0]
    places = [
        ("a", 1),
        ("a b", 2),
        ("a b 1", 4),
        ("a b 1 d", 4),
        ("a b 9", 2),
        ("a x y", 1),
        ("", 1),
    ]
    for words, line in places:
        keys = [int(word) if word.isdigit() else word for word in words.split()]
        assert document.line(keys) == line, words
    assert str(document.mistake("no", "a", "b", 0)) == f"{path}:3: `a.b.0`: no"
    assert str(document.mistake("no")) == f"{path}:1: no"


def test_blocks_put_keys_together_and_a_place_from_the_top_stays(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("a:\n  b: 1\nc: 2\n")
    document = composed(path, "a mapping")[0]

    def said(*inner: str, top: bool = False) -> str:
        block = (at_document_path if top else at_path)(*inner)
        with pytest.raises(LocatedError) as caught, document.lines(), at_path("a"), block:
            raise SpecError("no")
        return str(caught.value)

    assert said("b") == f"{path}:2: `a.b`: no"
    assert said("c", top=True) == f"{path}:3: `c`: no"
    with pytest.raises(SpecError, match=r"^odd$"), as_written():
        raise InputError("odd")
    with pytest.raises(LocatedError, match=r"^x:1: no$"), document.lines(), at_path("a"):
        raise LocatedError("x:1: no")


def test_the_file_of_a_document_is_an_input(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("a: 1\n")
    with files(Files()) as of:
        composed(path, "a mapping")
        assert of.inputs == {path}
    with pytest.raises(FileNotFoundError):
        composed(tmp_path / "none.yaml", "a mapping")
    with pytest.raises(SpecError, match="cannot be read"):
        composed(tmp_path, "a mapping")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: {question: What is it?, b: 1}\n", "inside { } a text with ? needs quotes"),
        ("question: Is it: good?\n", "a text with a colon and a space needs quotes"),
    ],
)
def test_a_text_that_yaml_takes_for_more_is_to_be_quoted(
    text: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(SpecError, match="not valid YAML") as bad:
        composed(tmp_path / "t.yaml", "a mapping")
    assert hint in str(bad.value)
