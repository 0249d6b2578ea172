"""Text classifiers with tiny random weights: what they say, and that tuning is what it says."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.core.digest import digest
from assay.core.errors import ModelError, SpecError
from assay.models.transformers_text import TextClassifier, Tuning
from tests.models.tiny_classifier import saved
from tests.needs import needs_extra

pytestmark = needs_extra("hub", "torch", "transformers")
TEXTS = ["the film was lovely", "dreadful", "the the the fine film", "poor"]
TARGETS = [1, 0, 1, 0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("bert"))


@pytest.fixture
def model(folder: Path) -> TextClassifier:
    return TextClassifier(str(folder), device="cpu")


def by_hand(model: TextClassifier, text: str, longest: int = 512) -> list[float]:
    """One text without padding."""
    import torch

    loaded = model.loaded
    ids = loaded.tokenizer(text)["input_ids"]
    ids = ids if len(ids) <= longest else [*ids[: longest - 1], ids[-1]]
    with torch.inference_mode():
        logits = loaded.model(input_ids=torch.tensor([ids])).logits[0].double()
    return [float(p) for p in logits.softmax(-1)]


def weights(model: TextClassifier) -> list[np.ndarray]:
    return [p.detach().numpy().copy() for p in model.loaded.model.parameters()]


def test_probabilities_are_those_of_each_text_alone(model: TextClassifier) -> None:
    found = model.probabilities(TEXTS)
    assert found.dtype == np.float64
    assert np.allclose(found, [by_hand(model, text) for text in TEXTS], atol=1e-6)
    assert model.labels == ("LABEL_0", "LABEL_1")
    assert not model.on_gpu


def test_a_text_is_read_up_to_the_longest(folder: Path) -> None:
    short = TextClassifier(str(folder), device="cpu", longest=4)
    assert np.allclose(short.probabilities([TEXTS[2]])[0], by_hand(short, TEXTS[2], 4), atol=1e-6)
    assert not np.allclose(by_hand(short, TEXTS[2]), by_hand(short, TEXTS[2], 4), atol=1e-5)


def test_a_folder_is_named_by_its_weights_and_a_hub_model_by_its_revision(
    folder: Path, model: TextClassifier
) -> None:
    files = sorted(p for p in folder.iterdir() if p.name in ("config.json", "model.safetensors"))
    sums = [[p.name, hashlib.sha256(p.read_bytes()).hexdigest()] for p in files]
    sums.sort()
    assert model.id == f"{folder.name}@{digest(sums, 6)}"
    assert TextClassifier("org/name").id == "org/name"
    assert TextClassifier("org/name", "abc").id == "org/name@abc"


def test_a_folder_that_was_saved_over_has_another_name(tmp_path: Path) -> None:
    model = TextClassifier(str(saved(tmp_path)))
    before = model.id
    (tmp_path / "config.json").write_text("{}")
    assert model.id != before


def test_closing_frees_what_can_be_loaded_again_and_nothing_else(model: TextClassifier) -> None:
    first = model.loaded
    assert model.loaded is first
    model.close()
    assert model.loaded is not first
    tuned = model.tuned(TEXTS, TARGETS, Tuning(epochs=1), 0)
    kept = tuned.loaded
    tuned.close()
    assert tuned.loaded is kept
    headed = tuned.with_heads(("x", "y"), 1)
    other = headed.loaded
    headed.close()
    assert headed.loaded is not other


def test_new_heads_are_drawn_by_the_seed_and_named(model: TextClassifier) -> None:
    three = model.with_heads(("bad", "fair", "good"), 3)
    assert three.labels == ("bad", "fair", "good")
    assert three.loaded.model.config.label2id == {"bad": 0, "fair": 1, "good": 2}
    found = three.probabilities(TEXTS)
    assert found.shape == (4, 3)
    assert np.array_equal(model.with_heads(three.labels, 3).probabilities(TEXTS), found)
    assert not np.array_equal(model.with_heads(three.labels, 4).probabilities(TEXTS), found)
    body = [a for a, b in zip(weights(three), weights(model), strict=True) if a.shape == b.shape]
    assert len(body) == len(weights(model)) - 2


def tuned_by_hand(model: TextClassifier, tuning: Tuning, seed: int) -> list[np.ndarray]:
    """Section 4(a): AdamW, a rate that falls to nought, gradients cut at length 1."""
    import copy

    import torch

    made = copy.deepcopy(model.loaded.model).train()
    adam = torch.optim.AdamW(made.parameters(), lr=tuning.rate, weight_decay=tuning.decay)
    batches = -(-len(TEXTS) // tuning.batch)
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    for epoch in range(tuning.epochs):
        order = rng.permutation(len(TEXTS)).tolist()
        for at in range(batches):
            chosen = order[at * tuning.batch : (at + 1) * tuning.batch]
            inputs = model.loaded.tokenizer(
                [TEXTS[i] for i in chosen], truncation=True, max_length=tuning.longest,
                padding=True, return_tensors="pt",
            )  # fmt: skip
            logits = made(**inputs).logits
            wanted = torch.tensor([TARGETS[i] for i in chosen])
            adam.param_groups[0]["lr"] = tuning.rate * (
                1 - (epoch * batches + at) / (tuning.epochs * batches)
            )
            adam.zero_grad()
            loss: Any = torch.nn.functional.cross_entropy(logits, wanted)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(made.parameters(), 1.0)
            adam.step()
    return [p.detach().numpy() for p in made.parameters()]


@pytest.mark.parametrize("tuning", [Tuning(1e-2, 2, 3, 0.1, 5), Tuning(1e-3, 1, 2, 0.0, 128)])
def test_tuning_is_that_of_the_paper_and_leaves_the_model_as_it_was(
    model: TextClassifier, tuning: Tuning
) -> None:
    before = weights(model)
    tuned = model.tuned(TEXTS, TARGETS, tuning, 5)
    for found, expected in zip(weights(tuned), tuned_by_hand(model, tuning, 5), strict=True):
        assert np.allclose(found, expected, atol=1e-5)
    assert all(np.array_equal(a, b) for a, b in zip(weights(model), before, strict=True))
    assert not tuned.loaded.model.training
    assert np.array_equal(tuned.probabilities(TEXTS), tuned.probabilities(TEXTS))


def test_tuning_leaves_the_random_numbers_of_others_alone(model: TextClassifier) -> None:
    import torch

    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    model.tuned(TEXTS, TARGETS, Tuning(epochs=1), 9)
    model.with_heads(("x", "y"), 2).probabilities(TEXTS)
    assert torch.equal(torch.rand(3), expected)


def test_the_defaults_are_the_papers() -> None:
    assert Tuning() == Tuning(2e-5, 3, 16, 0.01, 128)
    assert TextClassifier("m").id == "m"
    assert TextClassifier("m") == TextClassifier("m", None, None, 512, (), 0)


def test_what_cannot_be_loaded_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^cannot load '.*nothing': [^\n]{1,200}$"):
        _ = TextClassifier(str(tmp_path / "nothing")).loaded


def test_a_model_of_several_labels_at_once_is_refused_unless_it_gets_new_heads(
    tmp_path: Path,
) -> None:
    several = TextClassifier(
        str(saved(tmp_path, problem_type="multi_label_classification")), device="cpu"
    )
    with pytest.raises(SpecError, match="gives several labels at once"):
        _ = several.loaded
    assert several.with_heads(("a", "b"), 0).labels == ("a", "b")
