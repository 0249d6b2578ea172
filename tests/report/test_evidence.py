"""The report: one set of figures, shown as page, table and JSON; hostile text stays text."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from assay.core.annotation import DecidedBy, Decision, Outcome, Request, Source, answer
from assay.core.cost import to_nanos
from assay.core.record import Record, TextPart, text_record
from assay.core.schema import Choice, Form, MultiChoice, Spans
from assay.core.task import Task
from assay.core.value import Span, Value
from assay.ledger import Ledger, MemoryLedger, Run
from assay.quality.metrics.accuracy import accuracy
from assay.report import Reference, ReportContext, gather, write_report
from assay.report.evidence import SHOWN
from assay.report.table import lines
from assay.report.trust import LEAST, trust

TASK = Task("tone", "Which tone?", Choice(["good", "bad"]))
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
N = 40


def ledger() -> Ledger:
    """`m` is right on all but every fourth record, refuses every tenth; `m2` always fails."""
    held = MemoryLedger()
    records = [
        Record(f"r{i}", (TextPart(f"{HOSTILE} {i}"),), "en" if i % 2 else "de", "web")
        for i in range(N)
    ]
    held.add_task(TASK)
    held.add_records(records)
    names = {"my model": "m", "other": "m2"}
    held.start_run(Run("run1", TASK.id, "single(m)", 0.0, settings={"annotators": names}))
    given = []
    for i, record in enumerate(records):
        request = Request(TASK, record, "m")
        if i % 10 == 0:
            given.append(answer(request, Outcome.REFUSED, raw=HOSTILE))
            continue
        said = "bad" if i % 4 == 0 else "good"
        given.append(
            answer(
                request, Outcome.ANSWERED, value=said, raw=HOSTILE, rationale=HOSTILE,
                confidence=0.8, confidence_source=Source.LIKELIHOOD, cost_nanos=to_nanos(0.001),
                seconds=0.5,
            )
        )  # fmt: skip
    held.add(given)
    held.add([answer(Request(TASK, r, "m2"), Outcome.FAILED, error=HOSTILE) for r in records])
    held.add_decisions(
        "run1",
        [
            Decision(a.record, a.value, a.confidence, a.confidence_source, DecidedBy.MODEL)
            if a.answered
            else Decision(a.record, None, waiting_for="crowd")
            for a in given
        ],
    )
    return held


def report_context(gold: bool = True) -> ReportContext:
    truth = {f"r{i}": "good" for i in range(N)}
    return ReportContext(TASK, Reference("experts", truth) if gold else None)


def test_figures_are_those_of_the_ledger() -> None:
    found = json.loads(json.dumps(gather(ledger(), "run1", report_context()).as_json()))
    wrong = sum(i % 4 == 0 and i % 10 != 0 for i in range(N))
    assert (found["records"], found["open"], found["waiting_for"]) == (N, 4, {"crowd": 4})
    assert found["reference"] == {"name": "experts", "n": N}
    model, failing = found["annotators"]
    assert model["name"] == "my model"
    assert model["outcomes"] == {"refused": 4, "answered": 36}
    assert model["accuracy"]["on_all"]["hits"] == N - 4 - wrong
    assert model["accuracy"]["on_answered"]["n"] == 36
    assert model["confusion"]["counts"][0] == [36 - wrong, wrong, 4]
    assert model["cost"] == pytest.approx(0.036)
    assert model["cost_per_1000"] == pytest.approx(0.9)
    assert model["seconds_per_1000"] == pytest.approx(450)
    assert failing["outcomes"] == {"failed": N}
    assert failing["accuracy"] is None
    assert set(found["slices"]["language"]) == {"en", "de"}
    assert "source" not in found["slices"]


def test_disagreements_hold_what_each_annotator_said() -> None:
    found = gather(ledger(), "run1", report_context()).as_json()["disagreements"]
    assert isinstance(found, list)
    assert [d["record"] for d in found] == ["r12", "r16", "r24", "r28", "r32", "r36", "r4", "r8"]
    assert found[0]["said"][0]["rationale"] == HOSTILE
    assert found[0]["said"][1]["outcome"] == "failed"


def test_hostile_text_stays_text_on_the_page(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    write_report(ledger(), "run1", report_context(), out)
    page = out.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<script") == 1
    assert not re.search(r"<img|<[a-z]+[^>]*\son\w+=|javascript:|https?://", page)
    assert "default-src 'none'" in page


def test_the_same_ledger_gives_the_same_page(tmp_path: Path) -> None:
    pages = []
    for name in ("a", "b"):
        write_report(ledger(), "run1", report_context(), tmp_path / name)
        text = (tmp_path / name).read_text(encoding="utf-8")
        pages.append(re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "", text))
    assert pages[0] == pages[1]


def test_the_table_names_reference_baseline_and_what_is_open() -> None:
    described = lines(gather(ledger(), "run1", report_context()))
    assert described[0] == "Against experts:"
    assert any(line.startswith("my model") and "100.0%" in line for line in described)
    assert any(
        "warning: decisions: the majority-class baseline ('good')" in line for line in described
    )
    assert described[-1] == "4 records are open: 4 wait for crowd"


def test_without_a_reference_nothing_is_said_about_quality(tmp_path: Path) -> None:
    found = write_report(ledger(), "run1", report_context(gold=False), tmp_path / "r.html")
    assert found.as_json()["reference"] is None
    assert "quality is unknown" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert any("quality is unknown" in line for line in lines(found))


def page_of(report_context: ReportContext, tmp_path: Path, held: Ledger | None = None) -> str:
    write_report(held or ledger(), "run1", report_context, tmp_path / "r.html")
    return (tmp_path / "r.html").read_text(encoding="utf-8")


def test_gold_for_no_record_of_the_run_is_said_once_without_tables_of_nothing(
    tmp_path: Path,
) -> None:
    elsewhere = ReportContext(TASK, Reference("experts", {"x1": "good", "x2": "bad"}))
    said = f"one of the {N} records of this run is among the 2 with experts"
    page = page_of(elsewhere, tmp_path)
    assert page.count("N" + said) == 1
    assert "Confusion matrix" not in page.split("</style>")[1]
    assert ">–<" not in page
    described = lines(gather(ledger(), "run1", elsewhere))
    assert sum("n" + said in line for line in described) == 1
    assert not any("–" in line for line in described)


def test_who_never_answered_has_no_table_of_zeros(tmp_path: Path) -> None:
    assert (
        page_of(report_context(), tmp_path).count('<table class="confusion">') == 2
    )  # decisions and m


def test_where_nothing_is_decided_there_is_no_empty_chart(tmp_path: Path) -> None:
    held = MemoryLedger()
    held.add_task(TASK)
    held.add_records([Record("r0", (TextPart("x"),))])
    held.start_run(Run("run1", TASK.id, "single(crowd)", 0.0))
    held.add_decisions("run1", [Decision("r0", None, waiting_for="crowd")])
    page = page_of(report_context(), tmp_path, held)
    assert "Nothing is decided yet." in page
    assert "<svg" not in page
    assert '<h2 id="cost">' not in page


def test_the_model_behind_a_corrected_one_is_explained(tmp_path: Path) -> None:
    held = ledger()
    names = {"small": "m", "small (raw)": "m2", "lone (raw)": "m3"}
    held.start_run(Run("run2", TASK.id, "single(m)", 1.0, settings={"annotators": names}))
    write_report(held, "run2", report_context(), tmp_path / "r.html")
    said = f"The model was asked about {N} records"
    assert (tmp_path / "r.html").read_text(encoding="utf-8").count(said) == 1
    described = "\n".join(lines(gather(held, "run2", report_context())))
    assert "“small (raw)” is the model itself" in described
    assert "lone" not in described


def test_where_a_confidence_comes_from_is_told_in_words(tmp_path: Path) -> None:
    page = page_of(report_context(), tmp_path)
    assert "<td>label likelihood</td>" in page
    assert "<small>label likelihood</small>" in page
    assert gather(ledger(), "run1", report_context()).as_json()["decisions"][
        "confidence_sources"
    ] == [  # type: ignore[index]
        "likelihood"
    ]


def test_marked_words_are_shown_not_their_places(tmp_path: Path) -> None:
    task = Task("names", "Who?", Spans(["person"]))
    held = MemoryLedger()
    record = Record("r0", (TextPart("Ada <b>met</b> Alan"),))
    held.add_task(task)
    held.add_records([record])
    held.start_run(Run("run1", task.id, "single(m)", 0.0))
    said = (Span(0, 3, "person"), Span(15, 19, "person"))
    held.add([answer(Request(task, record, "m"), Outcome.ANSWERED, value=said)])
    held.add_decisions("run1", [Decision("r0", said, decided_by=DecidedBy.MODEL)])
    gold = Reference("experts", {"r0": (Span(4, 14, "person"),)})
    page = page_of(ReportContext(task, gold), tmp_path, held)
    assert page.count("<mark>Alan</mark>") == 2
    assert "<mark>&lt;b&gt;met&lt;/b&gt;</mark> <small>person</small>" in page
    assert "spans&#34;" not in page
    found = gather(held, "run1", ReportContext(task, gold)).as_json()["disagreements"]
    assert found[0]["value"].startswith('{"spans"')  # type: ignore[index]


def test_whether_confidence_can_be_trusted_is_told_of_each_annotator() -> None:
    model = gather(ledger(), "run1", report_context()).as_json()["annotators"][0]  # type: ignore[index]
    described = json.loads(json.dumps(model))["confidence"]
    assert described["n"] == described["auroc"]["n"] == 36
    assert described["reliability"]["reference"] == "experts"
    assert described["reliability"]["correct"]["hits"] == 28
    assert described["reliability"]["ece"] == pytest.approx(0.8 - 28 / 36)
    assert described["reliability"]["brier_constant"] == pytest.approx(28 * 8 / 36**2)


@pytest.mark.parametrize(
    ("sources", "confidence", "n", "described"),
    [
        ({"likelihood"}, 0.5, LEAST, "probability"),
        ({"margin"}, 3.5, LEAST, "order"),
        ({"rank"}, 0.5, LEAST, "order"),
        ({"likelihood", "stated"}, 0.5, LEAST, "nothing"),
        ({"likelihood"}, 0.5, LEAST - 1, "nothing"),
    ],
)
def test_margins_and_ranks_are_no_probabilities_and_kinds_do_not_mix(
    sources: set[str], confidence: float, n: int, described: str
) -> None:
    true = {f"r{i}": "good" for i in range(n)}
    values = {id: "good" if i % 2 else "bad" for i, id in enumerate(true)}
    found = trust(values, dict.fromkeys(values, confidence), sources, ("experts", true))
    assert (found is None) == (described == "nothing")
    if found is not None:
        assert (found.n, found.auroc.value) == (n, 0.5)
        assert (found.stated is not None) == (described == "probability")


def test_what_was_said_instead_of_an_answer_is_shown(tmp_path: Path) -> None:
    found = write_report(ledger(), "run1", report_context(), tmp_path / "r.html").as_json()
    refusing, failing = json.loads(json.dumps(found))["annotators"]
    assert refusing["unanswered"][0] == {"record": "r0", "outcome": "refused", "why": HOSTILE}
    assert [s["record"] for s in failing["unanswered"]] == ["r0", "r1", "r2", "r3", "r4"]
    assert "First missing answers" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_what_asking_every_record_takes_is_told() -> None:
    model = gather(ledger(), "run1", report_context()).as_json()["annotators"][0]  # type: ignore[index]
    assert model["cost_of_all"] == pytest.approx(0.036)
    assert model["seconds_of_all"] == pytest.approx(18)


def test_spans_are_scored_one_by_one(tmp_path: Path) -> None:
    task = Task("names", "Which names?", Spans(["person", "place"]))
    records = [Record(str(i), (TextPart("Ann went to Rome"),)) for i in range(4)]
    person, place = Span(0, 3, "person"), Span(12, 16, "place")
    held = MemoryLedger()
    held.add_task(task)
    held.add_records(records)
    held.start_run(Run("run", task.id, "single(m)", 0.0))
    held.add(
        [answer(Request(task, r, "m"), Outcome.ANSWERED, value=(person,)) for r in records[:3]]
    )
    described = ReportContext(task, Reference("gold", {r.id: (person, place) for r in records}))
    found = write_report(held, "run", described, tmp_path / "r.html")
    spans = json.loads(json.dumps(found.as_json()))["annotators"][0]["entities"]
    assert spans["records"] == 3, "records that were not asked are no silence"
    assert (spans["schemes"]["exact"]["matches"], spans["schemes"]["exact"]["gold"]) == (3, 6)
    assert spans["labels"]["place"]["recall"]["value"] == 0
    assert "Quality of spans" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("schema", "value", "parts"),
    [
        (Form({"tone": TASK.schema, "kind": Choice(["a", "b"])}), {"tone": "good", "kind": "a"},
         {"tone", "kind"}),
        (MultiChoice(["x", "y"]), frozenset({"x"}), {"x", "y"}),
    ],
)  # fmt: skip
def test_forms_and_tags_are_scored_by_part(schema: object, value: Value, parts: set[str]) -> None:
    assert isinstance(schema, Form | MultiChoice)
    task = Task("parts", "What?", schema)
    held = MemoryLedger()
    record = Record("1", (TextPart("t"),))
    held.add_task(task)
    held.add_records([record])
    held.start_run(Run("run", task.id, "single(m)", 0.0))
    held.add([answer(Request(task, record, "m"), Outcome.ANSWERED, value=schema.check(value))])
    held.add_decisions("run", [Decision("1", schema.check(value), decided_by=DecidedBy.MODEL)])
    described = ReportContext(task, Reference("gold", {"1": schema.check(value)}))
    found = gather(held, "run", described)
    assert {p: s.on_all.hits for p, s in found.top.parts.items()} == dict.fromkeys(parts, 1)


def test_disagreements_come_surest_first_and_no_more_than_can_be_read() -> None:
    held = MemoryLedger()
    records = [text_record(f"r{i:02}", "x" * (400 + i)) for i in range(SHOWN + 5)]
    held.add_task(TASK)
    held.add_records(records)
    held.start_run(Run("run1", TASK.id, "single(m)", 0.0))
    held.add_decisions(
        "run1",
        [
            Decision(r.id, "bad", (i / 100) or None, Source.STATED, DecidedBy.MODEL)
            for i, r in enumerate(records)
        ],
    )
    request = Request(TASK, records[29], "m")
    held.add([answer(request, Outcome.ANSWERED, value="bad", raw="w" * 401, by="ann")])
    truth = {r.id: "bad" if r.id == "r28" else "good" for r in records} | {"none": "good"}
    found = gather(held, "run1", ReportContext(TASK, Reference("experts", truth))).disagreements
    sure = [29, *range(27, 3, -1)]
    assert [d.record.id for d in found] == [f"r{i:02}" for i in sure]
    first = found[0].as_json()
    assert first["said"] == [
        {"annotator": "ann", "outcome": "answered", "value": "bad", "rationale": None,
         "raw": "w" * 400 + "…"},
    ]  # fmt: skip
    assert (first["value"], first["reference"], first["confidence"]) == ("bad", "good", 0.29)
    assert first["text"] == "x" * 400 + "…"


def test_what_a_report_says_is_in_its_json() -> None:
    accurate = accuracy({"r1": "good"}, {"r1": "good"}, "experts")
    assert accurate is not None
    described = replace(
        report_context(), extra={"plain model": accurate}, notes=("a note",), currency="EUR"
    )
    found = gather(ledger(), "run1", described).as_json()
    assert (found["task"], found["question"]) == (TASK.id, "Which tone?")
    assert (found["run"], found["strategy"], found["currency"]) == ("run1", "single(m)", "EUR")
    assert (found["decided"], found["decided_by"]) == (36, {"model": 36})
    assert found["labels"] == {"good": 28, "bad": 8}
    assert found["spent"] == pytest.approx(0.036)
    assert found["notes"] == ["a note"]
    assert found["beside"] == {"plain model": accurate.as_json()}
    assert found["review"] is None
    decisions = found["decisions"]
    assert isinstance(decisions, dict)
    assert (decisions["name"], decisions["outcomes"]) == ("decisions", {"open": 4, "answered": 36})


def test_without_a_run_there_is_nothing_to_name() -> None:
    held = MemoryLedger()
    held.add_task(TASK)
    held.add_records([text_record("1", "x")])
    held.add([answer(Request(TASK, text_record("1", "x"), "m"), Outcome.ANSWERED, value="good")])
    found = gather(held, "none", ReportContext(TASK, Reference("experts", {"1": "good"})))
    described = found.as_json()
    assert (described["run"], described["strategy"], described["records"], described["spent"]) == (
        None,
        None,
        0,
        0,
    )
    assert found.judged, "an annotator's answers have a reference"
    assert found.unscored_reason is None


def test_a_promise_of_the_run_is_among_the_notes() -> None:
    held = ledger()
    given = {"promise": {"promise": "output", "statement": "at least 9 of 10 agree"}}
    held.start_run(Run("run2", TASK.id, "single(m)", 1.0, settings=given))
    found = gather(held, "run2", replace(report_context(), notes=("first",)))
    assert found.report_context.notes == ("first", "guarantee (output): at least 9 of 10 agree")
    assert gather(held, "run1", report_context()).report_context.notes == ()


def test_the_bill_of_a_form_is_told_by_attribute(tmp_path: Path) -> None:
    task = Task("face", "What?", Form({"hat": TASK.schema, "smile": TASK.schema}))
    held = MemoryLedger()
    record = text_record("1", "x")
    held.add_task(task)
    held.add_records([record])
    held.start_run(Run("run1", task.id, "single(m)", 0.0))
    value = {"hat": "good", "smile": "bad"}
    request = Request(task, record, "m")
    held.add([answer(request, Outcome.ANSWERED, value=value, cost_nanos=to_nanos(0.02))])
    held.add_decisions("run1", [Decision("1", value, decided_by=DecidedBy.MODEL)])
    found = gather(held, "run1", ReportContext(task, Reference("experts", {"1": value})))
    assert found.lines[1].as_json()["part_costs"] == {"hat": 0.01, "smile": 0.01}
    assert found.lines[1].as_json()["parts"] == {
        part: accuracy({"1": label}, {"1": label}, "experts").as_json()  # type: ignore[union-attr]
        for part, label in value.items()
    }
    assert found.units is None
    page = page_of(ReportContext(task, Reference("experts", {"1": value})), tmp_path, held)
    assert page.count("0.0100 USD") == 2


def test_the_table_has_a_row_for_everybody() -> None:
    accurate = accuracy({"r1": "good", "r2": "bad"}, {"r1": "good", "r2": "good"}, "experts")
    assert accurate is not None
    described = lines(
        gather(ledger(), "run1", replace(report_context(), extra={"plain model": accurate}))
    )
    cells = [[c for c in re.split(r"\s{2,}", line) if c] for line in described[1:6]]
    assert cells == [
        ["coverage", "accuracy, missing = wrong (95% CI)", "n", "baseline", "kappa", "per 1,000"],
        ["decisions", "90.0%", "70.0% [54.6%, 81.9%]", "40", "100.0%", "0.00", "0.900 USD"],
        ["my model", "90.0%", "70.0% [54.6%, 81.9%]", "40", "100.0%", "0.00", "0.900 USD"],
        ["plain model", "100.0%", "50.0% [9.5%, 90.5%]", "2", "100.0%", "–", "–"],
        ["note: other has no accuracy: none of the 40 records that it was asked about has experts"],
    ]


def test_open_records_are_told_with_whom_they_wait_for() -> None:
    held = MemoryLedger()
    held.add_task(TASK)
    held.start_run(Run("run1", TASK.id, "s", 0.0))
    waits = ["crowd", "crowd", "experts", None]
    held.add_decisions(
        "run1", [Decision(str(i), None, waiting_for=who) for i, who in enumerate(waits)]
    )
    described = lines(gather(held, "run1", ReportContext(TASK)))
    assert described[-1] == "4 records are open: 2 wait for crowd, 1 waits for experts"
    held.start_run(Run("run2", TASK.id, "s", 1.0))
    held.add_decisions("run2", [Decision("1", None)])
    assert lines(gather(held, "run2", ReportContext(TASK)))[-1] == "1 record is open"


@pytest.mark.parametrize("broken", [float("inf"), float("nan")])
def test_confidence_that_is_no_number_is_not_judged(broken: float) -> None:
    true = {f"r{i}": "good" for i in range(LEAST)}
    sure = dict.fromkeys(true, 0.5) | {"r0": broken}
    assert trust(dict(true), sure, {"stated"}, ("experts", dict(true))) is None


@pytest.mark.parametrize("least", [0.0, -0.1])
@pytest.mark.parametrize("most", [1.0, 1.1])
def test_only_shares_are_held_against_what_they_state(least: float, most: float) -> None:
    true = {f"r{i}": "good" for i in range(LEAST)}
    values = {id: "good" if i % 2 else "bad" for i, id in enumerate(true)}
    sure = dict.fromkeys(true, 0.5) | {"r0": least, "r1": most}
    found = trust(values, sure, {"stated"}, ("experts", true))
    assert found is not None
    assert (found.stated is not None) == (least >= 0 and most <= 1)
    assert found.as_json()["reliability"] == (found.stated and found.stated.as_json())


def test_only_answers_with_a_reference_are_judged_for_their_confidence() -> None:
    true = {f"r{i}": "good" for i in range(LEAST)}
    values = dict.fromkeys([*true, "other"], "good") | {"r0": None, "r1": "bad"}
    sure = dict.fromkeys([*true, "other"], 0.5)
    assert trust(values, sure, {"stated"}, ("experts", true)) is None  # r0 has no answer
    found = trust(values, sure, {"stated"}, ("experts", {**true, "other": "good"}))
    assert found is not None
    assert (found.n, found.as_json()["n"]) == (LEAST, LEAST)


def test_decisions_hardly_better_than_a_constant_are_told_as_open(tmp_path: Path) -> None:
    truth: dict[str, Value] = {
        f"r{i}": "bad" if i % 4 == 0 and i >= 12 else "good" for i in range(N)
    }
    near = ReportContext(TASK, Reference("experts", truth))
    found = gather(ledger(), "run1", near)
    described = (
        "whether it beats the majority-class baseline ('good') cannot be determined from 40 records"
    )
    assert any(described in line for line in lines(found))
    assert found.as_json()["decisions"]["accuracy"]["better"] is None  # type: ignore[index]
    write_report(ledger(), "run1", near, tmp_path / "r.html")
    assert "cannot be determined from 40 records" in (tmp_path / "r.html").read_text("utf-8")
    clear = ReportContext(TASK, Reference("experts", {f"r{i}": "bad" for i in range(N)}))
    assert not any(
        "cannot be determined" in line for line in lines(gather(ledger(), "run1", clear))
    )
