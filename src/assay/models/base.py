"""The contract of a model: messages in, one completion out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from assay.core.cost import NO_USAGE, Usage
from assay.core.record import ImagePart
from assay.models.rejection import Rejection


@dataclass(frozen=True, slots=True)
class Message:
    """`role` is system, user or assistant; parts are texts and pictures in reading order."""

    role: str
    parts: tuple[str | ImagePart, ...]

    @property
    def text(self) -> str:
        return "\n".join(p for p in self.parts if isinstance(p, str))


@dataclass(frozen=True, slots=True)
class View:
    """How pictures are shown to a model: the longest side in pixels, and the provider's detail.

    Larger pictures are reduced, none is enlarged. `tokens` is what one costs, where that is known
    better than by the providers' rules.
    """

    side: int = 768
    detail: Literal["auto", "low", "high"] = "auto"
    format: Literal["jpeg", "png"] = "jpeg"
    quality: int = 90  # of JPEG
    tokens: int | None = None

    @property
    def encoding(self) -> str:
        """Names the bytes that a picture becomes."""
        return f"{self.side}{self.format}{self.quality if self.format == 'jpeg' else ''}"


EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Options:
    """Decoding options; those that change answers belong to the annotator's id.

    What is None is left out, and so may be what a model refuses, unless it is in `firm`.
    """

    max_tokens: int = 64
    temperature: float | None = 0.0
    top_p: float | None = 1.0
    seed: int | None = None
    json_schema: Mapping[str, object] | None = None
    top_logprobs: int = 0  # how many alternatives to ask for at each output token
    view: View = View()
    grows: bool = False  # `max_tokens` may be more where a request asks for more than a task does
    more_tokens: int = 0  # the room of a second try of an answer that was cut; 0: none
    effort: str | None = None  # how long to think: one of `EFFORTS`
    extra: Mapping[str, object] | None = None  # further parts of the request, as the server has it
    tokens_field: str | None = None  # what the server calls the number of tokens
    firm: frozenset[str] = frozenset()  # the fields that the user chose


def sampling(options: Options, top_p: str = "top_p") -> dict[str, float]:
    """What is sent of temperature and top_p; without a limit the latter says nothing."""
    sent = {} if options.temperature is None else {"temperature": options.temperature}
    if options.top_p is not None and (options.top_p < 1 or "top_p" in options.firm):
        sent[top_p] = options.top_p
    return sent


@dataclass(frozen=True, slots=True)
class TokenScore:
    """One output token with the log-probabilities (nats) of the alternatives at its place."""

    token: str
    logprob: float
    top: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said; `usage` counts every attempt that led to it."""

    text: str
    usage: Usage = NO_USAGE
    seconds: float = 0.0
    tokens: tuple[TokenScore, ...] = ()
    scores: Mapping[str, float] | None = None  # log-likelihood of each label, from `Scorer`
    refused: bool = False
    cut: bool = False  # the answer stopped at max_tokens
    error: str | None = None  # set where every attempt failed; then there is no text
    rejection: Rejection | None = None  # what the server said of the request, with `error`
    fault: str | None = None  # why the reply, which was paid for, holds no answer
    reasoning: str = ""  # what the model thought before it answered, where a server tells


class Model(Protocol):
    """A chat model. A bad answer is a completion with `error`, never an exception.

    ModelError is for what no retry can fix: an unknown model, a missing key, a closed circuit.
    """

    @property
    def id(self) -> str: ...

    @property
    def takes_images(self) -> bool: ...

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion: ...

    async def aclose(self) -> None:
        """Ends what it holds: connections of the running event loop, threads, weights in memory.
        The next call reopens it, on whatever loop it comes."""


class Keeping(Protocol):
    """What is to be done in the place of a call."""

    def check(self) -> None:
        """Before it is sent; raises where its answer could not be kept."""

    async def keep(self, completion: Completion) -> None:
        """Before its place is given to the next call."""


@runtime_checkable
class Placed(Protocol):
    """A model whose calls wait for places at an endpoint."""

    async def complete_and_keep(
        self, messages: Sequence[Message], options: Options, keeping: Keeping
    ) -> Completion: ...


class Scorer(Protocol):
    """A model that can give the log-likelihood of every label after each of several prompts."""

    @property
    def id(self) -> str: ...

    async def score(
        self, prompts: Sequence[Sequence[Message]], labels: Sequence[str]
    ) -> list[Completion]: ...

    async def aclose(self) -> None:
        """As a model's."""


class Encoder(Protocol):
    """A model that turns texts into vectors of one length, scaled to length 1."""

    @property
    def id(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (texts, width)."""


def count_of(usage: object, *names: str) -> int:
    """The count of tokens under these keys; 0 where it is missing or no number, as a reply whose
    text is good must not be lost for it."""
    for name in names:
        usage = usage.get(name) if isinstance(usage, Mapping) else None
    return int(usage) if isinstance(usage, int | float) and abs(usage) < math.inf else 0
