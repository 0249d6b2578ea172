"""The lesion study in words, as JSON, and into a ledger."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.ledger import open_ledger
from assay.studies.lesion import command
from assay.studies.lesion.study import TASK, Lesions, LesionStudy, lesion
from tests.noting import noting
from tests.studies.lesion.test_page import data, rated  # noqa: F401
from tests.worked import as_kept

WORKED = Path(__file__).parent / "worked"


def test_the_command_tells_it_in_lines_or_as_json(
    data: Lesions,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    study = lesion(data)
    asked: list[object] = []
    monkeypatch.setattr(command, "load_lesion", noting(asked, data))
    monkeypatch.setattr(command, "lesion", noting(asked, study))
    page, ledger = tmp_path / "page.html", tmp_path / "kept.sqlite"
    words = ["here", "--html", str(page), "--ledger", str(ledger)]
    done = CliRunner().invoke(command.lesion_command, words)
    assert done.exit_code == 0, done.output
    *error_text, wrote, added = done.output.splitlines()
    as_kept(WORKED / "lines.json", error_text)
    assert wrote == f"wrote {page}"
    assert added == f"160 annotations written to {ledger}"
    assert "Border" in page.read_text(encoding="utf-8")
    _check_kept(str(ledger), data)
    done = CliRunner().invoke(command.lesion_command, ["here", "--json"])
    assert json.loads(done.output) == json.loads(json.dumps(study.as_json()))
    done = CliRunner().invoke(command.lesion_command, ["here"])
    assert done.output.splitlines() == error_text
    assert asked == [Path("here"), data] * 3


def _check_kept(place: str, given: Lesions) -> None:
    opened = open_ledger(place)
    try:
        (run,) = opened.runs(TASK.id)
        assert (run.strategy, run.ended is not None) == ("import", True)
        kept = list(opened.annotations(TASK.id))
        assert len(kept) == 160
        assert {a.run for a in kept} == {run.id}
        assert {a.record for a in kept} == set(given.records)
    finally:
        opened.close()


def test_every_figure_of_the_study(data: Lesions) -> None:  # noqa: F811
    found: LesionStudy = lesion(data)
    as_kept(WORKED / "study.json", found.as_json(), rel=1e-6)
