"""The kinds of annotator that are models behind an endpoint."""

from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import Field, field_validator, model_validator

from assay.core.document_path import at_path
from assay.core.errors import SpecError
from assay.core.headers import check_headers
from assay.taskfile.answering import Mapping, Remote

Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
OWN_PARTS = {
    "model": "it is the key `model`",
    **dict.fromkeys(("messages", "contents", "input", "system"), "Assay writes what is asked"),
    **dict.fromkeys(("stream", "n", "background"), "one whole answer is read to each request"),
    **dict.fromkeys(("temperature", "top_p", "seed", "max_tokens"), "it is a key of its own"),
}


class Hosted(Remote):
    """A language model behind an endpoint, asked for money."""

    lacks: ClassVar[tuple[str, ...]] = ()  # of the efforts

    model: str = Field(description="the name that the server has for it")
    effort: Effort | None = Field(
        None, description="how long it thinks before it answers, where it does: `none` to `max`"
    )
    extra_body: dict[str, Any] | None = Field(
        None, description="further parts of each request, in the words of the server"
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        description="further headers; `${NAME}` stands for an environment variable, and secrets "
        "come from nowhere else",
    )

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        check_headers(headers)
        return headers

    @field_validator("extra_body")
    @classmethod
    def _check_extra(cls, extra: dict[str, Any] | None) -> dict[str, Any] | None:
        for name in extra or ():
            if name in OWN_PARTS:
                raise SpecError(f"`{name}` is not for `extra_body`: {OWN_PARTS[name]}")
        return extra

    @field_validator("effort")
    @classmethod
    def _check_effort(cls, effort: Effort | None) -> Effort | None:
        if effort in cls.lacks:
            raise SpecError(f"this kind has no effort `{effort}`")
        return effort

    def refuse_seed(self, which: str) -> None:
        if self.seed is not None:
            with at_path("seed"):
                raise SpecError(f"{which} takes no seed; leave it out")

    @property
    def unpriced(self) -> bool:
        return "prices" not in self.model_fields_set


class OpenAISpec(Hosted):
    """Any server that speaks the OpenAI chat format."""

    kind: Literal["openai"]
    base_url: str = Field(description="address of the server")
    api: Literal["chat", "responses"] = Field(
        "chat", description="`responses`: OpenAI's newer format of requests"
    )
    tokens_field: Literal["max_tokens", "max_completion_tokens"] | None = Field(
        None,
        description="what the server calls `max_tokens`; default: learnt from its first refusal",
    )

    @model_validator(mode="after")
    def _check_api(self) -> "OpenAISpec":
        if self.api == "responses":
            self.refuse_seed("`api: responses`")
            self.refuse(("tokens_field",), "`api: responses`")
        return self


class AnthropicSpec(Hosted):
    """A hosted model, with the key in `ANTHROPIC_API_KEY`."""

    kind: Literal["anthropic"]
    lacks: ClassVar[tuple[str, ...]] = ("minimal",)

    @model_validator(mode="after")
    def _check_seed(self) -> "AnthropicSpec":
        self.refuse_seed("kind anthropic")
        return self

    @field_validator("mapping")
    @classmethod
    def _check_mapping(cls, mapping: Mapping | None) -> Mapping | None:
        if mapping == "likelihood":
            raise SpecError("kind anthropic gives no log-probabilities; use mapping json")
        return mapping


class GeminiSpec(Hosted):
    """A hosted model, with the key in `GEMINI_API_KEY`."""

    kind: Literal["gemini"]
    lacks: ClassVar[tuple[str, ...]] = ("max",)


class OllamaSpec(Hosted):
    """A model of an Ollama server, through Ollama's own format."""

    kind: Literal["ollama"]
    lacks: ClassVar[tuple[str, ...]] = ("minimal", "xhigh", "max")
    num_ctx: int | None = Field(
        None, gt=0, description="tokens of its context: what is longer, Ollama cuts silently"
    )
    keep_alive: str | None = Field(
        None, description="how long the model stays loaded, such as `10m`; `-1m`: for good"
    )
