"""`assay.label`: rows in any form and annotators in; the same rows with answers out."""

import asyncio
import inspect
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from click.testing import CliRunner

import assay
from assay import Choice, Record, Task
from assay.annotators.recorded import Given, Recorded
from assay.annotators.rule import Rule
from assay.api.orders import Options, order_of
from assay.cli import root
from assay.core.errors import InputError, SpecError
from assay.core.record import text_record
from assay.data.base import Columns
from assay.run import Reason
from assay.strategies.vote import Vote

TASK = Task("mood", "Happy or sad?", Choice(["happy", "sad"]))
ROWS = [{"id": "r1", "text": "what a day"}, {"id": "r2", "text": "oh no"}]
ANN = Recorded("ann", {"r1": Given("happy"), "r2": Given("sad")})
BOB = Recorded("bob", {"r1": Given("happy"), "r2": Given("happy")})
CAT = Recorded("cat", {"r1": Given("sad"), "r2": Given("sad")})


def generated() -> Iterator[dict[str, str]]:
    yield from ROWS


KINDS: dict[str, Callable[[], object]] = {
    "dicts": lambda: ROWS,
    "a tuple": lambda: tuple(ROWS),
    "a generator": generated,
    "polars": lambda: pl.DataFrame(ROWS),
    "pandas": lambda: pd.DataFrame(ROWS),
    "pandas with an index": lambda: pd.DataFrame(ROWS).set_index("text").reset_index(),
    "columns": lambda: {"id": ["r1", "r2"], "text": ["what a day", "oh no"]},
    "records": lambda: [text_record(r["id"], r["text"]) for r in ROWS],
}


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_holds_the_rows_the_decisions_are_the_same(kind: str) -> None:
    result = assay.label(KINDS[kind](), task=TASK, annotators={"ann": ANN})
    assert [(d.record, d.value) for d in result.decisions] == [("r1", "happy"), ("r2", "sad")]
    assert result.summary.decided == 2
    assert result.cost == 0


def test_one_annotator_labels_alone_and_several_vote() -> None:
    several = {"ann": ANN, "bob": BOB, "cat": CAT}
    assert [d.value for d in assay.label(ROWS, task=TASK, annotators=several).decisions] == [
        "happy",
        "sad",
    ]
    two = assay.label(
        ROWS, task=TASK, annotators={"ann": ANN, "bob": BOB}, strategy=Vote(("ann", "bob"))
    )
    assert [d.value for d in two.decisions] == ["happy", None]
    assert two.summary.undecided == 1


def test_decisions_come_as_a_frame() -> None:
    frame = assay.label(ROWS, task=TASK, annotators={"ann": ANN}).table()
    assert frame.columns[:2] == ["record", "value"]
    assert frame["value"].to_list() == ["happy", "sad"]
    assert frame["decided_by"].to_list() == ["model", "model"]


def test_rows_without_ids_get_ids_of_their_content() -> None:
    rows = [{"text": "what a day"}, {"text": "what a day"}, {"text": "oh no"}]
    first = assay.label(rows, task=TASK, annotators={"ann": ANN})
    again = assay.label(rows[::-1], task=TASK, annotators={"ann": ANN})
    ids = {d.record for d in first.decisions}
    assert len(ids) == 3
    assert {d.record for d in again.decisions} == ids


def test_columns_may_have_other_names() -> None:
    rows = [{"key": "r1", "premise": "a", "hypothesis": "b"}]
    columns = Columns(("premise", "hypothesis"), id="key")
    result = assay.label(rows, task=TASK, annotators={"ann": ANN}, columns=columns)
    [record] = result.ledger.records()
    assert [(p.name, p.text) for p in record.texts] == [("premise", "a"), ("hypothesis", "b")]


def test_a_ledger_file_is_gone_on_with(tmp_path: Path) -> None:
    kept = tmp_path / "l.sqlite"
    assert (
        assay.label(ROWS[:1], task=TASK, annotators={"ann": ANN}, ledger=kept)
        .summary.tallies["ann"]
        .replayed
        == 0
    )
    result = assay.label(ROWS, task=TASK, annotators={"ann": ANN}, ledger=kept)
    assert result.summary.tallies["ann"].replayed == 1
    assert result.summary.decided == 2


async def test_it_runs_where_a_loop_is_running_already() -> None:
    await asyncio.sleep(0)
    assert len(assay.label(ROWS, task=TASK, annotators={"ann": ANN}).decisions) == 2
    with pytest.raises(SpecError, match="no such annotator: 'zoe'"):
        assay.label(ROWS, task=TASK, annotators={"ann": ANN}, strategy=Vote(("ann", "zoe")))


def test_a_report_is_scored_against_gold(tmp_path: Path) -> None:
    result = assay.label(ROWS, task=TASK, annotators={"bob": BOB})
    evidence = result.report(tmp_path / "r.html", gold={"r1": "happy", "r2": "sad"})
    assert evidence.top.score is not None
    assert evidence.top.score.on_all.value == 0.5
    assert "Happy or sad?" in (tmp_path / "r.html").read_text()
    with pytest.raises(InputError, match="'odd'"):
        result.report(tmp_path / "r.html", gold={"r1": "odd"})


WRONG: dict[str, tuple[object, str]] = {
    "nothing": ([], "no records to label"),
    "an empty frame": (pl.DataFrame({"text": []}), "no records to label"),
    "a word": ("what a day", "cannot label data of type str"),
    "a number": (5, "cannot label data of type int"),
    "a lazy frame": (pl.LazyFrame(ROWS), "lazy: give what its `.collect\\(\\)` returns"),
    "duplicate column of a name": (pd.DataFrame([["a", "b"]], columns=["text", "text"]), "unique"),
    "a text for a column": ({"text": "what a day"}, "column 'text' is of type str"),
    "a number among texts": (["x", 5], "row 2 is of type int"),
    "columns of two lengths": ({"id": ["a"], "text": ["x", "y"]}, "do not form a table"),
    "no text": ([{"txt": "x"}], "no column 'text'; it has txt; did you mean 'txt'"),
    "the same id": ([{"id": "a", "text": "x"}, {"id": "a", "text": "y"}], "row 2: id 'a'"),
    "no id": ([{"id": "", "text": "x"}], "row 1: column 'id' is empty"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_labelled_is_one_clear_line(case: str) -> None:
    data, expected = WRONG[case]
    with pytest.raises(InputError, match=expected) as described:
        assay.label(data, task=TASK, annotators={"ann": ANN})
    assert "\n" not in str(described.value)


def test_records_among_rows_are_refused_not_dropped() -> None:
    with pytest.raises(InputError, match="row 2 is of type dict"):
        assay.label([text_record("a", "x"), {"text": "y"}], task=TASK, annotators={"ann": ANN})


def test_a_run_without_decisions_has_a_frame_without_rows() -> None:
    frame = assay.label(["x"], task=TASK, annotators={"ann": ANN}, minutes=0).table()
    assert (frame.height, frame.columns[:2]) == (0, ["record", "value"])


def test_missing_texts_are_not_asked_about_and_say_so() -> None:
    frame = pd.DataFrame({"id": ["a", "b", "c"], "text": ["x", None, float("nan")]})
    result = assay.label(frame, task=TASK, annotators={"ann": ANN})
    assert [r.text for r in result.ledger.records()] == ["x"]
    assert result.frame["outcome"].tolist() == ["abstained", "empty", "empty"]
    assert result.frame["reason"].tolist()[1:] == ["the text is missing"] * 2


def test_half_characters_are_refused_by_a_ledger_file(tmp_path: Path) -> None:
    kept = tmp_path / "l.sqlite"
    with pytest.raises(InputError, match="half a character"):
        assay.label([{"text": "x \ud83d"}], task=TASK, annotators={"ann": ANN}, ledger=kept)


def test_a_task_file_runs_and_is_scored(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text,label\n1,I love it,good\n2,I hate it,bad\n")
    (tmp_path / "task.yaml").write_text(
        "name: tone\ndata: {path: a.csv, id: id}\nquestion: Which?\n"
        "answer: {kind: choice, labels: [good, bad]}\n"
        "annotators: {crowd: {kind: recorded, path: a.csv, record: id}}\n"
        "gold: {label: label, calibration: 0, evaluation: 1}\n"
    )
    opened = assay.load(tmp_path / "task.yaml")
    assert opened.forecast().records == 2
    result = opened.run()
    assert result.scores["decisions"].on_all.value == 1.0
    assert result.report(tmp_path / "r.html").records == 2
    assert assay.load(tmp_path / "task.yaml").run(limit=1).summary.records == 1


def test_unknown_names_of_the_package_are_errors() -> None:
    assert assay.Record is Record
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        assay.nothing  # noqa: B018


def test_texts_alone_are_records() -> None:
    result = assay.label(
        ["what a day", "oh no"], task=TASK, annotators={"ann": Recorded("ann", {})}
    )
    assert result.summary.records == 2


def test_a_missing_value_of_pandas_is_no_text() -> None:
    frame = pd.DataFrame({"id": ["r1", "r2"], "text": ["what a day", pd.NA]})
    result = assay.label(frame, task=TASK, annotators={"ann": ANN})
    assert any("empty" in note for note in result.notes)


def test_rows_that_are_no_records_are_refused() -> None:
    with pytest.raises(InputError, match="row 1 is of type int"):
        assay.label([1, 2], task=TASK, annotators={"ann": ANN})


def test_answers_are_kept_where_the_caller_says(tmp_path: Path) -> None:
    kept = tmp_path / "kept.sqlite"
    assay.label(ROWS, task=TASK, annotators={"ann": ANN}, ledger=kept).ledger.close()
    again = assay.label(ROWS, task=TASK, annotators={"ann": Recorded("ann", {})}, ledger=kept)
    assert [d.value for d in again.decisions] == ["happy", "sad"]
    again.ledger.close()


def test_a_report_against_gold_given_by_hand(tmp_path: Path) -> None:
    result = assay.label(ROWS, task=TASK, annotators={"ann": ANN})
    found = result.report(tmp_path / "r.html", {"r1": "happy", "r2": "happy"})
    assert found.top.score is not None
    assert found.top.score.on_all.value == 0.5
    assert "ann" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_decisions_and_annotations_are_written_as_the_command_writes_them(tmp_path: Path) -> None:
    result = assay.label(ROWS, task=TASK, annotators={"ann": ANN, "bob": BOB})
    assert result.export(tmp_path / "decisions.csv") == 2
    assert result.export(tmp_path / "all.parquet", annotations=True) == 4
    assert pl.read_csv(tmp_path / "decisions.csv")["value"].to_list() == ["happy", None]
    said = pl.read_parquet(tmp_path / "all.parquet")
    assert sorted(zip(said["annotator"], said["value"], strict=True)) == [
        ("ann", "happy"), ("ann", "sad"), ("bob", "happy"), ("bob", "happy"),
    ]  # fmt: skip


def test_an_export_from_python_and_by_the_command_is_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,text,day\nr1,what a day,Monday\nr2,oh no,\n")
    task = PANEL_TASK.replace("id: id", "id: id, meta: [day]").replace("panel, wanted: 2", "panel")
    (tmp_path / "task.yaml").write_text(task)
    result = assay.load(tmp_path / "task.yaml").run()
    for ending in ("csv", "jsonl"):
        ours, theirs = tmp_path / f"python.{ending}", tmp_path / f"command.{ending}"
        assert result.export(ours) == 2
        words = ["export", str(tmp_path / "task.yaml"), "-o", str(theirs)]
        described = CliRunner().invoke(root, words, catch_exceptions=False)
        assert "2 records" in described.output
        assert ours.read_text() == theirs.read_text()
        assert all(word in ours.read_text() for word in ("what a day", "day", "Monday"))
    result.ledger.close()


PANEL_TASK = """\
name: mood
data: {path: rows.csv, id: id}
question: Happy or sad?
answer: {kind: choice, labels: [happy, sad]}
annotators:
  crowd: {kind: panel, annotators_per_record: 2, prices: {human_label: 0.04}}
"""


def test_answers_of_people_reach_the_panel_of_the_task_file_at_its_price(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,text\nr1,what a day\nr2,oh no\n")
    (tmp_path / "people.csv").write_text("record,annotator,label\nr1,ann,happy\nr1,bob,happy\n")
    task = tmp_path / "task.yaml"
    task.write_text(PANEL_TASK, encoding="utf-8")
    brought = assay.import_annotations(tmp_path / "people.csv", task, people=True)
    assert (brought.added, brought.known) == (2, 0)
    assert assay.import_annotations(tmp_path / "people.csv", task, people=True).known == 2
    result = assay.load(task).run()
    assert {d.record: d.value for d in result.decisions} == {"r1": "happy", "r2": None}
    assert result.ledger.spent_nanos(result.task.id) == 2 * 40_000_000
    result.ledger.close()


def test_answers_to_several_panels_need_to_say_whose_they_are(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,text\nr1,what a day\n")
    task = tmp_path / "task.yaml"
    task.write_text(PANEL_TASK + "  experts: {kind: panel}\n", encoding="utf-8")
    (tmp_path / "people.csv").write_text("record,annotator,label\nr1,ann,happy\n")
    with pytest.raises(SpecError, match="several panels; use --panel crowd or --panel experts"):
        assay.import_annotations(tmp_path / "people.csv", task, people=True)
    with pytest.raises(SpecError, match="has no panel 'others'"):
        assay.import_annotations(tmp_path / "people.csv", task, people=True, panel="others")
    assert (
        assay.import_annotations(tmp_path / "people.csv", task, people=True, panel="experts").added
        == 1
    )
    assert assay.import_annotations(tmp_path / "people.csv", task).added == 1, "as models' answers"


async def test_every_blocking_form_has_one_to_await(tmp_path: Path) -> None:
    result = await assay.alabel(ROWS, task=TASK, annotators={"ann": ANN})
    assert [d.value for d in result.decisions] == ["happy", "sad"]
    assert (await result.areport(tmp_path / "r.html")).records == 2
    assert await result.aexport(tmp_path / "out.csv") == 2
    (tmp_path / "rows.csv").write_text("id,text\nr1,what a day\nr2,oh no\n")
    (tmp_path / "people.csv").write_text("record,annotator,label\nr1,ann,happy\nr1,bob,happy\n")
    task = tmp_path / "task.yaml"
    task.write_text(PANEL_TASK, encoding="utf-8")
    opened = assay.load(task)
    assert (await opened.aforecast()).cost == opened.forecast().cost == 0.16
    assert (await assay.aimport_annotations(tmp_path / "people.csv", task, people=True)).added == 2
    assert (await opened.arun()).summary.decided == opened.run().summary.decided == 1
    blocking = {n for n in (*dir(assay), *dir(opened), *dir(result)) if n[0] == "a" and n != "ann"}
    assert {"alabel", "aimport_annotations", "arun", "aforecast", "areport", "aexport"} <= blocking


def test_a_result_is_read_after_its_ledger_is_closed_and_money_is_in_its_currency(
    tmp_path: Path,
) -> None:
    budget = assay.Budget(1, "EUR")
    paid = Recorded("ann", {"r1": Given("happy", cost_nanos=250_000_000)})
    kept = tmp_path / "l.sqlite"
    result = assay.label(ROWS, task=TASK, annotators={"ann": paid}, ledger=kept, budget=budget)
    result.ledger.close()
    assert (result.cost, result.summary.cost, result.summary.spent) == (0.25, 0.25, 0.25)
    assert result.annotations()["cost"].to_list() == [0.25, 0.0]
    assert result.currency == "EUR"
    assert "0.250 EUR" in repr(result)
    assert result.export(tmp_path / "x.csv") == 2
    assert result.report(tmp_path / "r.html").as_json()["spent"] == 0.25


def test_labelling_leaves_signal_handler_and_event_loop_as_they_were() -> None:
    def mine(*_: object) -> None:
        raise AssertionError("not called")

    before = signal.signal(signal.SIGINT, mine)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        assay.label(ROWS, task=TASK, annotators={"ann": ANN})
        assert signal.getsignal(signal.SIGINT) is mine
        assert asyncio.get_event_loop_policy().get_event_loop() is loop
    finally:
        signal.signal(signal.SIGINT, before)
        asyncio.set_event_loop(None)
        loop.close()


def test_ctrl_c_stops_a_run_in_a_script_and_gives_what_there_is() -> None:
    me = threading.get_ident()

    def judge(record: Record) -> str:
        if record.id == "r300":
            signal.pthread_kill(me, signal.SIGINT)
        return "happy"

    rows = [{"id": f"r{i}", "text": f"t{i}"} for i in range(20_000)]
    result = assay.label(rows, task=TASK, annotators={"rule": Rule("always", judge, "1")})
    assert result.summary.reason is Reason.INTERRUPTED
    assert 0 < result.summary.records < 20_000


def test_threads_label_at_once() -> None:
    done: list[int] = []

    def work() -> None:
        done.append(
            assay.label(ROWS, task=TASK, annotators={"ann": ANN, "bob": BOB}).summary.records
        )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [2] * 4


@pytest.mark.parametrize("given", [[], {}, 5, {"ann": 5}, {1: ANN}, {"": ANN}, [ANN, ANN], [None]])
def test_annotators_that_are_none_are_one_clear_line(given: object) -> None:
    with pytest.raises(InputError) as described:
        assay.label(ROWS, task=TASK, annotators=given)  # type: ignore[call-overload]
    assert "\n" not in str(described.value)
    assert "annotator" in str(described.value)


def test_a_million_decisions_have_a_short_repr() -> None:
    result = assay.label(ROWS, task=TASK, annotators={"ann": ANN})
    many = replace(result, decisions=result.decisions * 500_000)
    assert len(repr(many)) < 300
    assert "999,990 more" in many._repr_html_()


def test_a_budget_is_one_cap_for_all_the_runs_that_hold_it() -> None:
    budget = assay.Budget(0.5)
    given = {f"r{i}": Given("happy", cost_nanos=100_000_000) for i in range(9)}
    paid = {"ann": Recorded("ann", given, budget=budget)}
    rows = [{"id": f"r{i}", "text": f"t{i}"} for i in range(9)]
    costs = [
        assay.label(rows[i : i + 3], task=TASK, annotators=paid, budget=budget).cost
        for i in (0, 3, 6)
    ]
    assert costs == [0.3, 0.2, 0.0]


def test_types_help_and_code_name_the_same_arguments() -> None:
    known = inspect.signature(order_of).parameters
    assert set(Options.__annotations__) == set(known) - {"data"}
    for function in (assay.label, assay.alabel):
        assert list(inspect.signature(function).parameters) == list(known)
        assert all(f"`{name}`" in (assay.label.__doc__ or "") for name in known)
