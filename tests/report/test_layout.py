"""The frame of all pages: headings that can be linked to, each at a place of its own."""

from pathlib import Path

from assay.report.layout import anchored, environment
from assay.studies.celeba.page import write_celeba_page
from assay.studies.celeba.study import celeba


def test_each_heading_has_an_address_of_its_own() -> None:
    words = ("By tone", "By tone", "R&amp;D &lt;b&gt;", "&#34;")
    body, headings = anchored("".join(f"<h2>{heading}</h2>" for heading in words))
    assert [h.anchor for h in headings] == ["by-tone", "by-tone-2", "r-d-b", "section"]
    assert tuple(str(h.words) for h in headings) == words
    assert body == "".join(f'<h2 id="{h.anchor}">{h.words}</h2>' for h in headings)


def test_the_contents_come_after_the_verdict_and_before_the_detail(tmp_path: Path) -> None:
    write_celeba_page(celeba(), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    places = [page.index(part) for part in ('class="verdict', "<nav", "<h2 ")]
    assert places == sorted(places)


def test_a_record_s_address_is_safe_whatever_its_id() -> None:
    anchor = environment().filters["anchor"]
    assert anchor('a b"<é/#') == "record-a%20b%22%3C%C3%A9%2F%23"
