"""The golden-question study in words, as JSON, and in figures."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.studies.golden import command
from assay.studies.golden.study import CHECK, GoldenStudy, assign, golden
from tests.worked import as_kept

WORKED = Path(__file__).parent / "worked"


@pytest.fixture(scope="module")
def study() -> GoldenStudy:
    return golden(60, seed=3)


def test_every_figure_of_the_study(study: GoldenStudy) -> None:
    as_kept(WORKED / "study.json", study.as_json(), rel=1e-4)


def test_the_command_tells_it_in_lines_or_as_json(
    study: GoldenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def made(annotators: int, seed: int) -> GoldenStudy:
        asked.append((annotators, seed))
        return study

    monkeypatch.setattr(command, "golden", made)
    done = CliRunner().invoke(command.golden_command, ["--annotators", "60", "--seed", "3"])
    assert done.exit_code == 0, done.output
    as_kept(WORKED / "lines.json", done.output.splitlines())
    done = CliRunner().invoke(command.golden_command, ["--json"])
    assert json.loads(done.output) == json.loads(json.dumps(study.as_json()))
    assert asked == [(60, 3), (2_000, 0)]


@pytest.mark.parametrize("check", [None, CHECK])
def test_a_fifth_of_a_thousand_records_is_gold(check: str | None) -> None:
    records, gold = assign(4, check)
    assert [r.id for r in records] == [f"r{i}" for i in range(1_000)]
    assert len(gold) == 200
    assert gold <= {r.id for r in records}
    words = {r.id: len(r.text.split()) for r in records if r.id not in gold}
    assert (min(words.values()), max(words.values())) == (5, 29)
    shown = {r.id for r in records if CHECK in r.text}
    assert shown == (set() if check is None else gold)
    if check is not None:
        one = next(r for r in records if r.id in gold)
        assert len(one.text.removeprefix(f"{CHECK} (").split()) == 3
    assert assign(4, check) == (records, gold)
    assert assign(5, check)[1] != gold
