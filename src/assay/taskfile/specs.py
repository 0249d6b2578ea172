"""What a task file may say, as pydantic models."""

from typing import Annotated, Any, Literal

from pydantic import Field

from assay.core.document_path import at_path
from assay.data.form import Form, delimiter_named, encoding_named
from assay.taskfile.annotators import AnnotatorSpec
from assay.taskfile.base import RECORD_COLUMN, LabelColumns, Money, Strict
from assay.taskfile.strategies import SingleSpec, StrategySpec


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
    encoding: str = Field("utf-8", description="of a text file, such as cp1252 or utf-16")
    delimiter: str | None = Field(
        None, description="mark between cells: tab, comma, semicolon, pipe or a character"
    )
    quoting: bool | None = Field(
        None, description="whether quotation marks enclose cells; default: as the file shows"
    )
    header: bool | None = Field(
        None, description="whether the first row names the columns; `false`: column1, column2 …"
    )
    missing: list[str] | None = Field(
        None, description="words for a missing value, instead of NA, NaN, None and the like"
    )

    @property
    def form(self) -> Form:
        """SpecError for an encoding or a delimiter that is none."""
        missing = None if self.missing is None else tuple(word for word in self.missing if word)
        with at_path("encoding"):
            encoding = encoding_named(self.encoding)
        with at_path("delimiter"):
            mark = None if self.delimiter is None else delimiter_named(self.delimiter)
        return Form(encoding, mark, self.quoting, self.header, missing)

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


class GoldSpec(Strict):
    path: str | None = Field(None, description="default: a column of the data file")
    record: str | None = RECORD_COLUMN
    label: LabelColumns = "label"
    purpose: str | None = Field(
        None,
        description="column with calibration, monitoring or evaluation; default: split by shares",
    )
    calibration: float | None = Field(
        None,
        ge=0,
        le=1,
        description="share; default: half of the remainder if anything learns from it, else 0",
    )
    monitoring: float | None = Field(None, ge=0, le=1, description="share; default: 0")
    evaluation: float | None = Field(
        None, ge=0, le=1, description="share; default: what the others leave"
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
    strategy: StrategySpec = SingleSpec()
    gold: GoldSpec | None = None
    currency: str = "USD"
    budget: BudgetSpec = BudgetSpec()
    # kept out of reprs: a URL may hold a password
    ledger: str | None = Field(
        None, repr=False, description="file or URL; default <name>.assay.sqlite"
    )
    seed: int = 0
    duplicates: Literal["each", "once"] = Field(
        "each", description="whether records with equal content are each asked, or once for all"
    )
