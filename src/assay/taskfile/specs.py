"""What a task file may say, as pydantic models."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Money = Annotated[float, Field(ge=0, le=1e9)]  # beyond it, sums of nanos leave 64 bits


class Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )


class DataSpec(Strict):
    path: str = Field(
        description="CSV, TSV, JSONL, Parquet, Hugging Face folder; folder or archive of pictures"
    )
    text: str | list[str] | None = Field(
        None, description="the column to label, or several; default `text` if there are no pictures"
    )
    image: str | list[str] | None = Field(
        None, description="column that names pictures or holds them, or several"
    )
    images: str | None = Field(
        None, description="folder, ZIP or TAR that picture names are relative to"
    )
    urls: bool | list[str] = Field(
        False, description="fetch pictures named by URL: from any public host, or those listed"
    )
    id: str | None = Field(
        None, description="column with a unique id; without one it is made from the text"
    )
    language: str | None = None
    source: str | None = None
    meta: list[str] = Field(default_factory=list, description="columns that are kept but not shown")

    @property
    def texts(self) -> tuple[str, ...]:
        if self.text is None:
            return () if self.image else ("text",)
        return (self.text,) if isinstance(self.text, str) else tuple(self.text)

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.image,) if isinstance(self.image, str) else tuple(self.image or ())


class LabelSpec(Strict):
    name: str
    definition: str = ""
    aliases: list[str] | dict[str, list[str]] = Field(
        default_factory=list, description="other words for the label, for all or by language code"
    )


Labels = list[str | LabelSpec]


class ChoiceSpec(Strict):
    kind: Literal["choice"] = "choice"
    labels: Labels = Field(min_length=1)


class MultiSpec(Strict):
    kind: Literal["multi"]
    labels: Labels = Field(min_length=1)


class SpansSpec(Strict):
    kind: Literal["spans"]
    labels: Labels = Field(min_length=1)


class BoxesSpec(Strict):
    kind: Literal["boxes"]
    labels: Labels = Field(min_length=1)


class ScaleSpec(Strict):
    kind: Literal["scale"]
    low: float
    high: float
    step: float | None = 1.0
    anchors: dict[float, str] = Field(default_factory=dict)


class TextSpec(Strict):
    kind: Literal["text"]
    longest: int = 10_000


class FieldSpec(Strict):
    question: str = ""
    objectivity: Literal["objective", "subjective"] | None = Field(
        None, description="objective or a matter of opinion; reports separate them"
    )
    answer: Annotated[ChoiceSpec | MultiSpec | ScaleSpec | TextSpec, Field(discriminator="kind")]


class FormSpec(Strict):
    kind: Literal["form"]
    fields: dict[str, FieldSpec] = Field(min_length=1)


AnswerSpec = Annotated[
    ChoiceSpec | MultiSpec | SpansSpec | BoxesSpec | ScaleSpec | TextSpec | FormSpec,
    Field(discriminator="kind"),
]


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


class StrategySpec(Strict):
    kind: Literal[
        "single",
        "vote",
        "chain",
        "hybrid",
        "sequential",
        "triage",
        "joint",
        "review",
        "retrieved",
        "explain",
        "tags",
        "specialists",
        "active",
        "principled",
        "attributes",
    ] = "single"
    annotators: list[str] = Field(default_factory=list, description="names, in order; all if empty")
    replicas: int = Field(1, ge=1)
    ties: Literal["first", "undecided"] = "first"
    answer: Literal["forward", "rank"] = "rank"
    confidence: Literal["margin", "entropy", "own"] = "own"
    thresholds: list[float | None] | None = Field(None, description="chain: one a link")
    threshold: float | None = Field(
        None, description="hybrid: none, people only; triage: none, by `share`"
    )
    capacity: int | None = Field(
        None, ge=0, description="hybrid: number of records people can label"
    )
    share: float = Field(0.1, ge=0, le=1, description="triage: share of records to people")
    criterion: Literal["confidence", "errors", "hardness"] = Field(
        "confidence", description="triage: unsure, predicted to be wrong, or hard for the `judge`"
    )
    judge: str | None = Field(
        None, description="triage by hardness: annotator that rates how hard records are"
    )
    miscoverage: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="sequential: rate at which the shown set may miss the right label",
    )
    rationale: bool = Field(True, description="principled: whether an answer must give its reason")
    suggestions: int = Field(1, ge=1, description="sequential: labels shown to people")
    control: float = Field(0.1, ge=0, le=1, description="sequential: share without suggestion")
    audit: float = Field(
        0.05, ge=0, le=1, description="review: share of records that people review completely"
    )
    examples: int = Field(5, ge=1, description="retrieved, explain: examples shown")
    balanced: bool = Field(False, description="retrieved: balance examples over labels")
    nearest: Literal["words", "meaning", "picture", "random", "fixed"] = Field(
        "words",
        description="retrieved: by n-grams, by embeddings of texts or of pictures, one "
        "random draw per record, "
        "one fixed draw",
    )
    together: int = Field(1, ge=1, description="attributes: how many per call")
    group: int = Field(10, ge=1, description="tags: number of labels per call")
    grouping: Literal["alike", "diverse"] = Field(
        "alike", description="tags: labels that co-occur in gold in one group, or separate"
    )
    learners: list[str] = Field(
        ["minilm", "ngrams"],
        description="specialists, active: what is trained during the run; `minilm`, "
        "`ngrams`, or names of "
        "annotators of kind hub",
    )
    beta: int = Field(200, ge=1, description="specialists: reviewed records that start a stage")
    replay: float = Field(0.5, ge=0, le=1, description="specialists: share of old examples kept")
    stages: int = Field(10, ge=0, description="specialists: maximum number of fine-tuning stages")
    registry: str | None = Field(
        None, description="specialists: file of candidates for the controller"
    )
    controller: str | None = Field(
        None, description="specialists: annotator that chooses from the registry"
    )
    n_specialists: int = Field(3, ge=2, description="specialists: how many the controller selects")
    query: Literal["least-confidence", "margin", "entropy", "committee", "core-set", "badge"] = (
        Field("margin", description="active: how records are chosen")
    )
    first: int = Field(50, ge=1, description="active: records of the first round")
    batch: int = Field(25, ge=1, description="active: records of a later round")
    rounds: int = Field(8, ge=0, description="active: later rounds")


LabelColumns = Annotated[
    str | dict[str, str],
    Field(
        description="column of the label; of a form, the column of each attribute, or left out "
        "where all attributes have columns of their own name"
    ),
]
RECORD_COLUMN = Field(
    None, description="column of record ids; default `record`, or else the name that `data.id` has"
)


class CandidateSpec(Strict):
    """A model of a registry: an annotator of the task file, or a learner."""

    name: str
    description: str = ""
    labels: dict[str, str] = Field(
        default_factory=dict,
        description="its labels mapped to the task's labels; default: the same",
    )
    learner: Literal["minilm", "ngrams"] | None = None


class RegistrySpec(Strict):
    candidates: list[CandidateSpec] = Field(min_length=2)


class TuningSpec(Strict):
    """How a model of a hub is fine-tuned; the defaults are AutoAnnotator's."""

    rate: float = Field(2e-5, gt=0)
    epochs: int = Field(3, ge=1)
    batch: int = Field(16, ge=1)
    decay: float = Field(0.01, ge=0)
    longest: int = Field(128, ge=1, description="tokens of a text")


class AnnotatorSpec(Strict):
    kind: Literal[
        "openai",
        "anthropic",
        "gemini",
        "embedded",
        "picture",
        "transformers",
        "hub",
        "rule",
        "classifier",
        "recorded",
        "panel",
        "strategy",
        "plugin",
    ]
    model: str | None = Field(None, description="model name, folder, GGUF file, or picture model")
    base_url: str | None = None
    key_env: str | None = Field(None, description="environment variable that holds the key")
    mapping: Literal["pattern", "last_line", "json", "likelihood"] | None = None
    max_tokens: int = Field(64, gt=0)
    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    seed: int | None = None
    in_flight: int = Field(64, gt=0, description="maximum number of concurrent calls")
    timeout: float = Field(120.0, gt=0, description="seconds for one call")
    modality: Literal["text", "image", "both"] = Field(
        "both", description="which parts of a record the model is shown"
    )
    view: ViewSpec = ViewSpec()
    calibrate: bool = Field(True, description="embedded, picture: subtract each label's mean score")
    fit: int = Field(200, gt=1, description="number of records for that mean")
    normalise: bool = Field(
        False, description="embedded, transformers: divide each score by the label's bytes"
    )
    scores: Literal["all", "best"] = Field(
        "all",
        description="embedded: scores of all labels, or only the best one "
        "(cheaper with many labels)",
    )
    rule: str | None = Field(None, description="`vader`, or module:function")
    features: Literal["minilm", "ngrams", "pictures"] = "minilm"
    labels: dict[str, str] = Field(
        default_factory=dict, description="hub: the model's labels mapped to the task's labels"
    )
    train: bool = Field(False, description="hub: fine-tune on calibration gold before it answers")
    tuning: TuningSpec = TuningSpec()
    path: str | None = Field(None, description="recorded: file with record and label columns")
    record: str | None = RECORD_COLUMN
    label: LabelColumns = "label"
    confidence: str | None = Field(
        None,
        description="recorded: column with confidences from 0 to 1; default: `confidence`, "
        "if there is one",
    )
    plugin: str | None = Field(None, description="plugin: its entry point in `assay.annotators`")
    strategy: StrategySpec | None = Field(
        None, description="strategy: the strategy used as an annotator"
    )
    people: bool = Field(False, description="recorded: the answers are from people")
    annotators_per_record: int = Field(1, ge=1, description="panel: number of people per record")
    prices: PriceSpec = PriceSpec()

    @model_validator(mode="after")
    def _complete(self) -> "AnnotatorSpec":
        needs = {"openai": "base_url", "rule": "rule", "recorded": "path", "plugin": "plugin"}
        needs["strategy"] = "strategy"
        models = ("openai", "anthropic", "gemini", "transformers", "hub")
        missing = needs.get(self.kind)
        if missing and getattr(self, missing) is None:
            raise ValueError(f"kind {self.kind} needs `{missing}`")
        if self.kind in models and self.model is None:
            raise ValueError(f"kind {self.kind} needs `model`")
        if self.kind == "anthropic" and self.mapping == "likelihood":
            raise ValueError("kind anthropic gives no log-probabilities; use mapping json")
        if self.scores == "best" and self.normalise:
            raise ValueError("`normalise` needs the scores of all labels, not `scores: best`")
        return self


class GoldSpec(Strict):
    path: str | None = Field(None, description="default: a column of the data file")
    record: str | None = RECORD_COLUMN
    label: LabelColumns = "label"
    purpose: str | None = Field(
        None,
        description="column with calibration, monitoring or evaluation; default: split by shares",
    )
    calibration: float | None = Field(
        None, ge=0, le=1, description="share; default: half of the remainder"
    )
    monitoring: float | None = Field(None, ge=0, le=1, description="share; default: 0")
    evaluation: float | None = Field(
        None, ge=0, le=1, description="share; default: half of the remainder"
    )


class ExampleSpec(Strict):
    text: str | dict[str, str] = Field(
        "", description="or text by column, where `data.text` has several"
    )
    image: str | None = Field(None, description="a picture, found like those of the data")
    answer: Any
    rationale: str | None = None


class BudgetSpec(Strict):
    money: Money | None = None
    minutes: float | None = Field(None, gt=0)


class TaskFile(Strict):
    """A labelling task, from question to budget."""

    name: str = Field(pattern=r"^[\w-]+$")
    data: DataSpec
    question: str = Field(min_length=1)
    answer: AnswerSpec
    guideline: str = ""
    examples: list[ExampleSpec] = Field(default_factory=list)
    annotators: dict[str, AnnotatorSpec] = Field(min_length=1)
    strategy: StrategySpec = StrategySpec()
    gold: GoldSpec | None = None
    currency: str = "USD"
    budget: BudgetSpec = BudgetSpec()
    # kept out of reprs: a URL may hold a password
    ledger: str | None = Field(
        None, repr=False, description="file or URL; default <name>.assay.sqlite"
    )
    seed: int = 0
