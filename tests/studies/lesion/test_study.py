import json
import subprocess
import sys
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.studies.lesion.study import CONSTANT, PUBLISHED, STEPS, TASK, lesion, load_lesion


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "alttest" / "lesion"


def test_the_published_table_comes_out_and_a_constant_would_pass_too(folder: Path) -> None:
    s = lesion(load_lesion(folder))
    assert s.reproduced == dict.fromkeys(PUBLISHED, True)
    assert (s.records, len(s.people), len(s.models), s.answers) == (100, 6, 4, 4980)
    constant = s.pooled[-1]
    assert (constant.model, constant.passed) == (CONSTANT, True)
    assert constant.winning_rate == pytest.approx(5 / 6)


def test_each_attribute_has_its_own_test_agreement_and_disagreements(folder: Path) -> None:
    s = lesion(load_lesion(folder))
    assert list(s.attributes) == list(STEPS)
    blue, border = s.attributes["Blue"], s.attributes["Border"]
    assert [t.passed for t in blue.tests] == [True, True, True, True, False]
    assert not any(t.passed for t in border.tests)
    assert [len(a.disagreements) for a in s.attributes.values()] == [6] * 5
    assert all(o.interval is not None for a in s.attributes.values() for o in a.ordinal)
    gaps = [d.gap for d in blue.disagreements]
    assert gaps == sorted(gaps, reverse=True)


def test_answers_become_annotations_of_models_and_a_panel(folder: Path) -> None:
    annotations = list(load_lesion(folder).annotations())
    assert len(annotations) == 10 * 100 - 3  # three pictures one person did not rate at all
    assert {a.annotator for a in annotations} == {*PUBLISHED, "students"}
    assert sum(a.by is not None for a in annotations) == 597


def test_one_command_gives_json_report_and_ledger(folder: Path, tmp_path: Path) -> None:
    out, ledger = tmp_path / "report.html", tmp_path / "kept.sqlite"
    words = ["study", "lesion", str(folder), "--html", str(out), "--ledger", str(ledger), "--json"]
    command = [sys.executable, "-m", "assay", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    described = json.loads(done.stdout)
    assert all(described["reproduced"].values())
    page = out.read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 30
    assert page.count("<script") == 1, "its own, for the search"
    assert len(page) < 300_000
    assert ledger.is_file()


def small(folder: Path, record: str, label: object) -> Path:
    for name in ("human_annotations.json", "llm_annotations.json"):
        (folder / name).write_text(json.dumps({"one": {record: label}}), encoding="utf-8")
    (folder / "images").mkdir()
    return folder


def test_wrong_answers_and_missing_files_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"human_annotations\.json does not exist"):
        load_lesion(tmp_path)
    small(tmp_path, "p__Size", 1)
    with pytest.raises(InputError, match=r"PICTURE__ATTRIBUTE, with Asymmetry"):
        load_lesion(tmp_path)


@pytest.mark.parametrize(("label", "why"), [(7, "'7' is not a number from 1 to 6"), ("x", "'x'")])
def test_a_step_off_the_scale_names_its_place(tmp_path: Path, label: object, why: str) -> None:
    with pytest.raises(InputError, match=f"record 'p__Color'.*{why}"):
        load_lesion(small(tmp_path, "p__Color", label))


def test_an_answer_without_its_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"p\.jpg does not exist, but 'p' has answers"):
        load_lesion(small(tmp_path, "p__Color", 3))


def test_the_task_is_a_form_of_five_scales() -> None:
    assert (TASK.name, TASK.question[:4]) == ("lesion", "Rate")
    assert TASK.schema.check({"Color": 6, "Blue": 0}) == {"Color": 6.0, "Blue": 0.0}
