import pytest

from assay.core.annotation import Source
from assay.report.wording import between, coded, source_words


@pytest.mark.parametrize("source", Source)
def test_every_source_of_a_confidence_has_words_of_its_own(source: Source) -> None:
    assert "_" not in source_words(source)
    others = {source_words(other) for other in Source if other is not source}
    assert source_words(source) not in others
    assert source_words(str(source)) == source_words(source)


def test_a_source_that_nobody_foresaw_is_told_by_its_name() -> None:
    assert source_words("my_own") == "my own"


def test_an_interval_of_equal_ends_is_none() -> None:
    assert between("100.00 USD", "100.00 USD") == ""
    assert between("1.0%", "2.0%") == "1.0% – 2.0%"


def test_backticks_become_code_and_nothing_else_becomes_markup() -> None:
    assert coded("see `gold`, or `<b>`") == "see <code>gold</code>, or <code>&lt;b&gt;</code>"
    assert coded("a lone ` & <i>") == "a lone ` &amp; &lt;i&gt;"
