"""The page shows hostile words as words: no markup of theirs, no script, nothing from outside."""

import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.core.annotation import DecidedBy, Decision, Outcome, Request, Source, answer
from assay.core.record import Record, TextPart
from assay.core.schema import Choice
from assay.core.task import Task
from assay.ledger import MemoryLedger, Run
from assay.report import Reference, ReportContext, gather, write_report
from assay.report.charts import bars
from assay.report.layout import environment
from assay.report.page import render

PIECES = [
    "<script>alert(1)</script>",
    "<img/src=x/onerror=alert(1)>",
    "</td></table>",
    "\"'><svg/onload=",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "{{7*7}}",
    "{%raw%}",
    "<!--",
    "]]>",
    "<style>*{}</style>",
    "<a/href=//e>",
    "<base/href=//e>",
    "'",
    '"',
    "<meta/http-equiv=refresh/content=0;url=//e>",
    "</main></body></html>",
    "<p>",
]
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)
VOID = {"meta", "br", "img", "input", "hr", "link"}


class Page(HTMLParser):
    """Tags by number, attributes by name, links, and the text outside style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.metas: list[dict[str, str | None]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag == "meta":
            self.metas.append(dict(attrs))
        if tag not in VOID and not self.rawdata[self.offset :].startswith("/>"):
            self.open.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def described(hostile: str) -> str:
    """A report in which everything that comes from outside is `hostile`."""
    task = Task(hostile, hostile, Choice([hostile, "other"]), hostile)
    records = [Record(f"{i}{hostile}", (TextPart(hostile),), hostile, hostile) for i in range(40)]
    held = MemoryLedger()
    held.add_records(records)
    held.start_run(Run("run", task.id, hostile, 0.0, settings={"annotators": {hostile: "m"}}))
    held.add(
        [
            answer(
                Request(task, r, "m" if i else hostile), Outcome.ANSWERED, value=hostile,
                raw="raw" + hostile, rationale=hostile, confidence=0.5,
                confidence_source=Source.LIKELIHOOD,
            )
            for i, r in enumerate(records)
        ]
    )  # fmt: skip
    failed = Request(task, records[0], f"2{hostile}")
    held.add([answer(failed, Outcome.FAILED, error=hostile)])
    held.add_decisions(
        "run",
        [
            Decision(r.id, hostile, 0.5, Source.LIKELIHOOD, DecidedBy.MODEL, (hostile,))
            for r in records[:-1]
        ]
        + [Decision(records[-1].id, None, waiting_for=hostile)],
    )
    values = {r.id: "other" if i % 2 else hostile for i, r in enumerate(records)}
    report_context = ReportContext(
        task, Reference(hostile, values), notes=(hostile,), currency="USD"
    )
    return render(gather(held, "run", report_context))


PLAIN = Page(described("plain"))


@settings(max_examples=40, deadline=None)
@given(HOSTILE)
def test_hostile_words_make_no_markup(hostile: str) -> None:
    page = Page(described(hostile))
    assert page.tags == PLAIN.tags
    assert page.attributes == PLAIN.attributes
    assert not any(name.startswith("on") or name == "src" for name in page.attributes)
    assert all(link.startswith("#") for link in page.links)
    assert hostile in "".join(page.words)


def test_only_the_page_s_own_script_may_run_and_nothing_is_fetched() -> None:
    [allowed] = [m["content"] for m in PLAIN.metas if m.get("http-equiv")]
    [script] = re.findall(r"<script>(.*?)</script>", described("plain"), re.S)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert allowed == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'"
    )
    assert PLAIN.tags["script"] == 1
    assert not {"link", "iframe", "object", "embed", "base", "form"} & set(PLAIN.tags)
    assert not re.search(r"fetch|XMLHttp|import|eval|innerHTML|https?:", script)


def test_every_link_of_the_page_leads_to_a_place_on_it() -> None:
    page = described("plain words")
    links = re.findall(r'href="#([^"]*)"', page)
    assert "accuracy-by-annotator" in links
    assert any(link.startswith("record-") for link in links)
    assert all(page.count(f' id="{link}"') == 1 for link in links)


def test_every_head_of_a_table_has_its_scope() -> None:
    assert not re.search(r"<th(?! scope=)[ >]", described("plain"))


@given(st.dictionaries(HOSTILE | st.text(), st.integers(1, 9), min_size=1, max_size=25))
def test_names_in_a_chart_are_text(counts: dict[str, int]) -> None:
    drawn = bars(Counter(counts))
    assert set(Page(drawn).tags) == {"svg", "title", "text", "rect"}


def test_a_report_is_put_in_place_whole(tmp_path: Path) -> None:
    held = MemoryLedger()
    task = Task("t", "q", Choice(["a", "b"]))
    held.start_run(Run("run", task.id, "s", 0.0))
    out = tmp_path / "deep" / "report.html"
    write_report(held, "run", ReportContext(task), out)
    write_report(held, "run", ReportContext(task), out)
    assert "Nothing is decided yet" in out.read_text()
    assert [p.name for p in out.parent.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("filtered", "value", "described"),
    [
        ("span", 0.0, "0 s"),
        ("span", 0.04, "0 s"),
        ("span", 0.05, "0.1 s"),
        ("span", 89.9, "89.9 s"),
        ("span", 90.0, "1.5 min"),
        ("span", 5399.0, "90.0 min"),
        ("span", 5400.0, "1.5 h"),
        ("percent", None, "–"),
        ("percent", 0.256, "25.6%"),
        ("figure", None, "–"),
        ("figure", -0.001, "0.00"),
        ("figure", 0.5, "0.50"),
        ("money", 1_500_000_000, "1.50 USD"),
        ("flat", frozenset("ab"), "a;b"),
    ],
)
def test_figures_are_told_in_units_that_can_be_read(
    filtered: str, value: object, described: str
) -> None:
    assert environment().filters[filtered](value) == described


def test_only_answers_with_a_confidence_and_a_reference_are_in_the_curve() -> None:
    """Of forty records one waits for people; ten bins, and all are as sure."""
    curve = Page(described("plain")).words
    assert curve.count("confidence") == 2  # decisions and the model


def test_shares_of_labels_are_of_decided_records() -> None:
    assert "39 (100%)" in PLAIN.words
