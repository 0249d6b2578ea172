"""The studies, figure by figure; those of data sets that are not shipped on made-up ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from assay.quality.studies.celeba_study import CostInputs, celeba
from assay.quality.studies.cifar10h_study import cifar10h, conformal
from assay.quality.studies.cifar10h_study import load as load_cifar
from assay.quality.studies.golden_study import golden
from assay.quality.studies.lesion_study import STEPS, lesion
from assay.quality.studies.lesion_study import load as load_lesions
from tests.worked import as_kept

KEPT = Path(__file__).parent / "worked"


def test_the_celeba_study_is_as_it_was() -> None:
    found = celeba(cost=CostInputs(100, 0.1, 2, 1.0, 3.6)).as_json()
    attributes = found["attributes"]
    assert isinstance(attributes, dict)
    some = {name: attributes[name] for name in list(attributes)[::8]}
    as_kept(KEPT / "celeba.json", [found | {"attributes": some}, celeba().cost])


def test_the_golden_study_is_as_it_was() -> None:
    as_kept(KEPT / "golden.json", golden(60, 1), rel=1e-5)


def lesions(folder: Path) -> Path:
    rng = np.random.default_rng(1)
    truth = {
        f"pic{i}__{name}": int(rng.integers(low, high + 1))
        for i in range(34)
        for name, (low, high, _) in STEPS.items()
    }

    def answers(right: float) -> dict[str, int | None]:
        said: dict[str, int | None] = {}
        for record, step in truth.items():
            if record.endswith("Blue") and right > 0.5:  # where a constant may stand in
                said[record] = 1
                continue
            low, high, _ = STEPS[record.partition("__")[2]]
            other = int(rng.integers(low, high + 1))
            said[record] = step if rng.random() < right else other
        return said

    people = {f"human{k}": answers(0.7) for k in range(4)}
    del people["human0"]["pic3__Blue"]
    models = {"gpt-4o": answers(0.8), "other": answers(0.1)}
    for name, said in (("human_annotations", people), ("llm_annotations", models)):
        (folder / f"{name}.json").write_text(json.dumps(said), encoding="utf-8")
    (folder / "images").mkdir()
    for i in range(34):
        (folder / "images" / f"pic{i}.jpg").write_bytes(b"picture %d" % i)
    return folder


def test_the_lesion_study_is_as_it_was(tmp_path: Path) -> None:
    data = load_lesions(lesions(tmp_path))
    found = lesion(data).as_json()
    attributes = found["attributes"]
    assert isinstance(attributes, dict)
    for attribute in attributes.values():
        attribute["agreement"] = attribute["agreement"][::3]
    some = {name: attributes[name] for name in ("Color", "Blue")}
    answers = [
        [a.record, a.annotator, a.by, a.run, a.at, a.value]
        for a in list(data.annotations("run", 5.0))[::40]
    ]
    pictures = {name: r.images[0].sha256 for name, r in list(data.records.items())[:2]}
    as_kept(KEPT / "lesion.json", [found | {"attributes": some}, answers, pictures])


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 10, 10_000)
    people = np.zeros((10_000, 10), int)
    for _ in range(5):
        said = np.where(rng.random(10_000) < 0.9, truth, rng.integers(0, 10, 10_000))
        people[np.arange(10_000), said] += 1
    scores = rng.normal(0, 1, (10_000, 10)) + 3 * np.eye(10)[truth]
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    table = np.column_stack([people, probs, truth + 1])
    np.savetxt(tmp_path / "human_model_truth.csv", table, delimiter=",", fmt="%.9g")
    return tmp_path


def test_the_cifar_study_is_as_it_was(votes: Path) -> None:
    crowd = load_cifar(votes)
    sets = [conformal(crowd.probs[:200], crowd.rows(np.arange(500)), a) for a in (0.05, 0.2)]
    kept = [[int(s.sum()), s[:3].astype(int)] for s in sets]
    told = [crowd.model[:9], crowd.log_probs[0], crowd.person(np.random.default_rng(1))[:9]]
    as_kept(KEPT / "cifar10h.json", [cifar10h(votes, 2, 3), kept, told], rel=1e-4)


def test_probabilities_above_one_by_rounding_are_one(votes: Path) -> None:
    crowd = load_cifar(votes).rows(np.arange(50))
    probs = np.zeros((50, 10))
    probs[np.arange(50), crowd.truth] = 1 + 1e-9
    sure = type(crowd)(crowd.votes, probs, crowd.truth)
    assert conformal(probs, sure, 0.1).sum(axis=1).tolist() == [1] * 50
