"""A first task file with a model behind an endpoint, and with what its author gave."""

import json
from pathlib import Path

import pytest

from assay.core.errors import InputError, SpecError
from assay.core.jsons import loads
from assay.taskfile.draft import Draft, Given, draft
from assay.taskfile.endpoint import OPENAI, OPENAI_KEY, Endpoint
from assay.taskfile.hosted import OpenAISpec
from assay.taskfile.reader import load
from assay.taskfile.specs import TaskFile


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("meta/llama-3.1:8b", "llama-3.1-8b"),
        ("models/big one/", "big-one"),
        ("a/b (c)", "b-c"),
        ("??", "model"),
        ("/", "model"),
        ("-x.", "x"),
    ],
)
def test_an_annotator_is_called_by_its_model(model: str, name: str) -> None:
    assert Endpoint(model).name == name


def drafted(folder: Path, given: Given, *cells: str, ids: bool = True) -> tuple[TaskFile, Draft]:
    rows = [{"n": i, "id": i if ids else 1, "text": "t", "other": "o", "label": c}
            for i, c in enumerate(cells)]  # fmt: skip
    (folder / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = draft(folder / "x.jsonl", folder, given)
    (folder / "task.yaml").write_text(made.text)
    return load(folder / "task.yaml"), made


@pytest.mark.parametrize(
    ("endpoint", "url", "key"),
    [
        (Endpoint("m"), OPENAI, OPENAI_KEY),
        (Endpoint("m", key_env="MINE"), OPENAI, "MINE"),
        (Endpoint("m", "http://127.0.0.1:1/v1"), "http://127.0.0.1:1/v1", None),
        (Endpoint("it's", "http://h/v1", "MINE"), "http://h/v1", "MINE"),
    ],
)
def test_a_key_is_sent_where_one_is_named_or_to_openai(
    endpoint: Endpoint, url: str, key: str | None, tmp_path: Path
) -> None:
    file, _ = drafted(tmp_path, Given(endpoint=endpoint), "a", "b")
    [(name, spec)] = file.annotators.items()
    assert isinstance(spec, OpenAISpec)
    assert (name, spec.model) == (endpoint.name, endpoint.model)
    assert (spec.base_url, spec.key_env) == (url, key)
    assert file.strategy.annotators == [endpoint.name]


def labels(file: TaskFile) -> tuple[str, list[str]]:
    content = loads(file.answer.model_dump_json().encode())
    return content["kind"], [one["name"] for one in content["labels"]]


@pytest.mark.parametrize(
    ("cells", "kind", "gold"),
    [
        (("a", "b"), "choice", True),
        (("a;b", "b"), "multi", True),
        (("1", "2.5"), "choice", True),
        (("a", "a"), "choice", True),
        (("", ""), "choice", False),
    ],
)
def test_labels_that_are_given_take_the_place_of_those_found(
    cells: tuple[str, ...], kind: str, gold: bool, tmp_path: Path
) -> None:
    file, made = drafted(tmp_path, Given(labels=("b", "a", "c")), *cells)
    assert labels(file) == (kind, ["b", "a", "c"])
    assert (file.gold is not None) == gold
    assert ("is empty" in made.guesses[-1]) != gold


def test_columns_that_are_given_are_taken_as_they_are(tmp_path: Path) -> None:
    given = Given(text=("other", "text"), id="n", gold="label", question="Which, it's?")
    file, made = drafted(tmp_path, given, "a", "b", ids=False)
    assert (file.data.texts, file.data.id) == (("other", "text"), "n")
    assert file.question == "Which, it's?"
    assert file.gold is not None
    assert file.gold.label == "label"
    assert "'other, text'" in made.guesses[0]
    one, _ = drafted(tmp_path, Given(text=("other",)), "a", "b")
    assert one.data.texts == ("other",)
    with pytest.raises(InputError, match="none"):
        drafted(tmp_path, Given(text=("none",)), "a", "b")


def test_gold_that_is_asked_for_and_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("text,mine\nt,a\nu,b\n")
    with pytest.raises(InputError, match="--id"):
        draft(tmp_path / "y.csv", tmp_path, Given(gold="mine"))
    with pytest.raises(InputError, match=r"'label' is empty.*--labels"):
        drafted(tmp_path, Given(gold="label"), "", "")


def test_labels_without_a_column_have_no_gold(tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("id,text\n1,t\n2,u\n")
    made = draft(tmp_path / "y.csv", tmp_path, Given(labels=("a", "b")))
    assert "gold:" not in made.text
    assert made.guesses[-1].startswith("choice of 2 labels; no gold")


def test_a_file_that_marks_spans_has_its_labels_already(tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("Ada B-PER\n\n")
    draft(tmp_path / "x.conll", tmp_path)
    with pytest.raises(SpecError, match="marks spans"):
        draft(tmp_path / "x.conll", tmp_path, Given(labels=("a",)))
