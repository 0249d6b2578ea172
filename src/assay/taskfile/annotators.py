"""The kinds of annotator that a task file may name, one class each with its own options."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from assay.core.document_path import at_path
from assay.core.errors import SpecError
from assay.taskfile.answering import (
    AnnotatorBase,
    Priced,
    Remote,
    Viewing,
    Writing,
)
from assay.taskfile.base import RECORD_COLUMN, LabelColumns, Strict
from assay.taskfile.hosted import AnthropicSpec, GeminiSpec, OllamaSpec, OpenAISpec
from assay.taskfile.kinds import tidy
from assay.taskfile.strategies import StrategySpec

DECODING = ("max_tokens", "temperature", "top_p", "seed")
SCORING = ("calibrate", "fit", "normalise", "scores")


class TuningSpec(Strict):
    """How a model of a hub is fine-tuned; the defaults are AutoAnnotator's."""

    rate: float = Field(2e-5, gt=0)
    epochs: int = Field(3, ge=1)
    batch: int = Field(16, ge=1)
    decay: float = Field(0.01, ge=0)
    longest: int = Field(128, ge=1, description="tokens of a text")


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
    | OllamaSpec
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
