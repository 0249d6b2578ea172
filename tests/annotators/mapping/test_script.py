"""Where words have no spaces between them: the blocks of Unicode, to their edges."""

import pytest

from assay.annotators.mapping.script import unspaced


@pytest.mark.parametrize(
    ("first", "last"),
    [(0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x9FFF), (0x20000, 0x3FFFF)],
)
def test_a_block_is_unspaced_from_its_first_letter_to_its_last(first: int, last: int) -> None:
    assert unspaced(chr(first))
    assert unspaced(chr(last))
    assert not unspaced(chr(first - 1))
    assert last == 0x3FFFF or not unspaced(chr(last + 1))


@pytest.mark.parametrize("letter", ["a", "é", "я", "ש", "ع", "क", "한", " ", "1"])
def test_other_scripts_part_their_words(letter: str) -> None:
    assert not unspaced(letter)
