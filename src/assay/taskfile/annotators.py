"""The kinds of annotator that a task file may name, one class each with its own options."""

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, field_validator, model_validator

from assay.core.document_path import at_path
from assay.core.errors import SpecError
from assay.core.headers import check_headers
from assay.taskfile.base import RECORD_COLUMN, LabelColumns, Money, Strict
from assay.taskfile.kinds import tidy
from assay.taskfile.strategies import StrategySpec

Mapping: TypeAlias = Literal["pattern", "last_line", "json", "likelihood"]
Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
OWN_PARTS = {
    "model": "it is the key `model`",
    **dict.fromkeys(("messages", "contents", "input", "system"), "Assay writes what is asked"),
    **dict.fromkeys(("stream", "n", "background"), "one whole answer is read to each request"),
    **dict.fromkeys(("temperature", "top_p", "seed", "max_tokens"), "it is a key of its own"),
}
DECODING = ("max_tokens", "temperature", "top_p", "seed")
SCORING = ("calibrate", "fit", "normalise", "scores")


class PriceSpec(Strict):
    """Currency units; tokens per million."""

    input: Money = 0.0
    cached: Money | None = None
    output: Money = 0.0
    per_request: Money = 0.0
    gpu_hour: Money = 0.0
    human_hour: Money = 0.0
    human_label: Money = 0.0


class ViewSpec(Strict):
    """How pictures are shown to a model."""

    side: int = Field(768, ge=16, le=8192, description="longest side in pixels, at most")
    detail: Literal["auto", "low", "high"] = "auto"
    format: Literal["jpeg", "png"] = "jpeg"
    quality: int = Field(90, ge=1, le=100, description="of JPEG")
    tokens: int | None = Field(None, ge=0, description="of one picture, where you know them")


class TuningSpec(Strict):
    """How a model of a hub is fine-tuned; the defaults are AutoAnnotator's."""

    rate: float = Field(2e-5, gt=0)
    epochs: int = Field(3, ge=1)
    batch: int = Field(16, ge=1)
    decay: float = Field(0.01, ge=0)
    longest: int = Field(128, ge=1, description="tokens of a text")


class AnnotatorBase(Strict):
    @property
    def learns(self) -> bool:
        """Whether it is fitted on calibration gold, so that those records must not be labelled."""
        return False

    @property
    def human(self) -> bool:
        """Whether its answers are those of people."""
        return False


class Priced(AnnotatorBase):
    prices: PriceSpec = Field(
        default_factory=PriceSpec,
        description="`input`, `cached`, `output` (a million tokens each), `per_request`, "
        "`gpu_hour`, `human_hour`, `human_label`, in the task's currency; without them the cost "
        "of a hosted model is unknown (`{}`: it is free)",
    )

    @property
    def unpriced(self) -> bool:
        """Whether its answers cost money that nobody states; `prices: {}` says that it is free."""
        return False


class Writing(Priced):
    """What writes its answer: how it is asked, and how its text becomes a label."""

    mapping: Mapping | None = Field(
        None,
        description="how text becomes a label: `pattern` (default of servers: the earliest "
        "mention), `last_line` (reasons first), `json` (bound to the schema), `likelihood` (label "
        "scores; default of `embedded` and `transformers`)",
    )
    modality: Literal["text", "image", "both"] = Field(
        "both", description="the parts of a record that it is shown"
    )
    max_tokens: int | None = Field(
        None,
        gt=0,
        description="maximum number of tokens of an answer; default: by what is asked (64 for a "
        "label, 1,024 for spans), and a server's answer that is cut is asked for once more with "
        "more room",
    )
    temperature: float | None = Field(0.0, ge=0, description="of sampling")
    top_p: float | None = Field(1.0, gt=0, le=1, description="of nucleus sampling")
    seed: int | None = Field(None, description="of sampling, where the model takes one")


class Viewing(AnnotatorBase):
    view: ViewSpec = Field(
        default_factory=ViewSpec,
        description="how pictures are shown: `side` (pixels), `detail`, `format`, `quality`, "
        "`tokens`",
    )


class Remote(Writing, Viewing):
    """What is asked over a network."""

    base_url: str | None = Field(None, description="address of the server, if not the maker's own")
    key_env: str | None = Field(
        None, description="environment variable with the key; keys come from nowhere else"
    )
    in_flight: int = Field(64, gt=0, description="maximum number of concurrent calls")
    timeout: float = Field(120.0, gt=0, description="seconds for one call")


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


class Calibrated(AnnotatorBase):
    """What scores labels, whose mean scores can be taken off."""

    calibrate: bool = Field(True, description="label scores: subtract each label's mean score")
    fit: int = Field(200, gt=1, description="number of records for that mean")

    @property
    def calibrates(self) -> bool:
        return self.calibrate


class Local(Calibrated, Writing):
    """A language model in this process. It scores labels, unless another `mapping` has it write:
    what scores writes nothing, and what writes scores nothing."""

    normalise: bool = Field(
        False, description="label scores: divide each by the label's length in bytes"
    )

    @property
    def scores_labels(self) -> bool:
        return self.mapping in (None, "likelihood")

    @property
    def calibrates(self) -> bool:
        return self.calibrate and self.scores_labels

    def check_mapping(self, kind: str) -> None:
        """SpecError for an option of the other way to answer."""
        if self.scores_labels:
            self.refuse(DECODING, f"`{kind}` scores labels, unless it has another `mapping`, and")
        else:
            self.refuse(SCORING, f"`{kind}` with `mapping: {self.mapping}`")


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


class EmbeddedSpec(Local):
    """A GGUF language model in this process."""

    kind: Literal["embedded"]
    model: str | None = Field(
        None, description="a name of `assay models`, or a path; default SmolLM2-135M"
    )
    scores: Literal["all", "best"] = Field(
        "all",
        description="scores of all labels, or only the best one: cheaper with many labels, "
        "without confidence or calibration",
    )

    @property
    def calibrates(self) -> bool:
        return super().calibrates and self.scores == "all"

    @model_validator(mode="after")
    def _check(self) -> "EmbeddedSpec":
        self.check_mapping(self.kind)
        if self.scores == "best" and self.normalise:
            with at_path("normalise"):
                raise SpecError("`normalise` needs the scores of all labels, not `scores: best`")
        return self


class TransformersSpec(Local, Viewing):
    """A vision-language model in this process."""

    kind: Literal["transformers"]
    model: str = Field(description="hub name, which may end in `@revision`")

    @model_validator(mode="after")
    def _check(self) -> "TransformersSpec":
        self.check_mapping(self.kind)
        return self


class PictureSpec(Calibrated):
    """A picture network in this process."""

    kind: Literal["picture"]
    model: str | None = Field(None, description="picture model; default the smallest")


class HubSpec(Priced):
    """A text classifier through transformers."""

    kind: Literal["hub"]
    model: str = Field(description="folder, or hub name, which may end in `@revision`")
    labels: dict[str, str] = Field(
        default_factory=dict, description="the model's labels mapped to the task's labels"
    )
    train: bool = Field(False, description="fine-tune on calibration gold before it answers")
    tuning: TuningSpec = Field(
        default_factory=TuningSpec,
        description="with `train`: `rate` of learning (2e-5), `epochs` (3), `batch` (16), weight "
        "`decay` (0.01), `longest` text in tokens (128)",
    )

    @property
    def learns(self) -> bool:
        return self.train


class RuleSpec(AnnotatorBase):
    """A Python function."""

    kind: Literal["rule"]
    rule: str = Field(
        description="`vader` (says positive, neutral or negative), or `module:function`"
    )


class ClassifierSpec(AnnotatorBase):
    """A classifier fitted on calibration gold."""

    kind: Literal["classifier"]
    features: Literal["minilm", "ngrams", "pictures"] = Field(
        "minilm", description="what it sees of a record"
    )
    model: str | None = Field(None, description="with `features: pictures`: the picture model")

    @property
    def learns(self) -> bool:
        return True


class RecordedSpec(Priced):
    """A file of answers."""

    kind: Literal["recorded"]
    path: str = Field(description="file with record and label columns")
    record: str | None = RECORD_COLUMN
    label: LabelColumns = "label"
    confidence: str | None = Field(
        None,
        description="column with confidences from 0 to 1; default: `confidence`, if there is one",
    )
    people: bool = Field(False, description="the answers are from people")

    @property
    def human(self) -> bool:
        return self.people


class PanelSpec(Priced):
    """People, who answer later."""

    kind: Literal["panel"]
    annotators_per_record: int = Field(1, ge=1, description="number of people per record")

    @property
    def human(self) -> bool:
        return True


class TeamSpec(AnnotatorBase):
    """A strategy asked like one annotator."""

    kind: Literal["strategy"]
    strategy: StrategySpec = Field(
        description="the strategy used as an annotator, as below; it names its `annotators`"
    )


class PluginSpec(Remote):
    """An entry point of the group `assay.annotators`."""

    kind: Literal["plugin"]
    plugin: str = Field(description="name of the entry point")
    options: dict[str, Any] = Field(default_factory=dict, description="keys of the plugin's own")
    model: str | None = Field(None, description="model name or path")
    train: bool = Field(False, description="it learns from calibration gold")

    @property
    def learns(self) -> bool:
        return self.train


AnyAnnotator: TypeAlias = (
    OpenAISpec
    | AnthropicSpec
    | GeminiSpec
    | EmbeddedSpec
    | PictureSpec
    | TransformersSpec
    | HubSpec
    | RuleSpec
    | ClassifierSpec
    | RecordedSpec
    | PanelSpec
    | TeamSpec
    | PluginSpec
)
AnnotatorSpec: TypeAlias = Annotated[
    AnyAnnotator, Field(discriminator="kind"), BeforeValidator(tidy(AnyAnnotator))
]
