import csv
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import root


def assay(*words: str) -> str:
    done = CliRunner().invoke(root, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def answered(folder: Path, *words: str) -> tuple[str, str]:
    """2,000 decisions, a quarter of the yes wrong; 200 of them answered rightly."""
    random.seed(0)
    table, sheet = folder / "d.csv", folder / "s.csv"
    truth = {f"r{i}": random.random() < 0.3 for i in range(2_000)}
    said = {r: yes or random.random() < 0.15 for r, yes in truth.items()}
    rows = [f"{r},{int(yes)},{'north' if int(r[1:]) % 2 else 'south'}" for r, yes in said.items()]
    table.write_text("record,value,part\n" + "\n".join(rows) + "\n")
    assay("audit", "draw", str(table), "--size", "200", "-o", str(sheet), *words)
    with sheet.open(newline="") as file:
        filled = list(csv.DictReader(file))
    with sheet.open("w", newline="") as file:
        out = csv.DictWriter(file, list(filled[0]))
        out.writeheader()
        out.writerows({**row, "answer": int(truth[row["record"]])} for row in filled)
    return str(table), str(sheet)


def test_the_models_errors_are_taken_out(tmp_path: Path) -> None:
    described = json.loads(assay("prevalence", *answered(tmp_path), "--group", "part", "--json"))
    yes = described["prevalence"]["1"]
    assert yes["naive"]["value"] > 0.37
    low, high = yes["ppi++"]["interval"]
    assert low < 0.3 < high < yes["naive"]["value"]
    assert yes["gain"] > 1.2
    assert "rule out" in yes["warning"]
    assert set(described["groups"]["1"]["groups"]) == {"north", "south"}
    (apart,) = described["groups"]["1"]["differences"]
    assert apart["ppi++"]["interval"][0] < 0 < apart["ppi++"]["interval"][1]


def test_the_mean_of_numbers_is_told(tmp_path: Path) -> None:
    described = assay("prevalence", *answered(tmp_path), "--mean")
    assert "200 human labels, 1,800 records labelled by the model only" in described
    assert "human only" in described


@pytest.mark.parametrize(
    ("drawn", "words", "message"),
    [
        (("--by", "value"), (), "was drawn by value; prevalence needs a plain random sample"),
        ((), ("--group", "region"), "no column 'region'"),
        ((), ("--group", "part", "--mean"), "leave out --mean"),
        ((), ("--scale", "1", "5"), "add --mean"),
        ((), ("--mean", "--scale", "5", "1"), "from low to high"),
        ((), ("--mean", "--scale", "2", "5"), "does not lie on a scale from 2 to 5"),
        ((), ("--cluster", "author"), "no column 'author'"),
        ((), ("--cluster", "part"), "of 2 clusters; 5 or more"),
    ],
)
def test_what_cannot_be_told_is_one_line(
    tmp_path: Path, drawn: tuple[str, ...], words: tuple[str, ...], message: str
) -> None:
    done = CliRunner().invoke(root, ["prevalence", *answered(tmp_path, *drawn), *words])
    assert message in str(done.exception)


def test_labels_spelt_in_two_ways_are_pointed_out(tmp_path: Path) -> None:
    table, sheet = answered(tmp_path)
    Path(sheet).write_text(Path(sheet).read_text().replace(",1,none", ",1.0,none"))
    notes = json.loads(assay("prevalence", table, sheet, "--json"))["notes"]
    assert "2 labels are spelt almost alike" in str(notes)
    number = ("--mean", "--scale", "0", "1", "--json")
    assert json.loads(assay("prevalence", table, sheet, *number))["notes"] == []


def test_the_ends_of_a_scale_are_given_or_said_to_be_guessed(tmp_path: Path) -> None:
    table, sheet = answered(tmp_path)
    done = CliRunner().invoke(root, ["prevalence", table, sheet, "--mean"])
    assert "the scale is assumed to run from 0 to 1" in done.stderr
    wide = json.loads(assay("prevalence", table, sheet, "--mean", "--scale", "0", "9", "--json"))
    near = json.loads(assay("prevalence", table, sheet, "--mean", "--json"))
    assert (
        wide["prevalence"]["mean"]["human_only"]["interval"][1]
        > (near["prevalence"]["mean"]["human_only"]["interval"][1])
    )


def test_records_are_said_to_be_independent_or_are_weighed_by_cluster(tmp_path: Path) -> None:
    table, sheet = answered(tmp_path)
    rows = Path(table).read_text().splitlines()
    who = [f"a{i // 40}" for i in range(len(rows) - 1)]
    named = [f"{row},{name}" for row, name in zip(rows[1:], who, strict=True)]
    Path(table).write_text("\n".join([f"{rows[0]},author", *named]) + "\n")
    done = CliRunner().invoke(root, ["prevalence", table, sheet])
    assert "records are treated as independent" in done.stderr
    described = json.loads(assay("prevalence", table, sheet, "--cluster", "author", "--json"))
    assert (described["assumption"], described["cluster"]) == (None, "author")
    assert 40 <= described["prevalence"]["1"]["clusters"] <= 50
    plain = json.loads(assay("prevalence", table, sheet, "--json"))
    assert "--cluster COLUMN" in plain["assumption"]
    assert plain["prevalence"]["1"]["clusters"] is None


def test_shares_of_rare_labels_stay_within_nothing_and_all(tmp_path: Path) -> None:
    table, sheet = tmp_path / "d.csv", tmp_path / "s.csv"
    labels = ["rare", *["other"] * 99]
    table.write_text("record,value\n" + "".join(f"r{i},{x}\n" for i, x in enumerate(labels)))
    assay("audit", "draw", str(table), "--size", "20", "-o", str(sheet))
    sheet.write_text(sheet.read_text().replace(",,,", ",,third,"))
    described = json.loads(assay("prevalence", str(table), str(sheet), "--json"))["prevalence"]
    assert set(described) == {"rare", "other", "third"}
    for share in described.values():
        low, high = share["naive"]["interval"]
        assert 0 <= low <= share["naive"]["value"] <= high <= 1
        assert high - low > 0.03
