"""The real classes of each family with tiny random weights, loaded as a user's model is loaded."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from assay.annotators.llm import LLM
from assay.annotators.mapping import BY_NAME
from assay.annotators.scored import Scored
from assay.core.annotation import Outcome, Request
from assay.core.cost import Usage
from assay.core.errors import ModelError
from assay.core.record import ImagePart, Record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.models.base import Message, Options
from assay.models.transformers_vlm import (
    Loaded,
    TransformersVLM,
    _usage,
    label_tokens,
    likelihoods,
    prompt_of,
)
from assay.testing import check_annotator
from tests.models.tiny_vlms import FAMILIES
from tests.needs import needs_extra

pytestmark = needs_extra("vision", "torch", "transformers")

DEVICES = ["cpu", *(["cuda"] if shutil.which("nvidia-smi") else [])]
LABELS = ["red", "big cat", "dog"]


@pytest.fixture(scope="module", params=[(f, d) for f in FAMILIES for d in DEVICES], ids=str)
def vlm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    import torch

    family, device = request.param
    folder = tmp_path_factory.mktemp(family)
    torch.manual_seed(0)
    FAMILIES[family](folder)
    return TransformersVLM(str(folder), device=device)


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[tuple[int, int, int]], ImagePart]:
    def made(colour: tuple[int, int, int]) -> ImagePart:
        path = tmp_path / f"{colour}.png"
        Image.new("RGB", (60, 40), colour).save(path)
        return ImagePart(str(path), hashlib.sha256(path.read_bytes()).hexdigest())

    return made


RED, BLUE = (220, 10, 10), (10, 10, 220)


def asked(part: ImagePart) -> list[Message]:
    return [Message("user", (part, "What is it ? Answer :"))]


async def test_it_answers_greedily_and_the_same_again(vlm: Any, picture: Any) -> None:
    options = Options(max_tokens=4)
    one = await vlm.complete(asked(picture(RED)), options)
    again = await vlm.complete(asked(picture(RED)), options)
    assert (one.error, one.text) == (None, again.text)
    assert one.usage.input_tokens > 3
    assert 1 <= one.usage.output_tokens <= 5


async def test_sampling_repeats_by_its_seed(vlm: Any, picture: Any) -> None:
    options = Options(max_tokens=6, temperature=1.0, seed=7)
    texts = {(await vlm.complete(asked(picture(RED)), options)).text for _ in range(2)}
    assert len(texts) == 1


async def test_label_scores_are_those_of_a_token_by_token_pass(vlm: Any, picture: Any) -> None:
    messages = asked(picture(RED))
    (found,) = await vlm.score([messages], LABELS)
    loaded = vlm.loaded
    for label, row in zip(LABELS, label_tokens(loaded, LABELS), strict=True):
        expected = step_by_step(vlm, messages, row)
        assert (found.scores or {})[label] == pytest.approx(expected, abs=1e-4)


def step_by_step(vlm: Any, messages: list[Message], row: list[int]) -> float:
    """The log-likelihood of a label's tokens, each from a pass of its own."""
    import torch

    loaded = vlm.loaded
    inputs = dict(vlm._inputs(loaded, messages, vlm.view))
    total = 0.0
    with torch.inference_mode():
        if loaded.encodes:
            start = loaded.model.config.text_config.decoder_start_token_id
            for i, token in enumerate(row):
                said = torch.tensor([[start, *row[:i]]], device=loaded.model.device)
                logits = loaded.model(**inputs, decoder_input_ids=said).logits[0, -1]
                total += float(logits.float().log_softmax(-1)[token])
            return total
        for token in row:
            total += float(loaded.model(**inputs).logits[0, -1].float().log_softmax(-1)[token])
            shape = inputs["input_ids"].shape
            for name, tensor in inputs.items():
                if tensor.shape == shape:
                    more = {"input_ids": token, "attention_mask": 1}.get(name, 0)
                    inputs[name] = torch.nn.functional.pad(tensor, (0, 1), value=more)
    return total


async def test_one_token_labels_score_as_in_a_batch_with_longer_ones(
    vlm: Any, picture: Any
) -> None:
    messages = asked(picture(RED))
    (alone,) = await vlm.score([messages], ["red", "dog"])
    (mixed,) = await vlm.score([messages], LABELS)
    for label, score in (alone.scores or {}).items():
        assert (mixed.scores or {})[label] == pytest.approx(score, abs=1e-4)


async def test_another_picture_has_other_scores(vlm: Any, picture: Any) -> None:
    red, blue = await vlm.score([asked(picture(RED)), asked(picture(BLUE))], LABELS)
    assert red.scores != blue.scores


def test_a_label_that_begins_another_gets_an_end(vlm: Any) -> None:
    end = vlm.loaded.tokenizer.eos_token_id
    rows = label_tokens(vlm.loaded, ["not", "not hateful"])
    assert [row[-1] for row in rows] == [end, end]


async def test_without_a_readable_picture_there_is_an_error_and_no_answer(
    vlm: Any, tmp_path: Path
) -> None:
    lost = ImagePart(str(tmp_path / "none.png"), "0" * 64)
    for messages in ([Message("user", ("What is it ?",))], asked(lost)):
        assert (await vlm.complete(messages, Options())).error
        (scored,) = await vlm.score([messages], LABELS)
        assert scored.error


def requests(who: Any, *parts: ImagePart) -> list[Request]:
    task = Task("t", "What is it ?", Choice(LABELS))
    return [Request(task, Record(str(i), (part,)), who.id) for i, part in enumerate(parts)]


def test_it_is_an_annotator_by_likelihood_that_always_answers(vlm: Any, picture: Any) -> None:
    who = Scored(vlm)
    found = check_annotator(who, requests(who, picture(RED), picture(BLUE)))
    assert [a.outcome for a in found] == [Outcome.ANSWERED] * 2
    assert {a.value for a in found} <= set(LABELS)


def test_it_is_an_annotator_by_pattern_that_may_stay_unparsed(vlm: Any, picture: Any) -> None:
    who = LLM(vlm, BY_NAME["pattern"], Options(max_tokens=4))
    found = check_annotator(who, requests(who, picture(RED)))
    assert found[0].outcome in (Outcome.ANSWERED, Outcome.UNPARSED)


def test_the_prompt_shows_the_picture_where_it_stands(vlm: Any, picture: Any) -> None:
    prompt = prompt_of(vlm.loaded, asked(picture(RED)))
    assert "What is it ? Answer :" in prompt
    if vlm.loaded.chats:
        assert prompt.index("<image>") < prompt.index("What")


def test_a_model_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot load") as bad:
        _ = TransformersVLM(str(tmp_path / "none")).loaded
    assert "\n" not in str(bad.value)


def test_the_pinned_revision_belongs_to_the_id() -> None:
    plain = TransformersVLM("a/b")
    assert replace(plain, revision="1234").id != plain.id


def stand_in(device: str = "cpu", **config: Any) -> Loaded:
    """Logits without a model: of four tokens, after a prompt that does not matter."""
    import torch

    logits = torch.arange(24.0).reshape(2, 3, 4).sin()

    def decoded(**given: Any) -> Any:
        assert given["labels"].tolist() == [[0, 2, -100], [3, 0, 1]]
        return SimpleNamespace(logits=logits)

    model: Any = decoded
    model.config = SimpleNamespace(**config)
    model.device = torch.device(device)
    return Loaded(model, SimpleNamespace(tokenizer=None))


def test_a_language_model_has_an_encoder_only_where_it_says_so() -> None:
    assert not stand_in().encodes
    assert not stand_in(text_config=SimpleNamespace()).encodes
    assert not stand_in(text_config=SimpleNamespace(is_encoder_decoder=False)).encodes
    assert stand_in(text_config=SimpleNamespace(is_encoder_decoder=True)).encodes


def test_the_first_token_of_a_vocabulary_counts_and_what_fills_up_does_not() -> None:
    import torch

    loaded = stand_in(text_config=SimpleNamespace(is_encoder_decoder=True))
    found = likelihoods(loaded, {"input_ids": torch.zeros(1, 5)}, [[0, 2], [3, 0, 1]])
    logs = torch.arange(24.0).reshape(2, 3, 4).sin().log_softmax(-1)
    first = logs[0, 0, 0] + logs[0, 1, 2]
    second = logs[1, 0, 3] + logs[1, 1, 0] + logs[1, 2, 1]
    assert found == pytest.approx([float(first), float(second)], abs=1e-6)


@pytest.mark.parametrize(("device", "seconds"), [("cpu", 0.0), ("cuda", 2.5)])
def test_only_time_on_a_gpu_is_time_of_a_gpu(device: str, seconds: float) -> None:
    found = _usage(stand_in(device), 7, 3, 2.5)
    assert found == Usage(input_tokens=7, output_tokens=3, attempts=1, gpu_seconds=seconds)


def test_a_label_without_a_token_is_named() -> None:
    words: Any = lambda text, add_special_tokens: {"input_ids": [1] if "red" in text else []}  # noqa: E731
    words.eos_token_id = None
    model = SimpleNamespace(config=SimpleNamespace())
    loaded = Loaded(model, SimpleNamespace(tokenizer=words, chat_template="x"))
    with pytest.raises(ModelError, match="label '~' has no token in the model's vocabulary"):
        label_tokens(loaded, ["red", "~"])


async def test_the_end_of_an_answer_is_no_part_of_its_text(vlm: Any, picture: Any) -> None:
    loaded, decoded = vlm.loaded, list[dict[str, Any]]()
    plain = loaded.tokenizer.decode
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            type(loaded.tokenizer), "decode",
            lambda own, new, **how: decoded.extend([how]) or plain(new, **how),  # type: ignore[func-returns-value]
        )  # fmt: skip
        await vlm.complete(asked(picture(RED)), Options(max_tokens=4))
    assert decoded[-1] == {"skip_special_tokens": True}
    assert vlm.takes_images
