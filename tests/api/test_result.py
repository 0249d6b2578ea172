"""What a result shows of itself, what a run is told, and how rows of every kind become records."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import assay
from assay import Choice, Task
from assay.annotators.recorded import Given, Recorded
from assay.api.opened import LONG
from assay.api.orders import order_of
from assay.api.result import FIRST
from assay.core.annotation import Source
from assay.core.errors import InputError
from assay.core.record import Record, text_record
from assay.data.base import Columns
from assay.data.inputs import Files, files
from assay.report.evidence import Evidence

TASK = Task("mood", "Happy or sad?", Choice(["happy", "sad"]))
ROWS = [{"id": "r1", "text": "what a day"}, {"id": "r2", "text": "oh no"}]
ANN = Recorded("ann", {"r1": Given("happy", 0.9, cost_nanos=2_000_000_000), "r2": Given("sad")})


def labelled(count: int) -> assay.Result[Any]:
    rows = [{"id": f"r{i}", "text": f"t{i}"} for i in range(count)]
    given = {r["id"]: Given("sad") for r in rows}
    return assay.label(rows, task=TASK, annotators=Recorded("ann", given))


def test_a_result_tells_its_figures() -> None:
    facts = assay.label(ROWS, task=TASK, annotators=ANN).facts()
    assert facts == {
        "task": "mood", "records": 2, "decided": 2, "waiting": 0, "undecided": 0,
        "cost": "2.00 USD", "accuracy": None, "certified": None, "stopped": None,
    }  # fmt: skip
    stopped = assay.label(ROWS, task=TASK, annotators=ANN, minutes=0).facts()
    assert stopped["stopped"] is not None


@pytest.mark.parametrize(
    ("count", "rows", "title"),
    [
        (FIRST, FIRST, "decisions<"),
        (FIRST + 1, FIRST, "decisions (the first 10; 1 more in .frame)"),
    ],
)
def test_a_notebook_shows_the_first_decisions(count: int, rows: int, title: str) -> None:
    page = labelled(count)._repr_html_()
    assert title in page
    assert page.count(">sad<") == rows
    assert all(f">{head}<" in page for head in ("record", "text", "label", "confidence"))


def test_frames_have_their_columns_without_rows_too() -> None:
    result = assay.label(["x"], task=TASK, annotators=ANN, minutes=0)
    assert result.table().columns[:3] == ["record", "value", "confidence"]
    assert result.annotations().columns[:3] == ["record", "annotator", "by"]
    assert result.annotations().height == 0
    whole = assay.label(ROWS, task=TASK, annotators=ANN)
    assert whole.annotations()["record"].to_list() == ["r1", "r2"]
    assert whole.table()["confidence_source"].to_list() == ["probability", None]


def test_mixed_values_make_a_frame() -> None:
    rows = [{"id": f"r{i}", "text": "t"} for i in range(200)]
    given = {f"r{i}": Given("sad", 0.5 if i == 150 else None) for i in range(200)}
    frame = assay.label(rows, task=TASK, annotators=Recorded("ann", given)).table()
    assert frame["confidence"].to_list()[150] == 0.5


EUROS = assay.Budget(1, "EUR")


@pytest.mark.parametrize(
    ("how", "seconds", "currency"),
    [
        ({}, None, None),
        ({"minutes": 1.5}, 90.0, None),
        ({"budget": EUROS}, None, "EUR"),
        ({"budget": 2.5}, None, "USD"),
    ],
)
def test_a_run_is_told_time_and_money(
    how: dict[str, Any], seconds: float | None, currency: str | None
) -> None:
    settings = order_of(ROWS, task=TASK, annotators=ANN, **how).settings()
    assert settings.seconds == seconds
    assert (settings.budget is EUROS) == (how.get("budget") is EUROS)
    if how.get("budget") == 2.5:
        assert settings.budget is not None
        assert settings.budget.cap_nanos == 2_500_000_000
    assert dict(settings.note) == (
        {"annotators": {"ann": "ann"}} | ({} if currency is None else {"currency": currency})
    )


def test_notes_are_of_the_data() -> None:
    result = assay.label([{"text": ""}, {"text": "x"}], task=TASK, annotators=Recorded("ann", {}))
    assert result.notes == ("1 record is empty, the first at row 1",)
    assert assay.label(ROWS, task=TASK, annotators=ANN).notes == ()


def test_the_currency_of_a_budget_is_that_of_the_report(tmp_path: Path) -> None:
    budget = assay.Budget(5, "EUR")
    result = assay.label(ROWS, task=TASK, annotators=ANN, budget=budget)
    assert result.currency == "EUR"
    assert result.report_context is not None
    assert result.report_context.currency == "EUR"
    page = tmp_path / "r.html"
    result.report(page)
    assert "2.00 EUR" in page.read_text(encoding="utf-8")


def test_another_file_is_replaced_with_force_alone(tmp_path: Path) -> None:
    result = assay.label(ROWS, task=TASK, annotators=ANN)
    for name in ("x.csv", "x.html"):
        (tmp_path / name).write_text("mine")
    for force in (False, True):
        if force:
            assert result.export(tmp_path / "x.csv", force=True) == 2
            assert result.report(tmp_path / "x.html", force=True).records == 2
        else:
            with pytest.raises(InputError, match="is there already"):
                result.export(tmp_path / "x.csv")
            with pytest.raises(InputError, match="is there already"):
                result.report(tmp_path / "x.html")


def test_the_ledger_of_a_result_is_never_replaced(tmp_path: Path) -> None:
    with files(Files()):
        result = assay.label(ROWS, task=TASK, annotators=ANN, ledger=tmp_path / "l.csv")
    with pytest.raises(InputError, match="this command reads it"):
        result.export(tmp_path / "l.csv", force=True)


def test_data_of_a_task_file_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text,label\nr1,x,happy\n")
    (tmp_path / "task.yaml").write_text(
        "name: mood\ndata: {path: a.csv, id: id}\nquestion: Which?\n"
        "answer: {kind: choice, labels: [happy, sad]}\n"
        "annotators: {ann: {kind: recorded, path: a.csv, record: id}}\n"
    )
    result = assay.load(tmp_path / "task.yaml").run()
    with pytest.raises(InputError, match="this command reads it"):
        result.export(tmp_path / "a.csv", force=True)


ONE = [("r1", "a", "en")]


def frame(**columns: object) -> pl.DataFrame:
    return pl.DataFrame(columns)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ([{"id": "r1", "text": "a", "language": "en"}], ONE),
        (frame(id=["r1"], text=["a"], language=["en"]), ONE),
        (pd.DataFrame({"id": ["r1"], "text": ["a"], "language": ["en"]}), ONE),
        ({"id": ["r1"], "text": ["a"], "language": ["en"]}, ONE),
        (iter([{"id": "r1", "text": "a"}]), [("r1", "a", None)]),
        ([Record("r1", ())], [("r1", "", None)]),
    ],
)
def test_rows_of_every_kind_become_records(
    data: object, found: list[tuple[str, str, str | None]]
) -> None:
    records = order_of(data, task=TASK, annotators=ANN).rows.records
    assert [(r.id, r.text, r.language) for r in records] == found


def test_pandas_signs_of_nothing_are_nothing() -> None:
    data = pd.DataFrame({"id": ["r1", "r2"], "text": ["a", pd.NA], "when": [pd.NaT, pd.NaT]})
    columns = Columns(id="id", meta=("when",))
    rows = order_of(data, columns=columns, task=TASK, annotators=ANN).rows
    assert [(r.text, r.meta["when"]) for r in rows.records] == [("a", "")]
    assert rows.ids == ("r1", None)


def test_findings_tell_of_odd_rows() -> None:
    rows = order_of(["a", "a", ""], task=TASK, annotators=ANN).rows
    assert len(rows.records) == 2
    found = rows.findings
    assert (found.records, found.duplicates, found.empty) == (2, 1, 1)
    assert found.first == {"duplicates": "row 2", "empty": "row 3"}


def generated() -> Iterator[Any]:
    yield b"bytes"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"bytes", "cannot label data of type bytes"),
        (None, "cannot label data of type NoneType"),
        (generated(), "row 1 is of type bytes"),
        ([text_record("a", "x"), "y"], "row 2 is of type str"),
        ([{"text": "x"}, text_record("a", "x")], "row 2 is of type Record"),
        ([{"id": "a"}], "the data has no column 'text'; it has id"),
    ],
)
def test_what_makes_no_records_is_one_line(data: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        assay.label(data, task=TASK, annotators=ANN)


@pytest.mark.parametrize(
    "given", [{"a": 5}, {5: ANN}, {"a": object()}, [ANN, 5], {}, [], len.__class__]
)
def test_annotators_have_names_and_ids(given: Any) -> None:
    with pytest.raises(InputError, match=r"with an id|are named by a text|no annotator is given"):
        assay.label(ROWS, task=TASK, annotators=given)


def test_old_answers_have_their_usual_columns() -> None:
    assert (LONG.record, LONG.wide, LONG.counts) == (None, (), ())


def test_the_package_offers_what_it_names() -> None:
    assert dir(assay) == sorted(assay.__all__)
    for name in assay.__all__:
        assert getattr(assay, name).__name__ == name


def test_a_source_of_confidence_is_kept() -> None:
    sure = Recorded("ann", {"r1": Given("sad", 0.25, source=Source.STATED)})
    [decision] = assay.label(ROWS[:1], task=TASK, annotators=sure).decisions
    assert (decision.confidence, decision.confidence_source) == (0.25, Source.STATED)


async def test_what_is_awaited_has_the_same_defaults() -> None:
    for name in ("export", "report"):
        plain, awaited = (inspect.signature(getattr(assay.Result, n)) for n in (name, f"a{name}"))
        defaults = {p.name: p.default for p in plain.parameters.values()}
        assert defaults == {p.name: p.default for p in awaited.parameters.values()}
        assert defaults["force"] is False
    assert inspect.signature(assay.Result.export).parameters["annotations"].default is False


def test_figures_of_a_report_need_no_page() -> None:
    result = assay.label(ROWS, task=TASK, annotators=ANN)
    found = result.report(gold={"r1": "happy", "r2": "happy"})
    assert isinstance(found, Evidence)
    assert found.top.score is not None
    assert found.top.score.on_all.value == 0.5
