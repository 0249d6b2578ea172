import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assay.cli import root
from assay.cli.cost import MOST_SHOWN
from assay.core import Choice, Outcome, Request, Task, answer, text_record
from assay.core.annotation import DecidedBy, Decision
from assay.core.cost import NANOS
from assay.core.errors import AssayError
from assay.ledger import Run, open_ledger

PRICES = "currency: EUR\nannotators: {ann: {human_label: 0.05}, 'b*': {human_label: 0.04}}\n"


def run(*words: object) -> Result:
    return CliRunner().invoke(root, [str(w) for w in words])


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    (tmp_path / "answers.csv").write_text(
        "record,annotator,label\n" + "".join(f"r{i},ann,a\nr{i},bob,b\n" for i in range(10))
    )
    (tmp_path / "prices.yaml").write_text(PRICES)
    place = tmp_path / "crowd.sqlite"
    assert run("import", tmp_path / "answers.csv", "--ledger", place, "--people").exit_code == 0
    return place


def test_imported_answers_are_priced_and_projected(ledger: Path) -> None:
    done = run(
        "cost", ledger, "--prices", ledger.parent / "prices.yaml", "--records", 1000, "--json"
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["currency"] == "EUR"
    assert found["all"]["cost"]["total"] == pytest.approx(0.9)
    assert found["projections"][0]["cost"] == pytest.approx(90.0)
    described = run(
        "cost", ledger, "--prices", ledger.parent / "prices.yaml", "--records", 1000
    ).output
    assert "1,000 records like these: 90.00 EUR" in described
    assert "not counted: writing the task" in described


def test_without_a_price_list_the_gap_is_said(ledger: Path) -> None:
    assert "no price, and no recorded cost (20 answers)" in run("cost", ledger).output


TASK = """\
name: tone
data: {path: records.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [a, b]}
currency: EUR
annotators:
  model: {kind: recorded, path: model.csv, prices: {per_request: 0.01}}
  expert: {kind: recorded, path: model.csv, people: true, prices: {human_label: 0.2}}
strategy: {kind: vote, annotators: [model, expert]}
"""


def test_money_that_was_booked_is_in_the_currency_of_the_task_file(tmp_path: Path) -> None:
    (tmp_path / "records.csv").write_text("id,text\n" + "".join(f"r{i},x{i}\n" for i in range(40)))
    labels = "".join(f"r{i},{'ab'[i % 2]}\n" for i in range(40))
    (tmp_path / "model.csv").write_text("record,label\n" + labels)
    task = tmp_path / "task.yaml"
    task.write_text(TASK)
    done = json.loads(run("run", task, "--json").stdout)
    assert (done["currency"], done["cost"], done["spent"]) == ("EUR", *2 * [pytest.approx(8.4)])
    assert done["annotators"]["expert"]["cost"] == pytest.approx(8)
    found = json.loads(run("cost", task, "--json").output)
    assert (found["currency"], found["all"]["cost"]["total"]) == ("EUR", pytest.approx(8.4))
    page = tmp_path / "page.html"
    comparisons = json.loads(
        run("compare", task, "--resamples", 0, "--json", "--html", page).stdout
    )
    assert {c["currency"] for c in comparisons["costs"].values()} == {"EUR"}
    assert comparisons["costs"]["model"]["per_1000_records"] == pytest.approx(10)
    assert "8.00 EUR for 40" in page.read_text()
    place = tmp_path / "tone.assay.sqlite"
    found = json.loads(run("cost", place, "--json").output)
    assert (found["currency"], found["all"]["cost"]["total"]) == ("EUR", pytest.approx(8.4))
    comparisons = json.loads(run("compare", place, "--person", "expert", "--json").stdout)
    assert {c["currency"] for c in comparisons["costs"].values()} == {"EUR"}
    assert json.loads(run("cost", place, "--currency", "CHF", "--json").output)["currency"] == "CHF"
    _two_currencies_are_never_added_up(task, place)


def _two_currencies_are_never_added_up(task: Path, place: Path) -> None:
    prices = task.parent / "prices.yaml"
    prices.write_text("currency: USD\nannotators: {expert: {human_label: 0.1}}\n")
    for words in (("cost", place), ("cost", task), ("compare", task)):
        done = run(*words, "--prices", prices)
        assert "recorded in EUR for annotators that are not in the price list" in str(
            done.exception
        )
    task.write_text(TASK.replace("EUR", "USD"))
    assert run("run", task).exit_code == 0
    assert "in EUR and in USD, which cannot be added up" in str(run("cost", place).exception)
    assert run("cost", place, "--currency", "EUR").exit_code == 0


def test_a_currency_that_nobody_says_is_not_made_up(tmp_path: Path) -> None:
    place = str(tmp_path / "old.sqlite")
    ledger = open_ledger(place)
    task = Task("tone", "Which?", Choice(["a", "b"]))
    ledger.add_task(task)
    ledger.start_run(Run("r", task.id, "single(m)", 1.0))
    for who in ("m", "p"):
        asked = Request(task, text_record("1", "x"), who)
        ledger.add(
            [answer(asked, Outcome.ANSWERED, value="a", cost_nanos=4 * NANOS, run="r", at=1.0)]
        )
    ledger.close()
    done = run("cost", place)
    assert "8.00 units" in done.stdout
    assert "USD" not in done.output
    assert "has no currency" in done.stderr
    assert json.loads(run("cost", place, "--json").stdout)["currency"] is None
    comparisons = run("compare", place, "--person", "p")
    assert "4,000.00 units" in comparisons.stdout
    assert "has no currency" in comparisons.stderr
    described = run("cost", place, "--currency", "NOK")
    assert "8.00 NOK" in described.stdout
    assert described.stderr == ""
    csv = tmp_path / "a.csv"
    csv.write_text("record,annotator,label\n1,a,x\n1,b,x\n")
    assert "files have none" in str(run("compare", csv, "--currency", "EUR").exception)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--prices", "nowhere.yaml"), "does not exist"),
        (("--run", "x"), "no run 'x'"),
        (("--task", "x"), "name a task"),
        (("--prices", "bad.yaml"), "unknown price"),
        (("--prices", "broken.yaml"), "broken.yaml:2: not valid YAML"),
        (("--prices", "endless.yaml"), "human_label is an amount of 0 or more, not inf"),
        (("--prices", "half.yaml"), "earned is a number of people, not 2.5"),
    ],
)
def test_bad_input_is_one_line(ledger: Path, words: tuple[str, ...], says: str) -> None:
    (ledger.parent / "bad.yaml").write_text("annotators: {ann: {label: 1}}\n")
    (ledger.parent / "endless.yaml").write_text("annotators: {ann: {human_label: .inf}}\n")
    (ledger.parent / "half.yaml").write_text("annotators: {ann: {bonus: 1, earned: 2.5}}\n")
    (ledger.parent / "broken.yaml").write_text("annotators: {ann: [\n")
    done = run("cost", ledger, *(ledger.parent / w if ".yaml" in w else w for w in words))
    assert isinstance(done.exception, AssayError)
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)


def test_answers_on_other_records_are_told_apart_and_many_routes_are_cut(tmp_path: Path) -> None:
    place = tmp_path / "l.sqlite"
    ledger = open_ledger(str(place))
    task = Task("tone", "Which?", Choice(["a", "b"]))
    ledger.add_task(task)
    ledger.start_run(Run("r", task.id, "chain", 1.0, settings={"currency": "EUR"}))
    records = [text_record(f"r{i}", "x") for i in range(MOST_SHOWN + 2)]
    for record in (*records, text_record("other", "y")):
        asked = Request(task, record, "m")
        ledger.add(
            [answer(asked, Outcome.ANSWERED, value="a", cost_nanos=3 * NANOS, run="r", at=1.0)]
        )
    ledger.add_decisions(
        "r",
        [Decision(r.id, "a", decided_by=DecidedBy.MODEL, route=(f"way {i}",))
         for i, r in enumerate(records)],
    )  # fmt: skip
    ledger.close()
    said = run("cost", place, "--currency", "EUR").stdout
    assert said.count("way ") == MOST_SHOWN
    assert "2 more routes" in said
    assert f"{MOST_SHOWN + 2} records" in said
    [line] = [line for line in said.splitlines() if "other records" in line]
    assert line.endswith(" 3.00 EUR")
    found = json.loads(run("cost", place, "--currency", "EUR", "--json").stdout)
    assert len(found["routes"]) == MOST_SHOWN + 2
    assert found["all"]["cost"]["total"] == pytest.approx(3 * (MOST_SHOWN + 2))
    plain = run("cost", place, "--currency", "EUR", "--run", "r").stdout
    assert plain == said


def test_bonuses_of_additional_people_are_apart_from_those_of_the_same(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text(
        "record,annotator,label\n" + "".join(f"r{i},ann,a\n" for i in range(10))
    )
    (tmp_path / "prices.yaml").write_text(
        "currency: EUR\nannotators: {ann: {human_label: 0.05, bonus: 2}}\n"
    )
    place = tmp_path / "crowd.sqlite"
    assert run("import", tmp_path / "answers.csv", "--ledger", place, "--people").exit_code == 0
    shown = run("cost", place, "--prices", tmp_path / "prices.yaml", "--records", 1000)
    line = "with bonuses for additional people who answer as much each; if the same people answer"
    assert f"  {line} everything: 52.00 EUR" in shown.output
