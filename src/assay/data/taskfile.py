"""The task file: what a person writes to have records labelled.

YAML, read into pydantic models; every error names the file and the line. `schema()` is the JSON
schema that editors use for completion, published as `schemas/task.schema.json`.
"""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assay.core.errors import SpecError


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSpec(Strict):
    path: str = Field(
        description="CSV, TSV, JSONL, Parquet, Hugging Face folder; folder or archive of pictures"
    )
    text: str | list[str] | None = Field(
        None, description="the column to label, or several; `text` where there are no pictures"
    )
    image: str | list[str] | None = Field(
        None, description="column that names pictures or holds them, or several"
    )
    images: str | None = Field(
        None, description="folder, ZIP or TAR that the names of pictures count from"
    )
    urls: bool | list[str] = Field(
        False, description="fetch pictures named by URL: from any public host, or those listed"
    )
    id: str | None = Field(
        None, description="column with a unique id; without one it is made from the text"
    )
    language: str | None = None
    source: str | None = None
    meta: list[str] = Field(default_factory=list, description="columns that travel along unseen")

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

    input: float = Field(0.0, ge=0)
    cached: float | None = Field(None, ge=0)
    output: float = Field(0.0, ge=0)
    per_request: float = Field(0.0, ge=0)
    gpu_hour: float = Field(0.0, ge=0)
    human_hour: float = Field(0.0, ge=0)
    human_label: float = Field(0.0, ge=0)


class ViewSpec(Strict):
    """How pictures are shown to a model."""

    side: int = Field(768, ge=16, le=8192, description="longest side in pixels, at most")
    detail: Literal["auto", "low", "high"] = "auto"
    format: Literal["jpeg", "png"] = "jpeg"
    quality: int = Field(90, ge=1, le=100, description="of JPEG")
    tokens: int | None = Field(None, ge=0, description="of one picture, where you know them")


class AnnotatorSpec(Strict):
    kind: Literal[
        "openai",
        "anthropic",
        "gemini",
        "embedded",
        "picture",
        "rule",
        "classifier",
        "recorded",
        "panel",
        "plugin",
    ]
    model: str | None = Field(None, description="model name, GGUF file, or picture model")
    base_url: str | None = None
    key_env: str | None = Field(None, description="environment variable that holds the key")
    mapping: Literal["pattern", "last_line", "json", "likelihood"] | None = None
    max_tokens: int = Field(64, gt=0)
    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    seed: int | None = None
    in_flight: int = Field(64, gt=0, description="most calls at once")
    timeout: float = Field(120.0, gt=0, description="seconds for one call")
    modality: Literal["text", "image", "both"] = Field(
        "both", description="which parts of a record the model is shown"
    )
    view: ViewSpec = ViewSpec()
    calibrate: bool = Field(True, description="embedded, picture: subtract each label's mean score")
    fit: int = Field(200, gt=1, description="how many records that mean is taken over")
    rule: str | None = Field(None, description="`vader`, or module:function")
    features: Literal["minilm", "ngrams", "pictures"] = "minilm"
    path: str | None = Field(None, description="recorded: file with record and label columns")
    record: str = "record"
    label: str = "label"
    confidence: str | None = Field(
        None, description="recorded: column that says how sure an answer was, from 0 to 1"
    )
    plugin: str | None = Field(None, description="plugin: its entry point in `assay.annotators`")
    people: bool = Field(False, description="recorded: people gave these answers")
    prices: PriceSpec = PriceSpec()

    @model_validator(mode="after")
    def _complete(self) -> "AnnotatorSpec":
        needs = {"openai": "base_url", "rule": "rule", "recorded": "path", "plugin": "plugin"}
        models = ("openai", "anthropic", "gemini")
        missing = needs.get(self.kind)
        if missing and getattr(self, missing) is None:
            raise ValueError(f"kind {self.kind} needs `{missing}`")
        if self.kind in models and self.model is None:
            raise ValueError(f"kind {self.kind} needs `model`")
        return self


class StrategySpec(Strict):
    kind: Literal[
        "single", "vote", "chain", "sequential", "triage", "joint", "review", "retrieved"
    ] = "single"
    annotators: list[str] = Field(default_factory=list, description="names, in order; all if empty")
    replicas: int = Field(1, ge=1)
    ties: Literal["first", "undecided"] = "first"
    answer: Literal["forward", "rank"] = "rank"
    confidence: Literal["margin", "entropy", "own"] = "own"
    thresholds: list[float | None] | None = None
    share: float = Field(0.1, ge=0, le=1, description="triage: share of records to people")
    suggestions: int = Field(1, ge=1, description="sequential: labels shown to people")
    control: float = Field(0.1, ge=0, le=1, description="sequential: share without suggestion")
    audit: float = Field(0.05, ge=0, le=1, description="review: share that people see whole")
    examples: int = Field(5, ge=1, description="retrieved: examples shown")
    balanced: bool = Field(False, description="retrieved: examples in turn from each label")
    nearest: Literal["words", "meaning", "random", "fixed"] = Field(
        "words", description="retrieved: by n-grams, by embeddings, a draw a record, one draw"
    )


class GoldSpec(Strict):
    path: str | None = Field(None, description="left out: a column of the data file")
    record: str = "record"
    label: str = "label"
    purpose: str | None = Field(
        None, description="column that says calibration, monitoring or evaluation; else by shares"
    )
    calibration: float = Field(0.5, ge=0, le=1)
    monitoring: float = Field(0.0, ge=0, le=1)
    evaluation: float = Field(0.5, ge=0, le=1)


class ExampleSpec(Strict):
    text: str
    answer: Any
    rationale: str | None = None


class BudgetSpec(Strict):
    money: float | None = Field(None, ge=0)
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
    ledger: str | None = Field(None, description="file or URL; default <name>.assay.sqlite")
    seed: int = 0


def load(path: Path | str) -> TaskFile:
    """SpecError with file and line for whatever is wrong."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError(f"{path} does not exist; `assay init DATA` writes a task file") from None
    except (OSError, UnicodeDecodeError) as bad:
        raise SpecError(f"{path} cannot be read: {bad}") from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as bad:
        raise SpecError(_yaml_error(path, bad)) from None
    if not isinstance(content, dict):
        raise SpecError(f"{path}:1: a task file is a mapping with name, data, question, answer …")
    try:
        return TaskFile.model_validate(content)
    except ValidationError as bad:
        raise SpecError(_first_error(path, bad, root)) from None


def _yaml_error(path: Path, bad: yaml.YAMLError) -> str:
    mark = getattr(bad, "problem_mark", None)
    line = mark.line + 1 if mark is not None else 1
    problem = getattr(bad, "problem", None) or str(bad)
    return f"{path}:{line}: not valid YAML ({problem})"


def _first_error(path: Path, bad: ValidationError, root: yaml.Node | None) -> str:
    errors = sorted(bad.errors(), key=lambda e: e["type"] != "extra_forbidden")
    error = errors[0]
    place, line, names = _locate(error["loc"], root)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{path}:{line}: {_message(error, place, names)}{more}"


def _message(error: Any, place: str, names: list[str]) -> str:
    key = str(error["loc"][-1])
    if error["type"] == "extra_forbidden":
        near = get_close_matches(key, names, 1, 0.5)
        meant = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(names)}"
        return f"unknown key `{key}`; {meant}"
    if error["type"] == "missing":
        return f"`{place}` is missing"
    if error["type"] == "union_tag_not_found":
        return f"`{place}` needs a `kind`: {error['ctx']['discriminator']} is not there"
    if error["type"] == "union_tag_invalid":
        return f"`{place}`: unknown kind {error['ctx']['tag']!r}; {error['ctx']['expected_tags']}"
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"`{place}`: {said[0].lower() + said[1:]}"


def _locate(loc: tuple[Any, ...], root: yaml.Node | None) -> tuple[str, int, list[str]]:
    """Dotted place, the line nearest to it, and the keys allowed beside its last part."""
    node: yaml.Node | None = root
    line = 1
    model: Any = TaskFile
    shown: list[str] = []
    names = list(TaskFile.model_fields)
    for part in loc:
        names = list(model.model_fields) if _is_model(model) else names
        step, line = _child(node, part, line)
        if step is None and not _is_model(model):
            model = _tagged(model, part)
            continue
        shown.append(str(part))
        node = step or node
        model = _inner(model, part)
    return ".".join(shown), line, names


def _is_model(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel)


def _child(node: yaml.Node | None, part: Any, line: int) -> tuple[yaml.Node | None, int]:
    """The node at a key or place, and the line of that key; the old line where there is none."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if str(key.value) == str(part):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child, child.start_mark.line + 1
    return None, line


def _members(model: Any) -> list[Any]:
    found = [model]
    for inner in getattr(model, "__args__", ()) or ():
        found += _members(inner)
    return found


def _tagged(model: Any, tag: Any) -> Any:
    for member in _members(model):
        if _is_model(member):
            kind = member.model_fields.get("kind")
            tags = getattr(kind.annotation, "__args__", ()) if kind else ()
            if tag in tags or member.__name__ == tag:
                return member
    return model


def _inner(model: Any, part: Any) -> Any:
    if _is_model(model) and part in model.model_fields:
        return _only_model(model.model_fields[part].annotation)
    models = [m for m in _members(model) if _is_model(m)]
    return models[0] if len(models) == 1 else model


def _only_model(annotation: Any) -> Any:
    models = [m for m in _members(annotation) if _is_model(m)]
    return models[0] if len(models) == 1 else annotation


def schema() -> dict[str, Any]:
    """The JSON schema of a task file."""
    return TaskFile.model_json_schema()
