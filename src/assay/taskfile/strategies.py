"""The kinds of strategy that a task file may name, one class each with its own options."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from assay.core.document_path import at_path
from assay.core.errors import SpecError
from assay.taskfile.base import Strict
from assay.taskfile.kinds import tidy


class StrategyBase(Strict):
    annotators: list[str] = Field(default_factory=list, description="names, in order; all if empty")

    @property
    def learns(self) -> bool:
        """Whether it learns from calibration gold, so that those records must not be labelled."""
        return False


class ByConfidence(StrategyBase):
    confidence: Literal["margin", "entropy", "own"] = Field(
        "own", description="how sure an answer is: from its label scores, or as it says itself"
    )


class WithLearners(StrategyBase):
    learners: list[str] = Field(
        ["minilm", "ngrams"],
        description="what is trained during the run: `minilm`, `ngrams`, or names of annotators of "
        "kind `hub`",
    )


class SingleSpec(StrategyBase):
    """Asks one."""

    kind: Literal["single"] = "single"


class VoteSpec(StrategyBase):
    """Asks all; most decide."""

    kind: Literal["vote"]
    replicas: int = Field(1, ge=1, description="times each is asked")
    ties: Literal["first", "undecided"] = Field("first", description="who wins a tie")


class ChainSpec(ByConfidence):
    """Asks the cheap ones first, and the next where one is unsure."""

    kind: Literal["chain"]
    thresholds: list[float | None] | None = Field(
        None, description="confidence from which a link keeps its answer, one for each but the last"
    )
    answer: Literal["forward", "rank"] = Field(
        "rank", description="without `thresholds`: how the batch itself decides who passes on what"
    )

    @model_validator(mode="after")
    def _check(self) -> "ChainSpec":
        if self.thresholds is not None:
            self.refuse(["answer"], "a chain with `thresholds`")
        return self


class HybridSpec(ByConfidence):
    """Asks models, cheap first, then people."""

    kind: Literal["hybrid"]
    threshold: float | None = Field(
        None, description="confidence from which a model's answer is kept; without it people only"
    )
    capacity: int | None = Field(None, ge=0, description="number of records people can label")


class SequentialSpec(StrategyBase):
    """Asks a model, then people who see its suggestions."""

    kind: Literal["sequential"]
    suggestions: int = Field(1, ge=1, description="labels shown to people")
    miscoverage: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="instead: rate at which the shown set may miss the right label",
    )
    control: float = Field(0.1, ge=0, le=1, description="share of records without suggestion")

    @model_validator(mode="after")
    def _check(self) -> "SequentialSpec":
        if self.miscoverage is not None:
            self.refuse(["suggestions"], "`sequential` with `miscoverage`")
        return self

    @property
    def learns(self) -> bool:
        return self.miscoverage is not None


USED_BY = {"confidence": "confidence", "errors": "learners", "hardness": "judge"}  # by criterion


class TriageSpec(ByConfidence, WithLearners):
    """Asks a model, then people about the rest."""

    kind: Literal["triage"]
    share: float = Field(0.1, ge=0, le=1, description="share of records to people")
    threshold: float | None = Field(
        None, description="instead: confidence below which a record goes to people"
    )
    criterion: Literal["confidence", "errors", "hardness"] = Field(
        "confidence",
        description="who goes to people: where the model is unsure, is predicted to be wrong by "
        "`learners`, or the record is hard for the `judge`",
    )
    judge: str | None = Field(None, description="annotator that rates how hard records are")

    @model_validator(mode="after")
    def _check(self) -> "TriageSpec":
        if self.threshold is not None:
            self.refuse(["share"], "`triage` with `threshold`")
        unused = [name for criterion, name in USED_BY.items() if criterion != self.criterion]
        self.refuse(unused, f"`triage` with `criterion: {self.criterion}`")
        if self.criterion == "hardness" and self.judge is None:
            with at_path("judge"):
                raise SpecError("triage by hardness needs a `judge`: the name of an annotator")
        return self

    @property
    def learns(self) -> bool:
        return self.criterion == "errors"


class JointSpec(StrategyBase):
    """Asks a model and people, and merges their answers."""

    kind: Literal["joint"]


class ReviewSpec(StrategyBase):
    """Asks two, and a reviewer where they differ."""

    kind: Literal["review"]
    audit: float = Field(
        0.05, ge=0, le=1, description="share of records that people review completely"
    )


class RetrievedSpec(StrategyBase):
    """Asks a model that sees the nearest gold."""

    kind: Literal["retrieved"]
    examples: int = Field(5, ge=1, description="how many it sees")
    nearest: Literal["words", "meaning", "picture", "random", "fixed"] = Field(
        "words",
        description="by n-grams, by embeddings of texts or of pictures, one random draw per "
        "record, or one fixed draw",
    )
    balanced: bool = Field(False, description="balance examples over labels")

    @property
    def learns(self) -> bool:
        return True


class ExplainSpec(StrategyBase):
    """Asks one to explain gold, then one that labels with those explanations."""

    kind: Literal["explain"]
    examples: int = Field(5, ge=1, description="how many are explained and shown")

    @property
    def learns(self) -> bool:
        return True


class TagsSpec(StrategyBase):
    """For each group of tags, asks who proposes, then who confirms."""

    kind: Literal["tags"]
    group: int = Field(10, ge=1, description="number of labels per call")
    grouping: Literal["alike", "diverse"] = Field(
        "alike", description="labels that co-occur in gold in one group, or separate"
    )

    @property
    def learns(self) -> bool:
        return True


class SpecialistsSpec(WithLearners):
    """Asks several, and people where they differ; learners train on that."""

    kind: Literal["specialists"]
    beta: int = Field(200, ge=1, description="reviewed records that start a stage of training")
    replay: float = Field(0.5, ge=0, le=1, description="share of old examples kept")
    stages: int = Field(10, ge=0, description="maximum number of fine-tuning stages")
    registry: str | None = Field(None, description="file of candidates for the controller")
    controller: str | None = Field(
        None, description="with `registry`: annotator that chooses from it"
    )
    n_specialists: int = Field(3, ge=2, description="with `registry`: how many it selects")

    @model_validator(mode="after")
    def _check(self) -> "SpecialistsSpec":
        if self.registry is None:
            unused = ["controller", "n_specialists"]
            self.refuse(unused, "`specialists` without `registry`")
            return self
        self.refuse(["learners"], "`specialists` with `registry`")
        if self.controller is None:
            with at_path("controller"):
                raise SpecError("a registry needs a `controller`: the name of an annotator")
        return self

    @property
    def learns(self) -> bool:
        return True


class ActiveSpec(WithLearners):
    """Asks an oracle about what learners choose."""

    kind: Literal["active"]
    query: Literal["least-confidence", "margin", "entropy", "committee", "core-set", "badge"] = (
        Field("margin", description="how records are chosen")
    )
    first: int = Field(50, ge=1, description="records of the first round")
    batch: int = Field(25, ge=1, description="records of a later round")
    rounds: int = Field(8, ge=0, description="later rounds")


class PrincipledSpec(StrategyBase):
    """Asks one model, held to the four principles."""

    kind: Literal["principled"]
    rationale: bool = Field(True, description="whether an answer must give its reason")

    @property
    def learns(self) -> bool:
        return True


class AttributesSpec(StrategyBase):
    """Asks about a form's attributes in calls of their own."""

    kind: Literal["attributes"]
    together: int = Field(1, ge=1, description="how many per call")


AnyStrategy: TypeAlias = (
    SingleSpec
    | VoteSpec
    | ChainSpec
    | HybridSpec
    | SequentialSpec
    | TriageSpec
    | JointSpec
    | ReviewSpec
    | RetrievedSpec
    | ExplainSpec
    | TagsSpec
    | SpecialistsSpec
    | ActiveSpec
    | PrincipledSpec
    | AttributesSpec
)
StrategySpec: TypeAlias = Annotated[
    AnyStrategy,
    Field(discriminator="kind"),
    BeforeValidator(tidy(AnyStrategy, default="single")),
]
