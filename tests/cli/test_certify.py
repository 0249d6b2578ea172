"""`assay certify` and `assay calibrate`, from tables and from a task with its ledger."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from assay.quality.guarantees.certificate import certify
from assay.quality.guarantees.promise import Promise
from tests.cli.commands import assay, validation_error

RNG = np.random.default_rng(5)
TASK = """\
name: tone
data: {path: records.csv, id: id}
question: Which tone?
answer: ANSWER
annotators:
  small: {kind: recorded, path: small.csv, confidence: sure}
  large: {kind: recorded, path: large.csv, confidence: sure}
strategy: {kind: vote, annotators: [small, large]}
gold: {path: people.csv, calibration: 0.5, evaluation: 0.5}
"""
CHOICE = "{kind: choice, labels: [good, bad]}"


def table(path: Path, head: str, rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head.split(","), *rows])


def verdicts(n: int) -> list[list[object]]:
    sure = RNG.random(n).round(4)
    return [[f"r{i}", s, int(RNG.random() < 0.5 + 0.5 * s**0.5)] for i, s in enumerate(sure)]


def found(folder: Path, *words: str) -> dict[tuple[str, str], dict[str, object]]:
    done = assay(folder, "certify", *words, "--json")
    assert done.returncode == 0, done.stderr
    described = json.loads(done.stdout)["certificates"]
    return {(c["annotator"], c["tag"]): c for c in described}


def test_a_table_gives_the_certificate_of_its_columns(tmp_path: Path) -> None:
    rows = verdicts(400)
    table(tmp_path / "t.csv", "record,confidence,correct", rows)
    (described,) = found(tmp_path, "t.csv", "--alpha", "0.15").values()
    sure, right = np.array([[float(str(cell)) for cell in row[1:]] for row in rows]).T
    assert described["threshold"] == certify(sure, right, Promise(0.15, 0.1)).threshold
    done = assay(tmp_path, "certify", "t.csv", "--alpha", "0.15", "--reference", "two experts")
    assert "agree with two experts, with probability 90.0%" in done.stdout
    assert "assumptions: the sample was drawn at random" in done.stdout


def test_labels_and_reference_say_the_same_as_verdicts(tmp_path: Path) -> None:
    rows = verdicts(300)
    table(tmp_path / "a.csv", "record,confidence,correct", rows)
    said = [[r, s, "x;y", "y;x" if right else "z"] for r, s, right in rows]
    table(tmp_path / "b.csv", "record,confidence,label,reference", said)
    first, second = (list(found(tmp_path, name).values()) for name in ("a.csv", "b.csv"))
    keys = ("constant", "constant_of_accepted", "classes", "asks_little")
    headline = ("verdict", "passed", "doubts")
    named = [[described.pop(key) for key in (*keys, *headline)] for described in (*first, *second)]
    assert named[0][:4] == [None, None, [], None]  # a table of right and wrong does not tell
    assert all(named[1][:3])
    assert (named[0][5], named[1][5]) == (True, None)  # every reference is "y;x"
    assert first == second


def test_delta_is_shared_among_tags_and_annotators_unless_one_is_chosen(tmp_path: Path) -> None:
    rows = [
        [r, who, tag, s, right]
        for who in ("ann", "bob")
        for tag in ("red", "blue")
        for r, s, right in verdicts(200)
    ]
    table(tmp_path / "t.csv", "record,annotator,tag,confidence,correct", rows)
    assert {c["delta"] for c in found(tmp_path, "t.csv").values()} == {0.025}
    chosen = found(tmp_path, "t.csv", "--annotator", "ann")
    assert {c["delta"] for c in chosen.values()} == {0.05}
    assert set(chosen) == {("ann", "red"), ("ann", "blue")}
    assert "no labelled answer of 'eve'; there are ann, bob" in validation_error(
        assay(tmp_path, "certify", "t.csv", "--annotator", "eve")
    )


def test_a_chain_has_one_threshold_and_tells_who_decides(tmp_path: Path) -> None:
    rows = [[r, who, s, right] for who in ("cheap", "dear") for r, s, right in verdicts(400)]
    table(tmp_path / "t.csv", "record,annotator,confidence,correct", rows)
    (described,) = found(tmp_path, "t.csv", "--chain", "cheap,dear", "--alpha", "0.2").values()
    shares, coverage = described["shares"], described["coverage"]
    assert isinstance(shares, list)
    assert sum(shares) == pytest.approx(coverage)
    table(tmp_path / "short.csv", "record,annotator,confidence,correct", rows[:-1])
    said = validation_error(assay(tmp_path, "certify", "short.csv", "--chain", "cheap,dear"))
    assert "not every link was asked about record 'r399'" in said


def test_scales_are_right_within_the_tolerance(tmp_path: Path) -> None:
    rows: list[list[object]] = [[i, 0.9, 3, 3 + i % 2] for i in range(60)]
    table(tmp_path / "t.csv", "record,confidence,label,reference", rows)
    (strict,) = found(tmp_path, "t.csv").values()
    (near,) = found(tmp_path, "t.csv", "--tolerance", "1").values()
    assert strict["threshold"] is None
    assert (near["accepted"], near["errors"]) == (60, 0)


@pytest.fixture
def task(tmp_path: Path) -> Path:
    truth = RNG.choice(["good", "bad"], 400)
    table(tmp_path / "records.csv", "id,text", [[i, f"text {i}"] for i in range(400)])
    table(tmp_path / "people.csv", "record,label", [[i, t] for i, t in enumerate(truth)])
    for name, skill in (("small", 4.0), ("large", 12.0)):
        sure = RNG.beta(skill, 2, 400)
        said = np.where(RNG.random(400) < sure, truth, np.where(truth == "good", "bad", "good"))
        rows: list[list[object]] = [[i, said[i], f"{sure[i]:.6f}"] for i in range(400)]
        table(tmp_path / f"{name}.csv", "record,label,sure", rows)
    (tmp_path / "task.yaml").write_text(TASK.replace("ANSWER", CHOICE), encoding="utf-8")
    return tmp_path


def test_a_task_file_certifies_each_annotator_on_calibration_gold_asking_nobody(
    task: Path,
) -> None:
    assert "first run: assay run" in validation_error(assay(task, "certify", "task.yaml"))
    assert assay(task, "run", "task.yaml").returncode == 0
    described = found(task, "task.yaml", "--alpha", "0.2")
    assert {name for name, _ in described} == {"small", "large", "decisions"}
    assert {c["labels"] for c in described.values()} == {200}
    assert {c["reference"] for c in described.values()} == {"the gold labels"}
    large, small = described["large", ""]["coverage"], described["small", ""]["coverage"]
    assert isinstance(large, float)
    assert isinstance(small, float)
    assert large > small


def test_gold_that_fitted_something_certifies_nothing(task: Path) -> None:
    learnt = (
        (task / "task.yaml")
        .read_text()
        .replace("strategy:", "  own: {kind: classifier}\nstrategy:")
    )
    (task / "task.yaml").write_text(learnt)
    assert "no guarantee can be based on it" in validation_error(
        assay(task, "certify", "task.yaml")
    )
    assert "fitted on the calibration gold" in validation_error(
        assay(task, "calibrate", "task.yaml")
    )


def test_tags_of_a_ledger_have_certificates_of_their_own(tmp_path: Path) -> None:
    names = RNG.choice(["red", "blue", "red;blue", ""], 300)
    table(tmp_path / "records.csv", "id,text", [[i, f"text {i}"] for i in range(300)])
    gold = [[i, name or "[]"] for i, name in enumerate(names)]
    table(tmp_path / "people.csv", "record,label", gold)
    for who in ("small", "large"):
        rows: list[list[object]] = [[i, name or "[]", 0.9] for i, name in enumerate(names)]
        rows[0][1] = "[]" if names[0] else "red"
        table(tmp_path / f"{who}.csv", "record,label,sure", rows)
    multi = TASK.replace("ANSWER", "{kind: multi, labels: [red, blue]}").replace(
        "0.5, evaluation: 0.5", "0.8, evaluation: 0.2"
    )
    (tmp_path / "task.yaml").write_text(multi)
    assert assay(tmp_path, "run", "task.yaml").returncode == 0
    described = found(tmp_path, "task.yaml", "--tags")
    assert set(described) == {(w, t) for w in ("small", "large") for t in ("red", "blue")}
    assert all(c["coverage"] == 1 for c in described.values())
    whole = found(tmp_path, "task.yaml")
    assert whole["small", ""]["coverage"] == 1
    assert whole["decisions", ""]["errors"] == whole["small", ""]["errors"]  # none is no mistake
    constant = described["small", "red"]["constant"]
    assert isinstance(constant, dict)
    assert (constant["label"] in ("yes", "no"), constant["n"]) == (True, 240)
    assert 0.5 <= constant["share"] < 0.65


@pytest.mark.parametrize(("said", "same"), [("Yes", "yes"), ("caf\u00e9", "cafe\u0301")])
def test_labels_that_differ_in_spelling_alone_are_pointed_out(
    tmp_path: Path, said: str, same: str
) -> None:
    rows: list[list[object]] = [[i, i / 100, said if i % 3 else "no", same if i % 3 else "no"]
                                for i in range(100)]  # fmt: skip
    table(tmp_path / "t.csv", "record,confidence,label,reference", rows)
    for command in ("certify", "calibrate"):
        done = assay(tmp_path, command, "t.csv")
        assert "2 labels are spelt almost alike" in done.stderr
        notes = json.loads(assay(tmp_path, command, "t.csv", "--json").stdout)["notes"]
        assert "2 labels are spelt almost alike" in str(notes)


def test_a_promise_that_a_constant_keeps_is_said_to_ask_little(tmp_path: Path) -> None:
    rows: list[list[object]] = [[i, 0.9, "no", "no" if i % 20 else "yes"] for i in range(200)]
    table(tmp_path / "t.csv", "record,confidence,label,reference", rows)
    done = assay(tmp_path, "certify", "t.csv")
    assert "majority-class baseline: 'no' agrees in 95.0% (n = 200)" in done.stdout
    assert "so the guarantee is a weak one" in done.stderr
    assert done.stdout.startswith("whether the guarantee is informative for these labels cannot be")
    (described,) = found(tmp_path, "t.csv").values()
    assert described["constant"] == {"label": "no", "share": 0.95, "n": 200}
    assert (described["possible"], described["passed"]) == (True, None)
    assert "cannot be determined" in str(described["verdict"])
    table(tmp_path / "t.csv", "record,confidence,correct", [[i, 0.9, 1] for i in range(50)])
    (described,) = found(tmp_path, "t.csv").values()
    assert described["constant"] is None


def rare(folder: Path) -> None:
    """One record in eight is spam, and hardly better than guessed."""
    rng, rows = np.random.default_rng(2), []
    for i in range(800):
        truth, sure = "spam" if rng.random() < 0.12 else "ham", rng.random()
        right = rng.random() < (0.97 if truth == "ham" else 0.35 + 0.3 * sure)
        said = truth if right else {"ham": "spam", "spam": "ham"}[truth]
        rows.append([i, f"{sure:.4f}", said, truth])
    table(folder / "rare.csv", "record,confidence,label,reference", rows)


def test_a_kept_promise_shows_the_class_that_it_hides(tmp_path: Path) -> None:
    rare(tmp_path)
    (described,) = found(tmp_path, "rare.csv").values()
    assert described["possible"]
    classes = described["classes"]
    assert isinstance(classes, list)
    by_label = {c["label"]: c for c in classes}
    assert list(by_label) == ["ham", "spam"]
    assert sum(c["precision"]["n"] for c in classes) == described["accepted"]
    assert sum(c["recall"]["n"] for c in classes) == described["accepted"]
    assert sum(c["accepted"]["n"] for c in classes) == described["labels"]
    low, high = by_label["spam"]["precision"]["interval"]
    assert low < by_label["spam"]["precision"]["value"] < high < 0.9
    done = assay(tmp_path, "certify", "rare.csv")
    assert "of the accepted labels 'spam'" in done.stderr
    assert "fewer than the 90.0%" in done.stderr


def test_one_class_has_a_promise_of_its_own(tmp_path: Path) -> None:
    rare(tmp_path)
    words = ("certify", "rare.csv", "--class", "ham", "--class", "spam", "--json")
    ham, spam = json.loads(assay(tmp_path, *words).stdout)["certificates"]
    assert (ham["class"], ham["possible"], ham["delta"]) == ("ham", True, 0.05)
    assert (spam["class"], spam["possible"], spam["delta"]) == ("spam", False, 0.05)
    assert "of the labels 'ham' accepted" in ham["statement"]
    assert ham["constant"]["label"] == "ham"
    assert 0.8 < ham["constant"]["share"] < 0.95
    (alone,) = found(tmp_path, "rare.csv", "--class", "ham").values()
    assert alone["delta"] == 0.1
    said = validation_error(assay(tmp_path, "certify", "rare.csv", "--class", "eggs"))
    assert "no labelled answer is 'eggs'; there are ham, spam" in said
    said = validation_error(
        assay(tmp_path, "certify", "rare.csv", "--class", "ham", "--promise", "output")
    )
    assert "leave out --promise output" in said


def test_the_whole_output_can_be_promised_and_every_output_says_which(tmp_path: Path) -> None:
    rows = verdicts(300)
    table(tmp_path / "t.csv", "record,confidence,correct", rows)
    (accepted,) = found(tmp_path, "t.csv").values()
    (output,) = found(tmp_path, "t.csv", "--promise", "output").values()
    assert (accepted["promise"], output["promise"]) == ("accepted", "output")
    assert isinstance(output["coverage"], float)
    assert isinstance(accepted["coverage"], float)
    assert output["coverage"] > accepted["coverage"]
    assert "people label every record that is not accepted" in str(output["assumptions"])
    done = assay(tmp_path, "certify", "t.csv", "--promise", "output")
    assert "of all labels, people's included" in done.stdout
    assert "guarantee: output" in done.stdout
    done = assay(tmp_path, "certify", "t.csv")
    assert "guarantee: accepted" in done.stdout
    assert f"--promise output guarantees the same for all labels together, and would accept " \
           f"{output['coverage']:.1%}" in done.stdout  # fmt: skip


def test_without_confidences_no_threshold_is_printed(tmp_path: Path) -> None:
    rows: list[list[object]] = [[i, "", "a", "a" if i % 20 else "b"] for i in range(200)]
    table(tmp_path / "t.csv", "record,confidence,label,reference", rows)
    for promise in ("accepted", "output"):
        done = assay(tmp_path, "certify", "t.csv", "--promise", promise)
        assert "at confidence" not in done.stdout
        assert "all answers are accepted, since no confidence distinguishes them" in done.stdout
        assert "gives no confidence" in done.stderr
        assert "`confidence: COLUMN`" in done.stderr
        (described,) = found(tmp_path, "t.csv", "--promise", promise).values()
        assert (described["threshold"], described["possible"], described["unsaid"]) == (
            None,
            True,
            True,
        )


def test_confidences_all_equal_or_missing_in_part_are_pointed_out(tmp_path: Path) -> None:
    same: list[list[object]] = [[i, 0.9, "a", "a"] for i in range(50)]
    table(tmp_path / "same.csv", "record,confidence,label,reference", same)
    assert "all 50 answers of the annotator carry the confidence 0.9" in (
        assay(tmp_path, "certify", "same.csv").stderr
    )
    part: list[list[object]] = [[i, i / 100 if i > 9 else "", "a", "a"] for i in range(100)]
    table(tmp_path / "part.csv", "record,confidence,label,reference", part)
    done = assay(tmp_path, "certify", "part.csv")
    assert "10 of 100 answers of the annotator carry no confidence and are never accepted" in (
        done.stderr
    )
    (described,) = found(tmp_path, "part.csv").values()
    assert (described["accepted"], described["labels"]) == (90, 100)


def test_a_chain_takes_no_link_without_a_confidence(tmp_path: Path) -> None:
    rows = [
        ["r", "cheap", "", 1],
        ["r", "dear", 0.9, 1],
        ["s", "cheap", "", 1],
        ["s", "dear", 1, 1],
    ]
    described: list[list[object]] = [[f"{r}{i}", *rest] for i in range(30) for r, *rest in rows]
    table(tmp_path / "t.csv", "record,annotator,confidence,correct", described)
    table(tmp_path / "l.csv", "record,annotator,confidence,label,reference",
          [[r, w, s, "a", "a"] for r, w, s, _ in described])  # fmt: skip
    said = validation_error(assay(tmp_path, "certify", "l.csv", "--chain", "cheap,dear"))
    assert "'cheap' gives no confidence, and a chain passes on what its links are unsure of" in said


def test_a_chain_of_answers_without_names_is_told_so(tmp_path: Path) -> None:
    table(tmp_path / "t.csv", "record,confidence,correct", verdicts(50))
    line = validation_error(assay(tmp_path, "certify", "t.csv", "--chain", "a,b"))
    assert line.endswith("there is no labelled answer of 'a'; there are none with a name")


def test_calibration_is_fitted_on_calibration_gold_and_judged_on_evaluation_gold(
    task: Path,
) -> None:
    assert assay(task, "run", "task.yaml").returncode == 0
    done = assay(task, "calibrate", "task.yaml", "--json", "--out", "out.csv")
    assert done.returncode == 0, done.stderr
    for one in json.loads(done.stdout)["annotators"]:
        assert one["fitted_on"] == 200
        assert one["before"]["correct"]["n"] == one["after"]["correct"]["n"] == 200
        assert one["after"]["reference"] == "evaluation gold"
    with (task / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["confidence_source"] for row in rows} == {"calibrated"}
    assert len(rows) == 400 * len({row["annotator"] for row in rows})


def test_a_table_without_purposes_is_dealt_and_says_so(tmp_path: Path) -> None:
    table(tmp_path / "t.csv", "record,confidence,correct", verdicts(300))
    done = assay(tmp_path, "calibrate", "t.csv")
    assert "half of the records are used to calibrate" in done.stderr
    assert "calibrated, against evaluation gold" in done.stdout


BAD = {
    "no column": ("record,confidence\n1,0.5\n", "no column 'label'"),
    "no reference": ("record,confidence,label\n1,0.5,a\n", "no column 'reference'"),
    "not a number": ("record,confidence,correct\n1,high,1\n", "t.csv:2: confidence 'high'"),
    "endless": ("record,confidence,correct\n1,inf,1\n", "t.csv:2: confidence 'inf'"),
    "odd verdict": ("record,confidence,correct\n1,0.5,maybe\n", "t.csv:2: correct is yes or no"),
    "twice": ("record,confidence,correct\n1,0.5,1\n1,0.6,1\n", "record '1' is there twice"),
    "no record": ("record,confidence,correct\n,0.5,1\n", "t.csv:2: the record is missing"),
    "nothing labelled": ("record,confidence,correct\n1,0.5,\n", "no answer has a label"),
    "a header only": ("record,confidence,correct\n", "t.csv holds no"),
    "purposes overlap": (
        "record,annotator,confidence,correct,purpose\n1,a,0.5,1,calibration\n1,b,0.5,1,evaluation\n",
        "record '1' has two purposes",
    ),
    "evaluation gold": (
        "record,confidence,correct,purpose\n1,0.5,1,evaluation\n", "all labels are evaluation gold"
    ),
    "an odd purpose": ("record,confidence,correct,purpose\n1,0.5,1,test\n", "purpose 'test'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_table_is_one_line(case: str, tmp_path: Path) -> None:
    text, expected = BAD[case]
    (tmp_path / "t.csv").write_text(text)
    assert expected in validation_error(assay(tmp_path, "certify", "t.csv"))


@pytest.mark.parametrize("correct", ["1", "0"])
def test_all_right_or_all_wrong_is_no_trouble_for_a_certificate(
    correct: str, tmp_path: Path
) -> None:
    table(tmp_path / "t.csv", "record,confidence,correct", [[i, 0.5, correct] for i in range(50)])
    (described,) = found(tmp_path, "t.csv").values()
    assert (described["threshold"] is None) == (correct == "0")
    said = validation_error(assay(tmp_path, "calibrate", "t.csv"))
    assert "calibration answers are" in said


def test_an_annotator_without_confidences_has_all_its_answers_taken_or_none(
    tmp_path: Path,
) -> None:
    rows: list[list[object]] = [[i, "", "a", "a" if i % 20 else "b"] for i in range(200)]
    table(tmp_path / "t.csv", "record,confidence,label,reference", rows)
    (described,) = found(tmp_path, "t.csv").values()
    assert (described["accepted"], described["errors"]) == (200, 10)
    assert "no answer has a confidence" in validation_error(assay(tmp_path, "calibrate", "t.csv"))
