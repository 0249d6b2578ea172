import csv
import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assay.cli import root


def run(*words: object) -> Result:
    return CliRunner().invoke(root, [str(w) for w in words])


def write(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty candidates with five labels each, and answers of a careful and a careless person."""
    draw = random.Random(0)
    truth = {f"q{i}": draw.choice("ab") for i in range(40)}
    write(tmp_path / "gold.csv", [("record", "label"), *truth.items()])
    other = {"a": "b", "b": "a"}
    labels: list[list[object]] = [["record", "annotator", "label"]]
    for i, (r, v) in enumerate(truth.items()):
        for j in range(5):
            labels.append([r, f"expert{j}", other[v] if i % 4 == 0 and j < 2 else v])
    write(tmp_path / "labels.csv", labels)
    answers: list[list[object]] = [["record", "annotator", "label"]]
    for r, v in truth.items():
        answers += [[r, "careful", v], [r, "careless", draw.choice("ab")]]
    write(tmp_path / "answers.csv", answers)
    return tmp_path


def test_chosen_questions_watch_annotators_and_decide_on_their_pay(folder: Path) -> None:
    chosen = folder / "chosen.csv"
    done = run("golden", "choose", folder / "labels.csv", "--gold", folder / "gold.csv",
               "--take", 30, "--out", chosen, "--guess", "even", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    ranked = json.loads(done.output)["chosen"]
    assert len(ranked) == 30
    assert all(c["certainty"] > 0.9 for c in ranked)
    done = run("golden", "watch", folder / "answers.csv", "--gold", chosen, "--pay", "--json")
    assert done.exit_code == 0, done.output
    found = {a["annotator"]: a for a in json.loads(done.output)["annotators"]}
    assert found["careful"]["commitment"] == 1.0
    assert (found["careful"]["passed"], found["careless"]["passed"]) == (True, False)
    assert found["careless"]["interval"][1] < 0.8


def test_a_contract_is_told_for_each_number_of_questions() -> None:
    done = run("golden", "contract", "-n", 10, "-n", 100, "--json")
    rows = json.loads(done.output)["contracts"]
    assert [round(r["failure"], 5) for r in rows] == [0.04505, 0.01146]
    described = run("golden", "contract", "-n", 10, "--bonus", 0.1, "--marginal-cost", 1)
    assert "not feasible" in described.output


def test_the_study_gives_the_table_and_says_who_undoes_it() -> None:
    done = run("study", "golden", "--annotators", 300, "--json")
    study = json.loads(done.output)
    assert [round(r["failure"], 5) for r in study["table"]] == [
        0.04505, 0.01146, 0.00312, 0.00088, 0.00007,
    ]  # fmt: skip
    assert study["limit"] == pytest.approx(0.30)
    hidden, seen = study["undoing"]
    assert (hidden["disguise"]["verdict"], seen["disguise"]["verdict"]) == ("hidden", "visible")
    assert hidden["response"]["on_work"] > 0.75
    assert seen["response"]["on_work"] < 0.05


def test_disguise_names_what_gives_gold_away(folder: Path) -> None:
    rows: list[list[object]] = [["id", "text"]]
    rows += [[f"q{i}", f"some text {i * 7919 % 1000}"] for i in range(200)]
    rows += [[f"gold{i}", f"PLEASE CHOOSE a {i * 7919 % 1000}"] for i in range(20)]
    write(folder / "deal.csv", rows)
    ids = write(folder / "ids.csv", [("record",), *((f"gold{i}",) for i in range(20))])
    done = run("golden", "disguise", folder / "deal.csv", "--gold", ids, "--json")
    assert json.loads(done.output)["verdict"] == "visible"
    assert (
        "gold can be distinguished"
        in run("golden", "disguise", folder / "deal.csv", "--gold", ids).output
    )


TASK = """\
name: tone
data: {path: data.csv, id: id}
question: Which tone?
answer: {kind: choice, labels: [a, b]}
annotators:
  good: {kind: recorded, path: data.csv, record: id, label: good}
  poor: {kind: recorded, path: data.csv, record: id, label: poor}
strategy: {kind: vote}
gold: {label: truth, calibration: 0, monitoring: 0.5, evaluation: 0.5}
"""


def test_a_task_file_is_watched_by_its_monitoring_gold(tmp_path: Path) -> None:
    draw = random.Random(3)
    rows = [(f"r{i}", f"t{i}", y, y, draw.choice("ab"))
            for i in range(200) for y in [draw.choice("ab")]]  # fmt: skip
    write(tmp_path / "data.csv", [("id", "text", "truth", "good", "poor"), *rows])
    task = tmp_path / "task.yaml"
    task.write_text(TASK, encoding="utf-8")
    assert "no ledger" in str(run("golden", "watch", task).exception)
    assert run("run", task).exit_code == 0
    done = run("golden", "watch", task, "--json")
    assert done.exit_code == 0, done.output
    described = json.loads(done.output)
    found = {a["annotator"]: a for a in described["annotators"]}
    assert described["questions"] == found["good"]["questions"] == 100
    assert found["good"]["commitment"] == 1.0
    assert found["poor"]["commitment"] < 0.35
    task.write_text(TASK.replace("monitoring: 0.5", "monitoring: 0"), encoding="utf-8")
    assert "no monitoring gold" in str(run("golden", "watch", task).exception)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("watch", "answers.csv"), "which answers"),
        (("watch", "answers.csv", "--gold", "nowhere.csv"), "does not exist"),
        (("watch", "answers.csv", "--gold", "answers.csv"), "twice"),
        (("watch", "gold.csv", "--gold", "gold.csv"), "annotator"),
        (("watch", "answers.csv", "--gold", "gold.csv", "--certainty", "0.3"), "careless"),
        (("disguise", "gold.csv", "--gold", "gold.csv", "--id", "record", "--text", "label"),
         "at least 10"),
        (("contract", "-n", "10", "--target", "1"), "between 0 and 1"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(folder: Path, words: tuple[str, ...], says: str) -> None:
    places = [folder / w if w.endswith(".csv") else w for w in words]
    done = run("golden", *places)
    assert done.exit_code != 0
    assert says in str(done.exception)
    assert "\n" not in str(done.exception)


def test_two_gold_labels_of_one_record_are_refused_by_choose_and_watch(folder: Path) -> None:
    with (folder / "gold.csv").open("a") as file:
        file.write("q1,a\n")
    for name in ("choose", "watch"):
        done = run("golden", name, folder / "labels.csv", "--gold", folder / "gold.csv")
        assert "a record is listed twice" in str(done.exception)


def test_pay_that_hangs_on_a_spelling_is_pointed_out(folder: Path) -> None:
    rows = (folder / "gold.csv").read_text().replace(",a", ",A")
    (folder / "gold.csv").write_text(rows)
    watch = ("golden", "watch", folder / "answers.csv", "--gold", folder / "gold.csv")
    assert "'A' / 'a'" in run(*watch).stderr
    assert "'A' / 'a'" in str(json.loads(run(*watch, "--json").stdout)["notes"])
    choose = ("golden", "choose", folder / "labels.csv", "--gold", folder / "gold.csv")
    assert "'A' / 'a'" in run(*choose).stderr


def test_a_question_counts_once(folder: Path) -> None:
    again = (folder / "answers.csv").read_text()
    (folder / "answers.csv").write_text(again + again.splitlines()[1] + "\n")
    done = run("golden", "watch", folder / "answers.csv", "--gold", folder / "gold.csv")
    assert "'careful' answers record 'q0' again; the first counts" in done.stderr
    again = (folder / "labels.csv").read_text()
    (folder / "labels.csv").write_text(again + again.splitlines()[1] + "\n")
    done = run("golden", "choose", folder / "labels.csv", "--gold", folder / "gold.csv")
    assert "'expert0' answers record 'q0' again; the first counts" in done.stderr


@pytest.mark.parametrize("said", ["1.4", "nan", "often"])
def test_a_certainty_that_is_no_share_is_named_with_its_question(folder: Path, said: str) -> None:
    gold = write(folder / "g.csv", [("record", "label", "certainty"), ("q0", "a", said)])
    done = run("golden", "watch", folder / "answers.csv", "--gold", gold)
    assert f"record 'q0': certainty '{said}' is not a number from 0 to 1" in str(done.exception)


def test_ids_that_do_not_meet_say_why(folder: Path) -> None:
    answers = [("record", "annotator", "label"), ("7", "ann", "a")]
    done = run("golden", "watch", write(folder / "n.csv", answers), "--gold",
               write(folder / "g.csv", [("record", "label"), ("007", "a")]))  # fmt: skip
    assert "answers none of the 1 golden questions" in str(done.exception)
    assert "'007' / '7'" in str(done.exception)


def test_how_often_careless_annotators_are_right_is_by_frequency_or_even(tmp_path: Path) -> None:
    truth = {f"q{i}": "b" if i % 4 == 0 else "a" for i in range(40)}
    gold = write(tmp_path / "gold.csv", [("record", "label"), *truth.items()])
    said = [(q, f"e{j}", v) for q, v in truth.items() for j in range(4)]
    labels = write(tmp_path / "labels.csv", [("record", "annotator", "label"), *said])
    words = ("golden", "choose", labels, "--gold", gold, "--take", 40, "--json")

    def guesses(*more: str) -> dict[str, float]:
        found = json.loads(run(*words, *more).output)["chosen"]
        return {c["label"]: c["guess"] for c in found}

    assert guesses() == guesses("--guess", "frequency") == {"a": 0.75, "b": 0.25}
    assert guesses("--guess", "even") == {"a": 0.5, "b": 0.5}


def test_columns_of_other_names_are_taken_as_they_are_given(folder: Path) -> None:
    head, rest = (folder / "answers.csv").read_text().split("\n", 1)
    assert head.strip() == "record,annotator,label"
    other = folder / "other.csv"
    other.write_text(f"label,record,annotator\n{rest}")  # each under the name of another
    gold = ("--gold", folder / "gold.csv", "--json")
    found = run("golden", "watch", other, *gold, "--record", "label", "--annotator", "record",
                "--label", "annotator")  # fmt: skip
    assert found.exit_code == 0, found.output
    plain = json.loads(run("golden", "watch", folder / "answers.csv", *gold).output)
    assert json.loads(found.output)["annotators"] == plain["annotators"]
