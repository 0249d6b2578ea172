"""Names become objects: a task file in, the parts of a run out.

The only tables of names are here and in `cli`: one dict a kind of part. Plugins are entry points
of the group `assay.annotators`: a callable that takes the `AnnotatorSpec` and gives an annotator.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path

from assay.annotators.base import Annotator
from assay.annotators.classifier import fit_classifier, fit_ngrams
from assay.annotators.llm import LLM, Purse
from assay.annotators.mapping import BY_NAME as MAPPINGS
from assay.annotators.people import Panel
from assay.annotators.recorded import Given, Recorded
from assay.annotators.rule import rule
from assay.annotators.scored import Scored
from assay.core.annotation import DecidedBy, Outcome
from assay.core.cost import Budget, Prices, to_nanos
from assay.core.errors import SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice, Form, FreeText, Label, MultiChoice, Scale, Schema, Spans
from assay.core.task import Example, Task
from assay.core.value import Value
from assay.data.base import Columns, Findings
from assay.data.gold import Gold, Purpose, read_labels, split
from assay.data.read import read_records
from assay.data.taskfile import (
    AnnotatorSpec,
    ChoiceSpec,
    FormSpec,
    LabelSpec,
    MultiSpec,
    ScaleSpec,
    SpansSpec,
    TaskFile,
    TextSpec,
    load,
)
from assay.ledger import Ledger, open_ledger
from assay.models.anthropic import Anthropic
from assay.models.base import Options
from assay.models.cache import BY_NAME as CATALOGUE
from assay.models.cache import default_cache
from assay.models.encoder import MiniLM
from assay.models.gemini import Gemini
from assay.models.limits import Limits
from assay.models.llama import Llama
from assay.models.openai import Address, OpenAI
from assay.quality.accuracy import Accuracy, accuracy
from assay.report import Reference, Story
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, ThresholdChain
from assay.strategies.confidence import BY_NAME as CONFIDENCES
from assay.strategies.cooperation import TriageShare
from assay.strategies.nearest import ByWords
from assay.strategies.prior import PriorCorrected
from assay.strategies.retrieval import Retrieved
from assay.strategies.review import ReviewDisagreements
from assay.strategies.single import Single
from assay.strategies.vote import Vote

GOLD_NAME = "evaluation gold"
RAW = " (raw)"
SMALLEST = "smollm2-135m-instruct"


@dataclass(slots=True)
class Project:
    """A task file with everything it names, ready to run; opened by `open_project`."""

    file: TaskFile
    folder: Path
    task: Task
    annotators: dict[str, Askable]
    strategy: Strategy
    gold: Gold
    budget: Budget
    findings: Findings = field(default_factory=Findings)

    def records(self, limit: int | None = None) -> Iterator[Record]:
        """The records to label, streamed; calibration gold is not among them."""
        learnt = self.gold.of(Purpose.CALIBRATION) if self.fitted else {}
        found = self.all_records()
        return islice((r for r in found if r.id not in learnt), limit)

    @property
    def held_out(self) -> int:
        """How many records are not labelled, since something here learns from their gold."""
        return len(self.gold.of(Purpose.CALIBRATION)) if self.fitted else 0

    def all_records(self) -> Iterator[Record]:
        self.findings = Findings()
        return read_records(self.folder / self.file.data.path, columns(self.file), self.findings)

    @property
    def fitted(self) -> bool:
        """Whether anything here learns from calibration gold, so that it must not be labelled."""
        kinds = {spec.kind for spec in self.file.annotators.values()}
        return "classifier" in kinds or self.file.strategy.kind == "retrieved"

    @property
    def ledger_place(self) -> str:
        named = self.file.ledger or f"{self.file.name}.assay.sqlite"
        return named if "://" in named else str(self.folder / named)

    def ledger(self) -> Ledger:
        return open_ledger(self.ledger_place)

    def changed(self, budget: Mapping[str, float], ledger: str | None) -> "Project":
        """The same project with another budget or ledger, as options on the command line say."""
        spec = self.file.budget.model_copy(update=dict(budget))
        where = {} if ledger is None else {"ledger": str(Path(ledger).resolve())}
        if ledger is not None and "://" in ledger:
            where = {"ledger": ledger}
        file = self.file.model_copy(update={"budget": spec, **where})
        self.budget.cap = None if spec.money is None else to_nanos(spec.money)
        return replace(self, file=file)

    async def close(self) -> None:
        """End the connections that annotators hold."""
        for who in self.annotators.values():
            if isinstance(who, LLM):
                await who.model.close()
            elif isinstance(who, Scored) and isinstance(who.scorer, Llama):
                await who.scorer.close()


def open_project(path: Path | str) -> Project:
    path = Path(path)
    file = load(path)
    return build(file, path.parent)


def build(file: TaskFile, folder: Path) -> Project:
    task = task_of(file)
    gold = gold_of(file, folder, task.schema)
    money = file.budget.money
    budget = Budget(None if money is None else to_nanos(money))
    workshop = Workshop(file, folder, task, gold, budget)
    return Project(file, folder, task, workshop.annotators(), workshop.strategy(), gold, budget)


def evaluation(project: Project, ledger: Ledger, run: str) -> dict[str, Accuracy]:
    """Decisions and each annotator against evaluation gold; empty without such gold."""
    gold = project.gold.of(Purpose.EVALUATION)
    if not gold:
        return {}
    scores: dict[str, Accuracy | None] = {}
    decided = {d.record: d.value for d in ledger.decisions(run)}
    scores["decisions"] = accuracy(decided, gold, GOLD_NAME)
    for name, who in project.annotators.items():
        said = {
            a.record: a.value
            for a in ledger.annotations(project.task.id, [who.id])
            if a.outcome is not Outcome.FAILED
        }
        scores[name] = accuracy(said, gold, GOLD_NAME)
    return {name: score for name, score in scores.items() if score is not None}


def story(project: Project) -> Story:
    """What the report of this project compares with."""
    gold = project.gold.of(Purpose.EVALUATION)
    reference = Reference(GOLD_NAME, gold) if gold else None
    notes = tuple(project.findings.lines())
    return Story(project.task, reference, notes=notes, currency=project.file.currency)


def columns(file: TaskFile) -> Columns:
    d = file.data
    text = (d.text,) if isinstance(d.text, str) else tuple(d.text)
    return Columns(text, d.id, d.language, d.source, tuple(d.meta))


def task_of(file: TaskFile) -> Task:
    schema = schema_of(file.answer)
    examples = tuple(
        Example(text_record(f"example{i + 1}", e.text), schema.check(e.answer), e.rationale)
        for i, e in enumerate(file.examples)
    )
    return Task(file.name, file.question, schema, file.guideline, examples)


def schema_of(answer: object) -> Schema:
    if isinstance(answer, ChoiceSpec):
        return Choice(_labels(answer.labels))
    if isinstance(answer, MultiSpec):
        return MultiChoice(_labels(answer.labels))
    if isinstance(answer, SpansSpec):
        return Spans(_labels(answer.labels))
    if isinstance(answer, ScaleSpec):
        return Scale(answer.low, answer.high, answer.step, answer.anchors)
    if isinstance(answer, TextSpec):
        return FreeText(answer.longest)
    assert isinstance(answer, FormSpec)
    fields = {name: schema_of(f.answer) for name, f in answer.fields.items()}
    questions = {name: f.question for name, f in answer.fields.items() if f.question}
    return Form(fields, questions)


def _labels(labels: Sequence[str | LabelSpec]) -> list[Label]:
    return [Label(x) if isinstance(x, str) else _label(x) for x in labels]


def _label(spec: LabelSpec) -> Label:
    named = spec.aliases if isinstance(spec.aliases, dict) else {"": spec.aliases}
    aliases = {language: tuple(words) for language, words in named.items() if words}
    return Label(spec.name, spec.definition, aliases)


def gold_of(file: TaskFile, folder: Path, schema: Schema) -> Gold:
    spec = file.gold
    if spec is None:
        return Gold()
    if spec.path is not None:
        values = read_labels(folder / spec.path, spec.record, spec.label, schema)
    else:
        if file.data.id is None:
            raise SpecError("gold from a column of the data file needs `data.id`")
        values = read_labels(folder / file.data.path, file.data.id, spec.label, schema)
    shares = {
        Purpose.CALIBRATION: spec.calibration,
        Purpose.MONITORING: spec.monitoring,
        Purpose.EVALUATION: spec.evaluation,
    }
    return split(values, shares, file.seed)


@dataclass(frozen=True, slots=True)
class Workshop:
    """Makes the parts that a task file names."""

    file: TaskFile
    folder: Path
    task: Task
    gold: Gold
    budget: Budget

    def annotators(self) -> dict[str, Askable]:
        """What the file names, and below a calibrated embedded model the model itself."""
        made: dict[str, Askable] = {}
        for name, spec in self.file.annotators.items():
            who = KINDS[spec.kind](self, name, spec)
            if isinstance(who, Scored) and spec.calibrate:
                made[name + RAW], who = who, PriorCorrected(name + RAW, self.first(spec.fit))
            made[name] = who
        return made

    def first(self, count: int) -> tuple[Record, ...]:
        """The first records of the data, on which label priors are fitted."""
        found = read_records(self.folder / self.file.data.path, columns(self.file))
        return tuple(islice(found, count))

    def purse(self, spec: AnnotatorSpec) -> Purse:
        return Purse(Prices(**spec.prices.model_dump()), self.budget)

    def strategy(self) -> Strategy:
        spec = self.file.strategy
        names = tuple(spec.annotators or self.file.annotators)
        for name in names:
            if name not in self.file.annotators:
                known = ", ".join(self.file.annotators)
                raise SpecError(f"strategy names annotator {name!r}; there are {known}")
        return STRATEGIES[spec.kind](self, names)

    def examples(self) -> tuple[Example, ...]:
        """Calibration gold with its records."""
        wanted: Mapping[str, Value] = self.gold.of(Purpose.CALIBRATION)
        found = read_records(self.folder / self.file.data.path, columns(self.file))
        examples = tuple(Example(r, wanted[r.id]) for r in found if r.id in wanted)
        if not examples:
            raise SpecError("this needs calibration gold whose ids are in the data: see `gold`")
        return examples


def _remote(shop: Workshop, name: str, spec: AnnotatorSpec) -> Annotator:
    hosted = {
        "openai": ("", None),
        "anthropic": ("https://api.anthropic.com", "ANTHROPIC_API_KEY"),
        "gemini": ("https://generativelanguage.googleapis.com", "GEMINI_API_KEY"),
    }
    url, variable = hosted[spec.kind]
    limits = Limits(most=spec.in_flight, start=min(16, spec.in_flight), timeout=spec.timeout)
    address = Address(spec.base_url or url, spec.key_env or variable, limits)
    makers = {"openai": OpenAI, "anthropic": Anthropic, "gemini": Gemini}
    model = makers[spec.kind](spec.model or "", address)
    options = Options(spec.max_tokens, spec.temperature, spec.top_p, spec.seed)
    return LLM(model, MAPPINGS[spec.mapping or "pattern"], options, shop.purse(spec))


def _embedded(shop: Workshop, name: str, spec: AnnotatorSpec) -> Askable:
    model = Llama(gguf(spec.model or SMALLEST, shop.folder))
    if spec.mapping not in (None, "likelihood"):
        options = Options(spec.max_tokens, spec.temperature, spec.top_p, spec.seed)
        return LLM(model, MAPPINGS[spec.mapping], options, shop.purse(spec))
    return Scored(model, Prices(**spec.prices.model_dump()))


def gguf(name: str, folder: Path) -> Path:
    """A catalogue name, fetched when first needed, or the path of any GGUF file."""
    if name in CATALOGUE:
        return default_cache().fetch(CATALOGUE[name])
    path = folder / name
    if not path.is_file():
        models = ", ".join(n for n, e in CATALOGUE.items() if e.member.endswith(".gguf"))
        raise SpecError(f"no embedded model {name!r}: give a GGUF file, or one of {models}")
    return path


def _rule(shop: Workshop, name: str, spec: AnnotatorSpec) -> Annotator:
    return rule(spec.rule or "")


def _classifier(shop: Workshop, name: str, spec: AnnotatorSpec) -> Annotator:
    examples = [(e.record, e.value) for e in shop.examples()]
    if spec.features == "ngrams":
        return fit_ngrams(examples, shop.task.schema, shop.file.seed)
    return fit_classifier(MiniLM(), examples, shop.task.schema, shop.file.seed)


def _recorded(shop: Workshop, name: str, spec: AnnotatorSpec) -> Annotator:
    path = shop.folder / (spec.path or "")
    labels = read_labels(path, spec.record, spec.label, shop.task.schema)
    who = DecidedBy.PEOPLE if spec.people else DecidedBy.MODEL
    price = to_nanos(spec.prices.human_label)
    return Recorded(name, {id: Given(v, cost=price) for id, v in labels.items()}, who)


def _panel(shop: Workshop, name: str, spec: AnnotatorSpec) -> Annotator:
    return Panel(name)


Maker = Callable[[Workshop, str, AnnotatorSpec], Askable]
KINDS: dict[str, Maker] = {
    "openai": _remote,
    "anthropic": _remote,
    "gemini": _remote,
    "embedded": _embedded,
    "rule": _rule,
    "classifier": _classifier,
    "recorded": _recorded,
    "panel": _panel,
} | {e.name: e.load() for e in entry_points(group="assay.annotators")}


def _single(shop: Workshop, names: tuple[str, ...]) -> Strategy:
    if len(names) != 1:
        raise SpecError(
            f"strategy `single` takes one annotator, not {len(names)}: name it in "
            "`strategy.annotators`, or take `vote`"
        )
    return Single(names[0])


def _vote(shop: Workshop, names: tuple[str, ...]) -> Strategy:
    return Vote(names, shop.file.strategy.replicas, shop.file.strategy.ties)


def _chain(shop: Workshop, names: tuple[str, ...]) -> Strategy:
    spec = shop.file.strategy
    confidence = CONFIDENCES[spec.confidence]
    if spec.thresholds is not None:
        return ThresholdChain(names, tuple(spec.thresholds), confidence)
    return Chain(names, spec.answer, confidence)


def _triage(shop: Workshop, names: tuple[str, ...]) -> Strategy:
    spec = shop.file.strategy
    if len(names) != 2:
        raise SpecError("strategy `triage` takes two annotators: the model, then the people")
    return TriageShare(names[0], names[1], spec.share, CONFIDENCES[spec.confidence])


def _review(shop: Workshop, names: tuple[str, ...]) -> Strategy:
    spec = shop.file.strategy
    if len(names) != 3:
        raise SpecError("strategy `review` takes three annotators: two that answer, one reviewer")
    return ReviewDisagreements(names[0], names[1], names[2], spec.audit, shop.file.seed)


def _retrieved(shop: Workshop, names: tuple[str, ...]) -> Strategy:
    spec = shop.file.strategy
    [name] = names if len(names) == 1 else [names[0]]
    return Retrieved(name, shop.examples(), ByWords(), spec.examples, spec.balanced)


STRATEGIES: dict[str, Callable[[Workshop, tuple[str, ...]], Strategy]] = {
    "single": _single,
    "vote": _vote,
    "chain": _chain,
    "triage": _triage,
    "review": _review,
    "retrieved": _retrieved,
}
