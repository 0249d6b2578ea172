"""The CelebA study in words and as JSON, at the prices given."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.cli import root
from assay.core.errors import InputError
from assay.studies.celeba import command
from assay.studies.celeba.study import FILES, SHIPPED, CelebaStudy, CostInputs, celeba, load_celeba
from tests.worked import as_kept

WORKED = Path(__file__).parent / "worked"


@pytest.fixture(scope="module")
def study() -> CelebaStudy:
    return celeba(cost=CostInputs(1_000, 0.1, 2, 0.5, 2.0))


def test_every_figure_of_the_study(study: CelebaStudy) -> None:
    as_kept(WORKED / "study.json", study.as_json())


def test_the_command_tells_it_in_lines_or_as_json(
    study: CelebaStudy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[Path | None, CostInputs]] = []

    def made(folder: Path | None, cost: CostInputs) -> CelebaStudy:
        asked.append((folder, cost))
        return study

    monkeypatch.setattr(command, "celeba", made)
    page = tmp_path / "page.html"
    words = [
        str(tmp_path), "--price-per-label", "0.1", "--redundancy", "2", "--seconds-per-query",
        "0.5", "--gpu-hour", "2", "--images", "1000", "--html", str(page),
    ]  # fmt: skip
    done = CliRunner().invoke(command.celeba_command, words)
    assert done.exit_code == 0, done.output
    error_text = done.output.splitlines()
    assert error_text.pop() == f"wrote {page}"
    as_kept(WORKED / "lines.json", error_text)
    assert page.stat().st_size > 10_000
    done = CliRunner().invoke(command.celeba_command, ["--json"])
    assert json.loads(done.output) == json.loads(json.dumps(study.as_json()))
    done = CliRunner().invoke(command.celeba_command, [])
    assert done.output.splitlines() == error_text
    assert asked == [
        (tmp_path, CostInputs(1_000, 0.1, 2, 0.5, 2.0)),
        (None, CostInputs()),
        (None, CostInputs()),
    ]
    assert CostInputs() == CostInputs(200_000, 0.05, 1, 0.3, 1.0)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"price_per_label": -1}, "price per label"),
        ({"seconds_per_query": float("nan")}, "seconds per query"),
        ({"gpu_hour": -0.5}, "gpu hour"),
        ({"images": 0}, "number of images"),
        ({"redundancy": 0}, "redundancy"),
    ],
)
def test_costs_are_amounts_and_counts(given: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=says):
        CostInputs(**given)  # type: ignore[arg-type]


def files(folder: Path, **changed: object) -> Path:
    """A study of two images and two attributes, of which one was settled the other way."""
    content: dict[str, object] = {
        "ai": {"1": [1, -1], "2": [-1, 1]}, "again": {"1": {"Hat": -1, "nose": -1}},
        "questions": {"hat": "?", "Nose": "?"},
    }  # fmt: skip
    for name, part in zip(FILES, (content | changed).values(), strict=True):
        text = part if isinstance(part, str) else json.dumps(part)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_people_said_the_contrary_where_it_was_labelled_anew(tmp_path: Path) -> None:
    names, ai, human, consensus = load_celeba(files(tmp_path))
    assert names == ["Hat", "nose"]
    assert ai.tolist() == [[1, 0], [0, 1]]
    assert human.tolist() == [[0, 1], [0, 1]]
    assert consensus.tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"ai": {"1": [1, 0], "2": [1, 1]}}, "each id needs 2 values of 1 or -1"),
        ({"ai": {"1": [1, True], "2": [1, 1]}}, "each id needs 2 values of 1 or -1"),
        ({"ai": {"1": [1, "x"], "2": [1, 1]}}, "each id needs 2 values of 1 or -1"),
        ({"ai": {"1": [1], "2": [1, 1]}}, "each id needs 2 values of 1 or -1"),
        ({"ai": {"1": "ab", "2": [1, 1]}}, "each id needs 2 values of 1 or -1"),
        ({"again": {"1": {"Hat": -1, "nose": 2}}}, "attributes with 1 or -1"),
        ({"again": {"1": [1]}}, "attributes with 1 or -1"),
        ({"again": {"3": {"Hat": 1}}}, "no image '3' or attribute 'Hat'"),
        ({"again": {"1": {"Wings": 1}}}, "no image '1' or attribute 'Wings'"),
        ({"questions": "{"}, "broken JSON"),
        ({"questions": [1]}, "a JSON object is needed"),
    ],
)
def test_broken_label_files_are_one_line(
    changed: dict[str, object], says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=says):
        load_celeba(files(tmp_path, **changed))


def test_the_shipped_files_are_those_without_a_folder() -> None:
    assert celeba().agreement == celeba(SHIPPED).agreement
    assert celeba().cost["images"] == 200_000


@pytest.mark.parametrize("name", FILES)
def test_a_page_never_takes_the_place_of_a_label_file(name: str, tmp_path: Path) -> None:
    folder = files(tmp_path)
    before = (folder / name).read_bytes()
    words = ["study", "celeba", str(folder), "--html", str(folder / name), "--force"]
    done = CliRunner().invoke(root, words)
    assert done.exit_code != 0
    assert "Traceback" not in done.output
    assert (folder / name).read_bytes() == before
