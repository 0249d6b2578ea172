import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.commands import RULE, TASK, assay, project, validation_error

HEAD = "record,annotator,label\n"


def answers(names: str, n: int = 60, seed: int = 0) -> str:
    rng = np.random.default_rng(seed)
    truth = ["a" if i % 2 else "b" for i in range(n)]
    rows = [
        f"r{i},{name},{t if rng.random() < 0.93 else 'b' if t == 'a' else 'a'}\n"
        for name in names.split()
        for i, t in enumerate(truth)
    ]
    return HEAD + "".join(rows)


def files(folder: Path, people: str = "ann bob cem", models: str = "gpt") -> list[str]:
    (folder / "people.csv").write_text(answers(people))
    (folder / "models.csv").write_text(answers(models, seed=1))
    return ["compare", "--people", "people.csv", "--models", "models.csv", "--resamples", "50"]


def described(folder: Path, *words: str) -> Any:
    done = assay(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_files_give_table_json_and_page(tmp_path: Path) -> None:
    words = files(tmp_path)
    found = described(tmp_path, *words)["replacement_test"]
    assert [t["model"] for t in found] == ["gpt"]
    keys = {"model", "winning_rate", "advantage_probability", "passed", "people", "records"}
    assert keys <= set(found[0])
    done = assay(tmp_path, *words, "--epsilon", "0.3", "--html", "page.html")
    assert "gpt may replace people here" in done.stdout
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "http" not in page.replace("http-equiv", "")


def test_one_table_with_its_people_named_says_the_same_as_two_files(tmp_path: Path) -> None:
    words = files(tmp_path)
    rows = (tmp_path / "models.csv").read_text().removeprefix(HEAD)
    (tmp_path / "all.csv").write_text((tmp_path / "people.csv").read_text() + rows)
    people = [word for name in ("ann", "bob", "cem") for word in ("--person", name)]
    found = described(tmp_path, "compare", "all.csv", *people, "--resamples", "50")
    assert found["replacement_test"] == described(tmp_path, *words)["replacement_test"]
    line = validation_error(assay(tmp_path, "compare", "all.csv"))
    assert "which annotators are people? Use --person NAME, one of ann, bob, cem, gpt" in line


def test_an_imported_ledger_knows_its_people_and_leaves_out_what_was_shown(tmp_path: Path) -> None:
    words = files(tmp_path)
    more = ["--ledger", "l.sqlite", "--name", "tone"]
    for file, panel in (("people.csv", ["--people"]), ("models.csv", [])):
        done = assay(tmp_path, "import", file, *more, *panel)
        assert done.returncode == 0, done.stderr
    found = described(tmp_path, "compare", "l.sqlite", "--resamples", "50")
    expected = described(tmp_path, *words)
    assert found["replacement_test"] == expected["replacement_test"]
    assert found["agreement"] == expected["agreement"]
    assert set(found["costs"]) == {"ann", "bob", "cem", "gpt"}


def test_a_task_file_gives_names_costs_slices_and_gold_as_the_expert(tmp_path: Path) -> None:
    who = RULE + "\n  crowd: {kind: recorded, path: crowd.csv, people: true, "
    who += "prices: {human_label: 0.05}}\ngold: {path: gold.csv, calibration: 0, evaluation: 1}"
    who += "\nstrategy: {kind: vote, annotators: [one, crowd]}"
    labels = [("I love it, so good", "positive"), ("I hate it", "negative")]
    rows = "id,text,lang\n" + "".join(
        f"{i},{labels[i % 2][0]} {i},{'en' if i % 3 else 'mr'}\n" for i in range(60)
    )
    given = "record,label\n" + "".join(f"{i},{labels[i % 2][1]}\n" for i in range(60))
    rows = rows.replace("I love it, so good", "I love it")
    task = TASK.replace("id: id}", "id: id, language: lang}")
    project(tmp_path, task, rows.encode(), who)
    for name in ("gold.csv", "crowd.csv"):
        (tmp_path / name).write_text(given)
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 0, done.stderr
    words = ["compare", "task.yaml", "--expert", "gold", "--resamples", "0"]
    found = described(tmp_path, *words)
    assert found["replacement_test"][0]["model"] == "one"
    assert found["replacement_test"][0]["against"][0]["person"] == "crowd"
    assert found["costs"]["crowd"]["per_1000_records"] == pytest.approx(50)
    assert {s["value"] for s in found["slices"]} == {"en", "mr"}
    assert "1,000 records" in assay(tmp_path, *words).stdout


def test_slices_and_prices_come_from_files(tmp_path: Path) -> None:
    words = files(tmp_path)
    rows = "".join(f"r{i},{'tweets' if i < 30 else 'news'}\n" for i in range(60))
    (tmp_path / "s.csv").write_text("record,slice\n" + rows)
    (tmp_path / "prices.yaml").write_text("annotators: {gpt: {per_request: 0.002}}\n")
    found = described(tmp_path, *words, "--slices", "s.csv", "--prices", "prices.yaml")
    assert [(s["slice"], s["value"], s["records"]) for s in found["slices"]] == [
        ("slice", "tweets", 30), ("slice", "news", 30),
    ]  # fmt: skip
    assert found["costs"]["gpt"]["per_1000_records"] == pytest.approx(2)


def test_numbers_are_a_scale_and_empty_cells_are_silence(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [[f"r{i}", *(f"{v:.2f}" for v in i % 5 + rng.normal(0, 0.5, 4))] for i in range(50)]
    rows[0][4] = ""
    lines = ["record,ann,bob,cem,gpt", *(",".join(row) for row in rows)]
    (tmp_path / "w.csv").write_text("\n".join(lines) + "\n")
    names = [word for name in ("ann", "bob", "cem", "gpt") for word in ("--wide", name)]
    people = [word for name in ("ann", "bob", "cem") for word in ("--person", name)]
    found = described(tmp_path, "compare", "w.csv", *names, *people, "--resamples", "50")
    assert (found["rules"]["score"], found["measure"]["kind"]) == ("neg-rmse", "interval")
    assert found["agreement"][0]["labels"] == 49
    assert {"pearson", "spearman"} <= set(found["agreement"][0]["coefficients"])


def test_one_person_is_told_and_never_nan(tmp_path: Path) -> None:
    words = files(tmp_path, people="ann")
    found = described(tmp_path, *words)["replacement_test"][0]
    assert (found["winning_rate"], found["passed"]) == (None, None)
    assert "at least two people" in found["not_possible"]
    assert "not possible because" in assay(tmp_path, *words).stdout


@pytest.mark.parametrize(
    ("content", "words", "expected"),
    [
        ('{"gpt": {}}', (), "labels of models; gpt gave no answers"),
        ('{"gpt": {"elsewhere": "a"}}', (), "gpt and the people share no record"),
        ('{"gpt": {"r1": "a"}}', ("--expert", "eve"), "no person 'eve'"),
        (
            '{"gpt": {"r1": "a"}}',
            ("--score", "neg-rmse"),
            "'b', which 'ann' says of record 'r0', is not a number",
        ),
        ('{"gpt": {"r1": "a"}}', ("--slices", "none.csv"), "none.csv"),
    ],
)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, content: str, words: tuple[str, ...], expected: str
) -> None:
    given = files(tmp_path)
    (tmp_path / "m.json").write_text(content)
    given[given.index("models.csv")] = "m.json"
    assert expected in validation_error(assay(tmp_path, *given, *words))


def test_labels_that_differ_in_case_alone_count_as_two_and_that_is_said(tmp_path: Path) -> None:
    words = files(tmp_path)
    path = tmp_path / "models.csv"
    path.write_text(path.read_text().replace(",a\n", ",A\n"))
    found = described(tmp_path, *words)
    assert found["measure"]["kind"] == "nominal"
    assert found["replacement_test"][0]["advantage_probability"] < 0.7
    assert "2 labels are spelt almost alike" in found["notes"][-1]


def test_of_two_answers_to_one_record_the_first_counts_or_both_are_refused(tmp_path: Path) -> None:
    words = files(tmp_path)
    path = tmp_path / "models.csv"
    first, row, *rest = path.read_text().splitlines()
    path.write_text("\n".join([first, row, *rest, row]))
    assert assay(tmp_path, *words).returncode == 0  # the same answer twice is one
    path.write_text("\n".join([first, row, *rest, row.rpartition(",")[0] + ",z"]))
    place = f"models.csv:{len(rest) + 3}: "
    assert place in assay(tmp_path, *words).stderr
    refused = assay(tmp_path, *words, "--repeats", "refuse")
    assert place in validation_error(refused)


def test_ids_that_meet_only_in_part_are_pointed_out(tmp_path: Path) -> None:
    words = files(tmp_path)
    for name in ("people.csv", "models.csv"):
        path = tmp_path / name
        path.write_text(path.read_text().replace("\nr", "\n"))
    path.write_text(path.read_text().replace("\n7,", "\n007,"))
    found = described(tmp_path, *words)
    assert "records are spelt almost alike" in str(found["notes"])


def test_steps_are_the_same_however_their_numbers_are_spelt(tmp_path: Path) -> None:
    people = {p: {str(r): str((r + i) % 3) for r in range(40)} for i, p in enumerate("xyz")}
    model = {"m": {str(r): str(r % 3) for r in range(40)}}
    spelt = {"m": {str(r): f"{r % 3}.0" for r in range(40)}}
    for name, content in (("p.json", people), ("m.json", model), ("s.json", spelt)):
        (tmp_path / name).write_text(json.dumps(content))
    plain, other = (
        described(tmp_path, "compare", "--people", "p.json", "--models", m, "--kind", "ordinal")
        for m in ("m.json", "s.json")
    )
    assert plain["agreement"] == other["agreement"]
    assert plain["replacement_test"] == other["replacement_test"]


def test_without_anything_to_compare_the_ways_are_named(tmp_path: Path) -> None:
    assert "--people FILE and --models FILE" in validation_error(assay(tmp_path, "compare"))
    assert "there is no ledger" in validation_error(assay(tmp_path, "compare", "none.sqlite"))


def test_a_plan_comes_from_a_guess_or_from_a_pilot(tmp_path: Path) -> None:
    words = ["compare", "--plan", "--person-right", "0.85", "--model-right", "0.9"]
    guessed = described(tmp_path, *words, "--epsilon", "0.2")["plans"][0]
    assert guessed["best"]["people"] == 3
    assert "is worse than people by exactly epsilon" in assay(tmp_path, *words).stdout
    pilot = described(tmp_path, *files(tmp_path), "--plan", "--epsilon", "0.3")["plans"][0]
    assert pilot["basis"] == "from a pilot of 60 records and 3 people"
    assert {c["people"] for c in pilot["cells"]} == {3}
    line = validation_error(assay(tmp_path, *files(tmp_path, people="ann"), "--plan"))
    assert "gpt: not possible because a pilot needs two people" in line
    assert "two labels or more" in validation_error(assay(tmp_path, *words, "--choices", "1"))


PUBLISHED = {"wax": 0.1, "mtbench": 0.2, "framing": 0.15, "cebab_aspects": 0.1, "lesion": 0.15}
ROW = re.compile(r"\| (\w+) \| ([\w.-]+) \| ([\d.]+) \| ([\d.]+) \|")


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_results_come_out_of_the_command(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    rows = ROW.findall((shared_data / "README.md").read_text(encoding="utf-8"))
    expected = {model: (float(w), float(a)) for s, model, w, a in rows if s == name}
    folder = shared_data.resolve() / "alttest" / name
    words = ["--people", str(folder / "human_annotations.json")]
    words += ["--models", str(folder / "llm_annotations.json"), "--epsilon", str(PUBLISHED[name])]
    words += ["--score", "neg-rmse" if name == "lesion" else "accuracy", "--resamples", "0"]
    words += ["--test", "published"]
    found = {
        t["model"]: (t["winning_rate"], t["advantage_probability"])
        for t in described(tmp_path, "compare", *words)["replacement_test"]
    }
    for model, pair in expected.items():
        assert found[model] == pytest.approx(pair, abs=0.005001)


def test_what_the_table_leaves_out_is_said(tmp_path: Path) -> None:
    people = {f"p{i}": {"r1": "ab"[i % 2], "r2": "a"} for i in range(32)}
    (tmp_path / "p.json").write_text(json.dumps(people))
    (tmp_path / "m.json").write_text(json.dumps({"m": {"r1": "a", "r2": "a"}}))
    words = ("compare", "--people", "p.json", "--models", "m.json", "--resamples", "0")
    notes = str(described(tmp_path, *words)["notes"])
    assert "on 1 of 2 records the people's vote is tied" in notes
    assert "the 32 people are not listed one by one" in notes
    assert "tied" not in str(described(tmp_path, *words, "--expert", "p0")["notes"])
