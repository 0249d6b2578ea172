"""What kinds of annotator share: prices, how a model writes and sees, and where it is asked."""

from typing import Literal, TypeAlias

from pydantic import Field

from assay.taskfile.base import Money, Strict

Mapping: TypeAlias = Literal["pattern", "last_line", "json", "likelihood"]


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
