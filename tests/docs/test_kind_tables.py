"""The page's tables of kinds and options are those of the specs."""

from tools.kind_tables import PAGE, written


def test_the_tables_of_the_page_are_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run python tools/kind_tables.py"


def test_a_table_that_was_changed_by_hand_is_found() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page.replace("times each is asked", "times")) == page
