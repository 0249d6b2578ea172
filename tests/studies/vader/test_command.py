"""`assay study vader` and `assay data fetch`: what they pass on, and what they tell."""

import json
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner

from assay.data.read import read_rows
from assay.studies.vader import command, demo
from assay.studies.vader.data import SETS, held_out
from assay.studies.vader.study import Setup, Summary
from tests.noting import noting
from tests.studies.vader.test_study import texts

ROW = Summary("tweets", "vote", 0.75, (0.7, 0.8), (0.74, 0.76), 1_200, 1.0, 0.25, 0.5, 1.5, "")
NOTED = Summary("nyt", "hybrid", 0.9, (0.85, 0.95), (0.9, 0.9), 60, 0.5, 0.1, 0.0, 12.25, "kept")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the study was asked for, without its models."""
    found: list[object] = []

    def made(data: str, models: object, setup: Setup, seeds: range, ledgers: object) -> object:
        found.append((data, setup, list(seeds), ledgers))
        return [NOTED if data == "nyt" else ROW]

    monkeypatch.setattr(command, "study", made)
    monkeypatch.setattr(command, "fetched", lambda name: name)
    monkeypatch.setattr(command, "fetch_models", lambda: found.append("models"))
    monkeypatch.setattr(command, "default_cache", lambda: SimpleNamespace(fetch=lambda _: "gguf"))
    for name in ("Llama", "MiniLM"):
        monkeypatch.setattr(command, name, lambda *_: None)
    return found


def test_the_sets_asked_for_are_told_line_by_line(asked: list[object], tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    words = [
        "--set", "tweets", "--set", "nyt", "--records", "60", "--seeds", "2", "--target", "0.8",
        "--ledgers", str(folder),
    ]  # fmt: skip
    done = CliRunner().invoke(command.vader_command, words)
    assert done.exit_code == 0, done.output
    setup = Setup(records=60, target=0.8)
    assert asked == [
        "models", ("tweets", setup, [0, 1], folder), ("nyt", setup, [0, 1], folder),
    ]  # fmt: skip
    assert folder.is_dir()
    head, tweets, nyt, note = done.stdout.splitlines()
    assert head.split()[:3] == ["set", "strategy", "accuracy"]
    assert " ".join(tweets.split()).startswith("tweets vote 0.750")
    assert tweets.split()[-5:] == ["1,200", "100%", "25%", "50%", "1.50"]
    assert nyt.split()[-5:] == ["60", "50%", "10%", "0%", "12.25"]
    assert note == "nyt, hybrid (first seed): kept"
    assert "tweets: 2 seeds of 60 records ..." in done.stderr


def test_all_sets_are_the_default_and_json_has_every_figure(asked: list[object]) -> None:
    done = CliRunner().invoke(command.vader_command, ["--json"])
    assert done.exit_code == 0, done.output
    assert asked[1:] == [(name, Setup(records=300, target=0.9), [0, 1, 2], None) for name in SETS]
    rows = json.loads(done.stdout)
    assert [row["set"] for row in rows] == [NOTED.set if s == "nyt" else "tweets" for s in SETS]
    assert rows[0] == json.loads(json.dumps(asdict(ROW)))


def test_a_data_set_becomes_a_task_with_gold(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole, named = texts(), list[str]()
    monkeypatch.setattr(demo, "fetched", noting(named, whole))
    out = tmp_path / "new" / "made"
    words = ["tweets", "--out", str(out), "--records", "200"]
    done = CliRunner().invoke(demo.fetch_command, words)
    assert done.exit_code == 0, done.output
    assert done.output == f"wrote {out}/task.yaml; look at it with: assay check {out}/task.yaml\n"
    assert named == ["tweets"]
    part = whole.first(200, demo.SEED)
    rows = {str(row["record"]): row["label"] for _, row in read_rows(out / "gold.csv")}
    assert rows == held_out(part, demo.SEED).others
    gold = yaml.safe_load((out / "task.yaml").read_text(encoding="utf-8"))["gold"]
    shares = [share for share in gold.values() if isinstance(share, float)]
    assert (gold["calibration"], sum(shares)) == pytest.approx((150 / 200, 1.0))
    assert len(list(read_rows(out / "records.jsonl"))) == 200
    assert {path.name for path in out.iterdir()} >= set(demo.MADE) - {demo.REPORT}


def test_a_file_in_the_place_of_the_folder_is_told_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "fetched", lambda _: pytest.fail("fetched"))
    (tmp_path / "made").write_text("mine")
    done = CliRunner().invoke(demo.fetch_command, ["tweets", "--out", str(tmp_path / "made")])
    assert done.exit_code != 0
    assert "is a file; --out names a folder" in str(done.exception or done.output)


def test_a_data_set_is_fetched_once_and_then_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = SimpleNamespace(fetch=lambda wanted: f"place of {wanted.name}")
    monkeypatch.setattr(demo, "default_cache", lambda: cache)
    monkeypatch.setattr(demo, "prepare", lambda place, name: (place, name))
    made: object = demo.fetched("nyt")
    assert made == ("place of vader-icwsm2014", "nyt")


def test_three_models_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    cache = SimpleNamespace(fetch=lambda wanted: found.append(wanted.name))
    monkeypatch.setattr(demo, "default_cache", lambda: cache)
    demo.fetch_models()
    assert found == ["smollm2-135m-instruct", "minilm-l6-int8", "minilm-l6-tokenizer"]
