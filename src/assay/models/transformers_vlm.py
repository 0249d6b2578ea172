"""Vision-language models on this machine through transformers: by hub name or local folder.

LLaVA-NeXT, InstructBLIP, BLIP-2 and Qwen-VL are those that are tested; whatever transformers loads
as an image-text-to-text model should work. Closed label sets are ranked by likelihood, as in
InstructBLIP's own `predict_class` (Dai et al., 2023), and so always get an answer.
"""

import importlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from assay.core.cost import Usage
from assay.core.errors import InputError, ModelError
from assay.core.record import ImagePart
from assay.data.images.decode import decode
from assay.data.images.source import content_of
from assay.models.base import Completion, Message, Options, View
from assay.models.lane import Lane

T = TypeVar("T")

EXTRA = "local vision-language models need the extra `vision`: pip install 'assay[vision]'"


@dataclass(frozen=True, slots=True)
class Loaded:
    model: Any
    processor: Any

    @property
    def tokenizer(self) -> Any:
        return self.processor.tokenizer

    @property
    def chats(self) -> bool:
        return bool(getattr(self.processor, "chat_template", None))

    @property
    def encodes(self) -> bool:
        """Whether the language model has an encoder for the prompt and a decoder for the answer."""
        text = getattr(self.model.config, "text_config", None)
        return bool(getattr(text, "is_encoder_decoder", False))


@dataclass(slots=True)
class TransformersVLM:
    """Weights are loaded when first asked for; one question at a time is on the device.

    `revision` pins the weights on the hub and belongs to the id. `device` is `cuda` where there is
    one, else `cpu`.
    """

    name: str
    revision: str | None = None
    device: str | None = None
    dtype: str = "auto"
    view: View = field(default_factory=View)  # how pictures are shown when labels are scored
    _loaded: Loaded | None = field(default=None, repr=False)
    _thread: Lane = field(default_factory=lambda: Lane("vlm"), repr=False, compare=False)

    @property
    def id(self) -> str:
        pinned = f"@{self.revision}" if self.revision else ""
        return f"transformers/{self.name}{pinned}/{self.dtype}"

    @property
    def takes_images(self) -> bool:
        return True

    async def aclose(self) -> None:
        self._loaded = None  # what is under way has its own hold on the weights
        self._thread.close()

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        return await self._thread.run(self._complete, messages, options)

    async def score(
        self, prompts: Sequence[Sequence[Message]], labels: Sequence[str]
    ) -> list[Completion]:
        """Log-likelihood of every label after every prompt, in nats, summed over its tokens."""
        return [await self._thread.run(self._score, prompt, labels) for prompt in prompts]

    def _complete(self, messages: Sequence[Message], options: Options) -> Completion:
        began, loaded = time.perf_counter(), self.loaded
        try:
            inputs = self._inputs(loaded, messages, options.view)
        except InputError as bad:
            return Completion("", error=str(bad))
        torch = _torch()
        how: dict[str, Any] = {"max_new_tokens": options.max_tokens, "do_sample": False}
        if options.temperature:
            how |= {"do_sample": True, "temperature": options.temperature, "top_p": options.top_p}
            torch.manual_seed(options.seed or 0)
        with torch.inference_mode():
            made = loaded.model.generate(**inputs, **how)[0]
        asked = inputs["input_ids"].shape[1]
        whole = torch.equal(made[:asked], inputs["input_ids"][0])  # some give the prompt back
        new = made[asked:] if whole else made
        text = loaded.tokenizer.decode(new, skip_special_tokens=True).strip()
        seconds = time.perf_counter() - began
        cut = len(new) >= options.max_tokens
        return Completion(text, _usage(loaded, asked, len(new), seconds), seconds, cut=cut)

    def _score(self, messages: Sequence[Message], labels: Sequence[str]) -> Completion:
        began, loaded = time.perf_counter(), self.loaded
        try:
            inputs = self._inputs(loaded, messages, self.view)
        except InputError as bad:
            return Completion("", error=str(bad))
        with _torch().inference_mode():
            tokens = label_tokens(loaded, labels)
            found = likelihoods(loaded, inputs, tokens)
        seconds = time.perf_counter() - began
        usage = _usage(loaded, inputs["input_ids"].shape[1], 0, seconds)
        scores = dict(zip(labels, found, strict=True))
        return Completion("", usage, seconds, scores=scores)

    @property
    def loaded(self) -> Loaded:
        if self._loaded is None:
            self._loaded = load(self)
        return self._loaded

    def _inputs(self, loaded: Loaded, messages: Sequence[Message], view: View) -> Mapping[str, Any]:
        """Prompt and pixels as tensors; InputError if a picture cannot be used."""
        pictures = [
            decode(content_of(part), view.side)
            for message in messages
            for part in message.parts
            if isinstance(part, ImagePart)
        ]
        if not pictures:
            raise InputError("the prompt has no picture; take a text model for text alone")
        prompt = prompt_of(loaded, messages)
        made = loaded.processor(images=pictures, text=prompt, return_tensors="pt")
        return {
            name: tensor.to(loaded.model.device, loaded.model.dtype)
            if tensor.is_floating_point()
            else tensor.to(loaded.model.device)
            for name, tensor in made.items()
        }


def _usage(loaded: Loaded, asked: int, said: int, seconds: float) -> Usage:
    busy = seconds if loaded.model.device.type == "cuda" else 0.0
    return Usage(asked, 0, said, attempts=1, gpu_seconds=busy)


def load(spec: TransformersVLM) -> Loaded:
    """ModelError if the extra is missing, or the hub or folder has no such model."""
    torch, transformers = _torch(), _imported("transformers")
    device = spec.device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        processor = load_processor(spec.name, spec.revision)
        model = transformers.AutoModelForImageTextToText.from_pretrained(
            spec.name, revision=spec.revision, dtype=spec.dtype
        )
    except (OSError, ValueError) as bad:
        said = " ".join(str(bad).split())[:200]
        raise ModelError(f"cannot load {spec.name!r}: {said}") from None
    return Loaded(model.to(device).eval(), processor)


def load_processor(name: str, revision: str | None) -> Any:
    """Of a family that also takes videos, the picture part alone where torchvision is missing."""
    transformers = _imported("transformers")
    try:
        return transformers.AutoProcessor.from_pretrained(name, revision=revision)
    except ImportError:
        return WithoutVideo(
            transformers.AutoImageProcessor.from_pretrained(name, revision=revision),
            transformers.AutoTokenizer.from_pretrained(name, revision=revision),
        )


@dataclass(frozen=True, slots=True)
class WithoutVideo:
    """Qwen-VL's processor for pictures: an image token for each square of merged patches."""

    pictures: Any
    tokenizer: Any

    @property
    def chat_template(self) -> str | None:
        template: str | None = self.tokenizer.chat_template
        return template

    def apply_chat_template(self, chat: object, **how: object) -> Any:
        return self.tokenizer.apply_chat_template(chat, **how)

    def __call__(self, images: Sequence[Any], text: str, return_tensors: str) -> dict[str, Any]:
        seen = self.pictures(images=images, return_tensors=return_tensors)
        mark = getattr(self.tokenizer, "image_token", "<|image_pad|>")
        first, *pieces = text.split(mark)
        squares = seen["image_grid_thw"].prod(dim=1) // self.pictures.merge_size**2
        for count, piece in zip(squares.tolist(), pieces, strict=True):
            first += mark * count + piece
        made = self.tokenizer(first, return_tensors=return_tensors)
        kinds = (made["input_ids"] == self.tokenizer.convert_tokens_to_ids(mark)).long()
        return {**made, **seen, "mm_token_type_ids": kinds}


def prompt_of(loaded: Loaded, messages: Sequence[Message]) -> str:
    """By the model's chat template, or plain text that ends where the answer begins."""
    if loaded.chats:
        chat = [{"role": m.role, "content": [_content(part) for part in m.parts]} for m in messages]
        return str(
            loaded.processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        )
    return "\n".join(m.text for m in messages if m.text).strip()


def _content(part: str | ImagePart) -> dict[str, str]:
    return {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}


def label_tokens(loaded: Loaded, labels: Sequence[str]) -> list[list[int]]:
    """Tokens of each label; with the end of the answer where one label begins another."""
    words = loaded.tokenizer
    lead = "" if loaded.chats or loaded.encodes else " "  # after "Answer:" comes a space
    tokens = [list(words(lead + label, add_special_tokens=False)["input_ids"]) for label in labels]
    begins = any(
        a != b and b[: len(a)] == a
        for i, a in enumerate(tokens)
        for b in tokens[i + 1 :] + tokens[:i]
    )
    if (begins or loaded.encodes) and words.eos_token_id is not None:
        tokens = [[*row, words.eos_token_id] for row in tokens]
    empty = [label for label, row in zip(labels, tokens, strict=True) if not row]
    if empty:
        raise ModelError(f"label {empty[0]!r} has no token in the model's vocabulary")
    return tokens


def likelihoods(
    loaded: Loaded, inputs: Mapping[str, Any], tokens: Sequence[Sequence[int]]
) -> list[float]:
    """One pass where every label is one token, else a batch with a row a label."""
    torch = _torch()
    if loaded.encodes:
        return _decoded(loaded, inputs, tokens)
    asked = inputs["input_ids"].shape[1]
    if all(len(row) == 1 for row in tokens):
        logits = loaded.model(**inputs).logits[0, -1].float().log_softmax(-1)
        return [float(logits[row[0]]) for row in tokens]
    longest = max(map(len, tokens))
    rows = torch.zeros(len(tokens), longest, dtype=torch.long, device=loaded.model.device)
    there = torch.zeros_like(rows)
    for i, row in enumerate(tokens):
        rows[i, : len(row)] = torch.tensor(row)
        there[i, : len(row)] = 1
    batch = {name: repeated(tensor, len(tokens)) for name, tensor in inputs.items()}
    for name, tensor in inputs.items():
        if tensor.shape == inputs["input_ids"].shape:
            more = {"input_ids": rows, "attention_mask": there}.get(name, torch.zeros_like(rows))
            batch[name] = torch.cat([batch[name], more.to(tensor.dtype)], dim=1)
    logits = loaded.model(**batch).logits[:, asked - 1 : -1].float().log_softmax(-1)
    each = logits.gather(-1, rows[..., None])[..., 0] * there
    return [float(s) for s in each.sum(dim=1)]


def _decoded(
    loaded: Loaded, inputs: Mapping[str, Any], tokens: Sequence[Sequence[int]]
) -> list[float]:
    """Of a language model with encoder: the label is what its decoder is to say."""
    torch = _torch()
    longest = max(map(len, tokens))
    rows = torch.full((len(tokens), longest), -100, device=loaded.model.device)
    for i, row in enumerate(tokens):
        rows[i, : len(row)] = torch.tensor(row)
    batch = {name: repeated(tensor, len(tokens)) for name, tensor in inputs.items()}
    logits = loaded.model(**batch, labels=rows).logits.float().log_softmax(-1)
    said = rows >= 0
    each = logits.gather(-1, rows.clamp(min=0)[..., None])[..., 0] * said
    return [float(s) for s in each.sum(dim=1)]


def repeated(tensor: Any, times: int) -> Any:
    """The same pictures and words once a row; all tensors have rows, patches or pictures first."""
    return tensor.repeat(times, *[1] * (tensor.dim() - 1))


def _torch() -> Any:
    return _imported("torch")


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as missing:
        raise ModelError(EXTRA) from missing
