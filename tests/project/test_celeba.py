"""The CelebA study as a task file: model labels, the old labels, people on what differs."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from assay.cli.data import export_command
from assay.cli.report import report_command
from assay.project.project import open_project, report_context
from assay.report.evidence import Evidence, gather
from assay.run import Job, label
from assay.studies.celeba.study import SHIPPED, celeba, load_celeba
from tests.data.images.hostile import jpeg

FACES = 200
WORDS = ("no", "yes")


def write(path: Path, names: list[str], rows: Iterator[list[str]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["file", *names], *rows])


def task(names: list[str], strategy: dict[str, object]) -> dict[str, object]:
    seen = {"Smiling": "objective", "Attractive": "subjective", "Young": "subjective"}
    fields = {
        name: {
            "answer": {"kind": "choice", "labels": ["yes", "no"]},
            **({"objectivity": seen[name]} if name in seen else {}),
        }
        for name in names
    }
    return {
        "name": "faces",
        "data": {"path": "faces", "image": "image", "id": "file"},
        "question": "What is to be seen in the face?",
        "answer": {"kind": "form", "fields": fields},
        "annotators": {
            "model": {
                "kind": "recorded", "path": "model.csv", "record": "file",
                "prices": {"per_request": 0.001},
            },
            "one_by_one": {
                "kind": "strategy", "strategy": {"kind": "attributes", "annotators": ["model"]},
            },
            "original": {
                "kind": "recorded", "path": "faces/list_attr_celeba.txt", "record": "file",
                "people": True,
            },
            "people": {
                "kind": "recorded", "path": "people.csv", "record": "file", "people": True,
                "prices": {"human_label": 0.05},
            },
        },
        "gold": {"path": "people.csv", "record": "file", "calibration": 0, "evaluation": 1},
        "strategy": strategy,
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CelebA's own layout for the first faces of the study, and the two other sets of labels."""
    place = tmp_path_factory.mktemp("celeba")
    names, ai, human, consensus = load_celeba(SHIPPED)
    images = place / "faces" / "img_align_celeba"
    images.mkdir(parents=True)
    files = [f"{i:06}.jpg" for i in range(FACES)]
    for i, name in enumerate(files):
        (images / name).write_bytes(jpeg(quality=40 + i % 50) + i.to_bytes(2, "big"))
    marks = [
        " ".join([f, *(str(2 * x - 1) for x in row)])
        for f, row in zip(files, human[:FACES], strict=True)
    ]
    (place / "faces" / "list_attr_celeba.txt").write_text(
        "\n".join([str(FACES), " ".join(names), *marks])
    )
    for who, table in (("model", ai), ("people", consensus)):
        rows = ([f, *(WORDS[x] for x in row)] for f, row in zip(files, table[:FACES], strict=True))
        write(place / f"{who}.csv", names, rows)
    return place


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study's files, cut to the same faces."""
    place = tmp_path_factory.mktemp("study")
    ai = json.loads((SHIPPED / "ai_annotation.json").read_text())
    kept = list(ai)[:FACES]
    for name in ("ai_annotation.json", "re_annotation.json"):
        held = json.loads((SHIPPED / name).read_text())
        (place / name).write_text(json.dumps({id: held[id] for id in kept if id in held}))
    (place / "questions.json").write_text((SHIPPED / "questions.json").read_text())
    return place


async def run(folder: Path, name: str, strategy: dict[str, object]) -> Evidence:
    path = folder / f"{name}.yaml"
    names = load_celeba(SHIPPED)[0]
    path.write_text(yaml.safe_dump(task(names, strategy) | {"ledger": f"{name}.sqlite"}))
    project = open_project(path)
    ledger = project.ledger()
    try:
        job = Job(project.task, project.strategy, project.annotators, ledger, project.settings())
        done = await label(job, project.records())
        assert done.decided == FACES
        return gather(ledger, done.run, report_context(project))
    finally:
        ledger.close()


async def test_the_review_of_disagreements_gives_the_studys_figures(
    folder: Path, part: Path
) -> None:
    study = celeba(part)
    evidence = await run(
        folder,
        "review",
        {"kind": "review", "annotators": ["model", "original", "people"], "audit": 0.1},
    )
    assert evidence.review is not None
    found, bill = evidence.review.found, evidence.review.bill
    assert found.all.agreement.value == pytest.approx(study.agreement)
    assert found.all.disagreements == study.disagreements
    assert found.all.sided_with_first.hits == study.sided_with_ai
    assert found.all.first_consistency.value == pytest.approx(study.consistency)
    assert found.all.second_consistency.value == pytest.approx(study.human_consistency)
    assert found.all.kappa == pytest.approx(study.kappa_mean)
    for name, attribute in study.attributes.items():
        mine = found.attributes[name]
        assert mine.agreement.value == pytest.approx(attribute.agreement)
        assert mine.first_consistency.value == pytest.approx(attribute.consistency)
        assert mine.baseline == pytest.approx(attribute.baseline)
    audited = found.all.rejected
    assert found.looked == study.disagreements + audited.n
    assert 0 < audited.n < 0.3 * study.cells
    assert audited.hits == 0  # the study's consensus is the agreed label by definition
    assert found.shared_errors is not None
    wrong, _, most = found.shared_errors
    assert wrong == 0 < most
    assert set(found.kinds) == {"objective", "subjective"}
    assert found.kinds["subjective"].agreement.n == 2 * FACES
    assert bill.reviewer == found.looked * 50_000_000
    assert bill.people_alone == study.cells * 50_000_000
    assert bill.spent == bill.reviewer + FACES * 1_000_000
    assert evidence.top.score is not None
    assert evidence.top.score.on_all.value == 1.0


async def test_attributes_are_asked_one_a_call_and_bear_their_share_of_the_bill(
    folder: Path,
) -> None:
    strategy: dict[str, object] = {"kind": "attributes", "annotators": ["model"], "together": 15}
    evidence = await run(folder, "several", strategy)
    [line] = evidence.lines[1:]
    assert line.outcomes.total() == 3 * FACES
    assert sum(line.part_costs.values()) == line.cost == 3 * FACES * 1_000_000
    assert line.part_costs["Young"] == pytest.approx(FACES * 1_000_000 / 10)
    assert line.part_costs["Bald"] == pytest.approx(FACES * 1_000_000 / 15, rel=1e-4)
    assert line.score == evidence.top.score  # the parts of a record are put together
    alone = await run(folder, "one", {"kind": "attributes", "annotators": ["model"]})
    assert alone.lines[1].outcomes.total() == 40 * FACES


async def test_report_and_export_show_the_review(folder: Path) -> None:
    strategy: dict[str, object] = {
        "kind": "review", "annotators": ["one_by_one", "original", "people"], "audit": 0.1,
    }  # fmt: skip
    await run(folder, "page", strategy)
    page, table = folder / "page.html", folder / "out.csv"
    described = CliRunner().invoke(report_command, [str(folder / "page.yaml"), "-o", str(page)])
    assert described.exit_code == 0, described.output
    assert "all (subjective)" not in described.output
    assert "Attractive (subjective)" in described.output
    assert "agreed cells were audited" in described.output
    text = page.read_text()
    assert "Disagreements reviewed by" in text
    assert text.count("<script") == 1, "its own, for the search"
    said = CliRunner().invoke(export_command, [str(folder / "page.yaml"), "-o", str(table)])
    assert said.exit_code == 0, said.output
    assert len(table.read_text().splitlines()) == FACES + 1
