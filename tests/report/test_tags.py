"""Answers of several tags are scored tag by tag: by the run, in the table and on the page."""

import json
import random
from pathlib import Path

import pytest
from sklearn.metrics import precision_recall_fscore_support

from assay.core.annotation import DecidedBy, Decision, Outcome, Request, answer
from assay.core.record import text_record
from assay.core.schema import Choice, MultiChoice, Schema, Spans
from assay.core.task import Task
from assay.core.value import Span, Value
from assay.ledger import Ledger, MemoryLedger, Run
from assay.quality.metrics.accuracy import Share, wilson
from assay.report import Reference, ReportContext, entities_of, gather, write_report
from assay.report.table import lines
from assay.report.tags import Figure, Figures, span_figures, tags_of
from tests.cli.commands import assay

LABELS = ("sport", "money", "art")
SCHEMA = MultiChoice(list(LABELS))


def drawn(n: int, seed: int) -> dict[str, Value | None]:
    rng = random.Random(seed)
    return {str(i): frozenset(x for x in LABELS if rng.random() < 0.4) for i in range(n)}


def test_the_figures_are_those_of_the_reference_library() -> None:
    said, true = drawn(80, 1), {k: v for k, v in drawn(80, 2).items() if v is not None}
    found = tags_of(said, true, "gold", SCHEMA)
    assert found is not None
    table = [[[x in v for x in LABELS] for v in values.values() if isinstance(v, frozenset)]
             for values in (true, said)]  # fmt: skip
    micro = precision_recall_fscore_support(*table, average="micro")
    figures = found.figures
    assert (figures.precision.value, figures.recall.value, figures.f1.value) == pytest.approx(
        micro[:3]
    )
    for value, figure in zip(micro, (figures.precision, figures.recall, figures.f1), strict=False):
        assert figure.interval is not None
        assert figure.interval[0] < value < figure.interval[1]
    each = precision_recall_fscore_support(*table)
    for row in found.rows:
        i = LABELS.index(row.label)
        assert (row.precision.value, row.recall.value, row.f1) == pytest.approx(
            tuple(float(part[i]) for part in each[:3])
        )
        assert (row.prevalence.hits, row.prevalence.n) == (int(each[3][i]), 80)
    often = [row.prevalence.hits for row in found.rows]
    assert often == sorted(often, reverse=True)


def test_where_all_is_right_the_interval_still_says_how_much_was_seen() -> None:
    true: dict[str, Value] = {str(i): frozenset({"art"}) for i in range(9)}
    found = tags_of(true, true, "gold", SCHEMA)
    assert found is not None
    assert found.figures.precision.interval == wilson(9, 9)
    assert found.figures.f1.interval == wilson(18, 18)


def test_silence_gives_no_tag_and_what_was_not_asked_does_not_count() -> None:
    true: dict[str, Value] = dict.fromkeys("abc", frozenset({"art"}))
    found = tags_of({"a": frozenset({"art"}), "b": None}, true, "gold", SCHEMA)
    assert found is not None
    assert (found.figures.recall.value, found.figures.recall.n) == (0.5, 2)
    assert found.figures.precision.value == 1.0


@pytest.mark.parametrize("schema", [Choice(["a", "b"]), Spans(["a"])])
def test_other_kinds_of_answers_have_no_tags(schema: Schema) -> None:
    assert tags_of({"1": "a"}, {"1": "a"}, "gold", schema) is None


def held(task: Task, said: dict[str, Value]) -> Ledger:
    ledger = MemoryLedger()
    records = [text_record(id, f"text {id}") for id in said]
    ledger.add_task(task)
    ledger.add_records(records)
    ledger.start_run(Run("run", task.id, "single(m)", 0.0))
    ledger.add([answer(Request(task, r, "m"), Outcome.ANSWERED, value=said[r.id]) for r in records])
    ledger.add_decisions(
        "run", [Decision(i, v, decided_by=DecidedBy.MODEL) for i, v in said.items()]
    )
    return ledger


def test_table_page_and_json_show_the_tags(tmp_path: Path) -> None:
    task = Task("topics", "Which topics?", SCHEMA)
    said: dict[str, Value] = {
        "1": frozenset({"sport", "money"}), "2": frozenset({"sport"}), "3": frozenset(),
        "4": frozenset({"art"}),
    }  # fmt: skip
    true: dict[str, Value] = {
        "1": frozenset({"sport"}), "2": frozenset({"sport", "money"}), "3": frozenset(),
        "4": frozenset(),
    }  # fmt: skip
    ledger, described = held(task, said), ReportContext(task, Reference("gold", true))
    found = write_report(ledger, "run", described, tmp_path / "r.html")
    content = json.loads(json.dumps(found.as_json()))["decisions"]["tags"]
    assert content["overall"]["precision"]["value"] == 0.5  # two of four given
    assert content["overall"]["recall"]["value"] == pytest.approx(2 / 3)
    assert [row["label"] for row in content["tags"]] == ["sport", "money", "art"]
    assert content["tags"][1]["precision"]["value"] == 0.0

    table = "\n".join(lines(found))
    assert "precision (95% CI)" in table
    assert "50.0% [" in table

    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Quality by tag" in page
    assert "Accuracy by attribute" not in page
    assert "F1 over tags" in page
    assert "macro-F1" not in page
    assert "none of them" in page, "an empty set is said in words"
    assert "{&#39;set&#39;" not in page, "and so is the constant"


def test_labels_given_are_counted_tag_by_tag_and_span_by_span() -> None:
    task = Task("topics", "Which topics?", SCHEMA)
    said: dict[str, Value] = {"1": frozenset({"sport", "money"}), "2": frozenset()}
    assert gather(held(task, said), "run", ReportContext(task)).given == {
        "sport": 1, "money": 1, "none of them": 1,
    }  # fmt: skip
    names = Task("names", "Which names?", Spans(["person", "place"]))
    marks: dict[str, Value] = {"1": (Span(0, 1, "person"), Span(2, 3, "person")), "2": ()}
    assert gather(held(names, marks), "run", ReportContext(names)).given == {
        "person": 1,
        "none of them": 1,
    }


def test_spans_stand_beside_the_exact_match_too(tmp_path: Path) -> None:
    task = Task("names", "Which names?", Spans(["person"]))
    person, other = Span(0, 4, "person"), Span(5, 6, "person")
    said: dict[str, Value] = {"1": (person,), "2": (other,)}
    true: dict[str, Value] = {"1": (person, other), "2": (other,)}
    described = ReportContext(task, Reference("gold", true))
    found = write_report(held(task, said), "run", described, tmp_path / "r.html")
    assert found.top.figures is not None
    assert found.top.figures.recall.value == pytest.approx(2 / 3)
    assert "F1 over spans" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert any(line.startswith("spans ") for line in lines(found))


TASK = """\
name: topics
data: {path: a.csv, id: id}
question: Which topics?
answer: {kind: multi, labels: [sport, money, art]}
annotators:
  one: {kind: recorded, path: said.csv}
gold: {path: gold.csv, calibration: 0, evaluation: 1}
"""


def test_a_run_tells_precision_and_recall_of_tags(tmp_path: Path) -> None:
    ids = range(1, 5)
    for name, cells in {
        "a.csv": ("id,text", [f"{i},t{i}" for i in ids]),
        "said.csv": ("record,label", [f"{i},sport;money" for i in ids]),
        "gold.csv": ("record,label", [f"{i},sport" for i in ids]),
    }.items():
        (tmp_path / name).write_text("\n".join([cells[0], *cells[1]]) + "\n")
    (tmp_path / "task.yaml").write_text(TASK)
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 0, done.stderr
    [line, _] = [x for x in done.stdout.splitlines() if x.startswith("  tags: ")]
    assert line.startswith("  tags: precision 50.0% [50.0%, 50.0%] of 8 given, recall 100.0% [")
    assert "of 4 in evaluation gold, F1 66.7% [" in line
    assert line.endswith("(n = 4)")
    assert "giving sport to every record would reach an overall F1 of 100.0%" in done.stdout
    tags = json.loads(assay(tmp_path, "run", "task.yaml", "--json").stdout)["tags"]
    assert tags["decisions"]["overall"]["precision"]["value"] == 0.5


def test_a_figure_is_told_with_its_interval_or_not_at_all() -> None:
    known, unknown = Figure(0.5, (0.25, 0.75), 1_200), Figure(None, None, 0)
    assert (str(known), str(unknown)) == ("50.0% [25.0%, 75.0%]", "not known")
    assert str(Figure(0.5, None, 3)) == "not known"
    assert Figures(known, unknown, known).line("gold") == (
        "precision 50.0% [25.0%, 75.0%] of 1,200 given, recall not known of 0 in gold, "
        "F1 50.0% [25.0%, 75.0%] (n = 1,200)"
    )


def test_each_tag_is_told_with_its_counts() -> None:
    true: dict[str, Value] = {"1": frozenset({"art"}), "2": frozenset({"art", "money"}),
                              "3": frozenset()}  # fmt: skip
    said: dict[str, Value | None] = {"1": frozenset({"art"}), "2": frozenset({"sport"}),
                                     "3": frozenset({"art"})}  # fmt: skip
    found = tags_of(said, true, "gold", SCHEMA)
    assert found is not None
    assert [(r.label, r.precision, r.recall, r.prevalence, r.given) for r in found.rows] == [
        ("art", Share(1, 2), Share(1, 2), Share(2, 3), Share(2, 3)),
        ("money", Share(0, 0), Share(0, 1), Share(1, 3), Share(0, 3)),
        ("sport", Share(0, 1), Share(0, 0), Share(0, 3), Share(1, 3)),
    ]
    overall = found.as_json()["overall"]
    assert isinstance(overall, dict)
    assert {name: (f["value"], f["n"]) for name, f in overall.items()} == {
        "precision": (pytest.approx(1 / 3), 3),
        "recall": (pytest.approx(1 / 3), 3),
        "f1": (pytest.approx(1 / 3), 3),
    }
    assert found.lines("m")[0].startswith("  tags: precision 33.3% [")


def test_nothing_right_has_an_interval_of_what_was_seen() -> None:
    true: dict[str, Value] = {str(i): frozenset({"art"}) for i in range(9)}
    said: dict[str, Value | None] = {id: frozenset({"money"}) for id in true}
    found = tags_of(said, true, "gold", SCHEMA)
    assert found is not None
    assert found.figures.precision == Figure(0.0, wilson(0, 9), 9)
    assert found.figures.f1 == Figure(0.0, wilson(0, 18), 9)
    assert found.lines("m")[1].startswith("warning: m: ")


def test_figures_of_spans_are_those_of_the_exact_match() -> None:
    one, two, other = Span(0, 1, "x"), Span(2, 3, "x"), Span(5, 6, "x")
    found = entities_of({"1": (one, other), "2": ()}, Reference("gold", {"1": (one, two), "2": ()}))
    assert found is not None
    figures = span_figures(found)
    exact = found.exact
    assert (figures.precision.value, figures.precision.n) == (0.5, 2)
    assert (figures.recall.value, figures.recall.n) == (0.5, 2)
    assert (figures.f1.value, figures.f1.n) == (0.5, 2)
    assert figures.f1.interval == (exact.f1.low, exact.f1.high)


def test_without_a_mark_precision_is_not_known() -> None:
    found = entities_of({"1": ()}, Reference("gold", {"1": (Span(0, 1, "x"),)}))
    assert found is not None
    assert span_figures(found).precision == Figure(None, None, 0)


def test_an_interval_that_begins_at_nothing_is_told_from_nothing() -> None:
    right, wrong = Span(0, 1, "x"), Span(5, 6, "x")
    truth = {str(i): (right,) for i in range(9)}
    for hits in (0, 1, 9):
        said = {id: (right,) if int(id) < hits else (wrong,) for id in truth}
        found = entities_of(said, Reference("gold", truth))
        assert found is not None
        for figure in (span_figures(found).precision, span_figures(found).recall):
            assert figure.value == pytest.approx(hits / 9)
            assert figure.interval is not None
            low, high = figure.interval
            assert low <= hits / 9 <= high
            assert (low == 0) == (hits < 9)
            assert high < 1 or hits == 9
