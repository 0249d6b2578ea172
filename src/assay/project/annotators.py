"""Kinds of annotators by name.

The code of a kind is imported when a task file names it. Plugins are entry points of the group
`assay.annotators`: a callable that takes the factory, the name and the `PluginSpec` and gives an
annotator; the task file names them as `kind: plugin` with `plugin: NAME`. Keys of its own are in
the spec's `options`.
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from assay.annotators.base import Annotator
from assay.core.cost import Prices
from assay.core.document_path import at_path
from assay.core.errors import InputError, SpecError
from assay.core.schema import Schema, Spans
from assay.core.schema.base import Labelled
from assay.project.factory import AnnotatorMaker, Factory, annotator_kind
from assay.run.ask import Askable
from assay.taskfile.annotators import (
    ClassifierSpec,
    EmbeddedSpec,
    HubSpec,
    PanelSpec,
    PictureSpec,
    PluginSpec,
    RecordedSpec,
    RuleSpec,
    TeamSpec,
    TransformersSpec,
)
from assay.taskfile.answering import ViewSpec, Writing
from assay.taskfile.hosted import AnthropicSpec, GeminiSpec, Hosted, OllamaSpec, OpenAISpec
from assay.taskfile.strategies import SpecialistsSpec

if TYPE_CHECKING:
    from assay.annotators.hub import TrainableHub
    from assay.annotators.picture import Pictures
    from assay.core.record import Record
    from assay.models.base import Options
    from assay.models.cache import Entry
    from assay.models.hosted import Address
    from assay.models.hosted import Hosted as HostedModel
    from assay.models.images import Gallery

AnyHosted: TypeAlias = OpenAISpec | AnthropicSpec | GeminiSpec | OllamaSpec
SMALLEST = "smollm2-135m-instruct"
HOSTS = {
    "openai": ("", None),
    "anthropic": ("https://api.anthropic.com", "ANTHROPIC_API_KEY"),
    "gemini": ("https://generativelanguage.googleapis.com", "GEMINI_API_KEY"),
    "ollama": ("http://localhost:11434", None),
}
REMOTE = tuple(HOSTS)  # kinds that are asked over the network, for money
LIGHT = (*REMOTE, "rule", "recorded", "panel")  # made without loading or fitting a model


def remote(factory: Factory, name: str, spec: AnyHosted) -> Annotator:
    from assay.annotators.llm import LLM
    from assay.annotators.mapping import BY_NAME as MAPPINGS
    from assay.models.hosted import Address
    from assay.models.limits import Limits

    url, variable = HOSTS[spec.kind]
    limits = Limits(most=spec.in_flight, start=min(16, spec.in_flight), timeout=spec.timeout)
    address = Address(spec.base_url or url, spec.key_env or variable, limits, spec.headers)
    model = family(spec)(spec.model, address, factory.gallery)
    mapping = MAPPINGS[spec.mapping or "pattern"]
    decoding = hosted_options(spec, factory.task.schema)
    return LLM(model, mapping, decoding, factory.billing(spec), spec.modality)


def family(spec: AnyHosted) -> "Callable[[str, Address, Gallery], HostedModel]":
    """What speaks the format of the kind."""
    from assay.models.anthropic import Anthropic
    from assay.models.gemini import Gemini
    from assay.models.ollama import Ollama
    from assay.models.openai import OpenAI
    from assay.models.responses import Responses

    if isinstance(spec, OpenAISpec):
        return Responses if spec.api == "responses" else OpenAI
    if isinstance(spec, AnthropicSpec):
        return Anthropic
    return Gemini if isinstance(spec, GeminiSpec) else Ollama


def further_parts(spec: Hosted) -> dict[str, Any]:
    """Of each request; what Ollama has keys for stands among its own."""
    extra = dict(spec.extra_body or {})
    if not isinstance(spec, OllamaSpec):
        return extra
    if spec.num_ctx is not None:
        extra["options"] = {**extra.get("options", {}), "num_ctx": spec.num_ctx}
    if spec.keep_alive is not None:
        extra["keep_alive"] = spec.keep_alive
    return extra


def hosted_options(spec: Hosted, schema: Schema) -> "Options":
    from assay.annotators.room import more_than

    plain = options(spec, schema, spec.view, spec.effort)
    return replace(
        plain,
        more_tokens=more_than(plain.max_tokens) if plain.grows else 0,
        effort=spec.effort,
        extra=further_parts(spec) or None,
        tokens_field=spec.tokens_field if isinstance(spec, OpenAISpec) else None,
        firm=frozenset(n for n in spec.model_fields_set if getattr(spec, n) is not None),
    )


def options(
    spec: Writing, schema: Schema, view: ViewSpec | None = None, effort: str | None = None
) -> "Options":
    from assay.annotators.mapping import BY_NAME as MAPPINGS
    from assay.annotators.room import tokens_for
    from assay.models.base import Options, View

    shown = View(**(view or ViewSpec()).model_dump())
    grows = spec.max_tokens is None
    form = MAPPINGS[spec.mapping or "pattern"].form
    tokens = spec.max_tokens or tokens_for(schema, form, effort)
    return Options(tokens, spec.temperature, spec.top_p, spec.seed, view=shown, grows=grows)


def embedded(factory: Factory, name: str, spec: EmbeddedSpec) -> Askable:
    from assay.annotators.llm import LLM
    from assay.annotators.mapping import BY_NAME as MAPPINGS
    from assay.annotators.scored import Scored
    from assay.models.llama import Llama

    model = Llama(gguf(spec.model, factory.folder))
    modality = "text" if factory.file.data.pictures else spec.modality  # it sees no pictures
    if spec.mapping is not None and not spec.scores_labels:
        mapping = MAPPINGS[spec.mapping]
        return LLM(
            model, mapping, options(spec, factory.task.schema), factory.billing(spec), modality
        )
    prices = Prices(**spec.prices.model_dump())
    return Scored(model, prices, spec.normalise, spec.scores == "all", modality, factory.budget)


def local(factory: Factory, name: str, spec: TransformersSpec) -> Annotator:
    """A vision-language model through transformers; `model` may end in @revision."""
    from assay.annotators.llm import LLM
    from assay.annotators.mapping import BY_NAME as MAPPINGS
    from assay.annotators.scored import Scored
    from assay.models.base import View
    from assay.models.transformers_vlm import TransformersVLM

    hub_name, _, revision = spec.model.partition("@")
    model = TransformersVLM(hub_name, revision or None, view=View(**spec.view.model_dump()))
    if spec.mapping is None or spec.scores_labels:
        prices = Prices(**spec.prices.model_dump())
        return Scored(model, prices, spec.normalise, modality=spec.modality, budget=factory.budget)
    decoding = options(spec, factory.task.schema, spec.view)
    return LLM(model, MAPPINGS[spec.mapping], decoding, factory.billing(spec), spec.modality)


def hub(factory: Factory, name: str, spec: HubSpec) -> Annotator:
    """A text classifier by hub name, which may end in @revision, or by folder."""
    from assay.annotators.hub import Hub

    found = trainable(factory, spec)
    if spec.train:
        return found.fitted(factory.task, factory.examples(), factory.file.seed)
    return Hub(found.model, found.labels, found.prices, budget=found.budget)


def trainable(factory: Factory, spec: HubSpec) -> "TrainableHub":
    from assay.annotators.hub import TrainableHub
    from assay.models.transformers_text import TextClassifier, Tuning

    folder = factory.folder / spec.model
    hub_name, _, revision = (str(folder), "", "") if folder.is_dir() else spec.model.partition("@")
    model = TextClassifier(hub_name, revision or None)
    tuning, prices = Tuning(**spec.tuning.model_dump()), Prices(**spec.prices.model_dump())
    return TrainableHub(model, spec.labels, tuning, prices, factory.budget)


def gguf(model: str | None, folder: Path) -> Path:
    """Downloaded when first needed, if it is a catalogue name."""
    from assay.models.cache import default_cache

    found = weights(model, folder)
    return found if isinstance(found, Path) else default_cache().fetch(found)


def weights(model: str | None, folder: Path) -> "Entry | Path":
    """A catalogue name, or the path of any GGUF file; default: the smallest model."""
    from assay.models.cache import BY_NAME

    name = model or SMALLEST
    path = folder / name
    if name not in BY_NAME and not path.is_file():
        models = ", ".join(n for n, e in BY_NAME.items() if e.member.endswith(".gguf"))
        with at_path("model"):
            raise SpecError(f"no embedded model {name!r}: give a GGUF file, or one of {models}")
    return BY_NAME.get(name, path)


def lexicon(factory: Factory, name: str, spec: RuleSpec) -> Annotator:
    from assay.annotators.rule import Rule, rule
    from assay.project.code import code_in, from_source, looking, permit

    code = code_in(name, spec)
    with at_path("rule"):
        if code is not None and looking.get():
            return Rule(name, silent, "not inspected")
        if code is not None:
            permit(code, factory.allow_code)
        with from_source() if code is not None else nullcontext():
            made = rule(spec.rule)
        strange = unknown_labels(made.says, factory.task.schema)
        chosen = factory.file.strategy  # a registry may map its labels to the task's
        mapped = isinstance(chosen, SpecialistsSpec) and chosen.registry is not None
        if strange and len(strange) == len(made.says) and not mapped:
            schema = factory.task.schema
            known = ", ".join(schema.names) if isinstance(schema, Labelled) else schema.kind
            raise SpecError(
                f"this rule returns {', '.join(strange)}, but the labels of the task "
                f"are {known}, so it "
                "could answer nothing; add these words as aliases of the labels, "
                f"`{{name: …, aliases: [{strange[0]}]}}`, or take another annotator"
            )
        return made


def silent(record: "Record") -> None:
    """A placeholder for code that is not run while a task file is only inspected."""


def unknown_labels(says: Iterable[str], schema: Schema) -> list[str]:
    """Labels that are not answers of the task, not even as aliases."""

    def known(label: str) -> bool:
        try:
            schema.check(label)
        except InputError:
            return False
        return True

    return [label for label in says if not known(label)]


def classifier(factory: Factory, name: str, spec: ClassifierSpec) -> Annotator:
    from assay.annotators.classifier import fit_classifier, fit_ngrams

    examples = [(e.record, e.value) for e in factory.examples()]
    if isinstance(factory.task.schema, Spans):
        from assay.annotators.tagger import fit_tagger

        return fit_tagger(examples, factory.task.schema, factory.file.seed)
    if spec.features == "ngrams":
        return fit_ngrams(examples, factory.task.schema, factory.file.seed)
    if spec.features == "pictures":
        from assay.annotators.picture import fit_pictures

        return fit_pictures(eye(spec.model), examples, factory.task.schema, factory.file.seed)
    from assay.models.encoder import MiniLM

    return fit_classifier(MiniLM(), examples, factory.task.schema, factory.file.seed)


def picture(factory: Factory, name: str, spec: PictureSpec) -> Annotator:
    from assay.annotators.picture import ZeroShotPicture
    from assay.models.imagenet import ImageNet

    return ZeroShotPicture(eye(spec.model), ImageNet())


def eye(model: str | None) -> "Pictures":
    from assay.annotators.picture import Pictures
    from assay.models.efficientnet import EfficientNetLite

    return Pictures(EfficientNetLite(picture_model(model)))


def picture_model(model: str | None) -> str:
    """Default: the smallest network."""
    from assay.models.efficientnet import SIDES

    if model is not None and model not in SIDES:
        with at_path("model"):
            raise SpecError(f"no picture model {model!r}; there are {', '.join(SIDES)}")
    return model or next(iter(SIDES))


def recorded(factory: Factory, name: str, spec: RecordedSpec) -> Annotator:
    """Human labels cost `human_label` each, answers of a model
    `per_request`."""
    from assay.annotators.recorded import Given, Recorded
    from assay.core.annotation import DecidedBy
    from assay.core.cost import to_nanos
    from assay.project.sources import begun, confidences_of, ids_in, labels_of

    path = factory.folder / spec.path
    rows = begun(path)
    record = ids_in(rows, spec.record, factory.file.data, f"annotators.{name}.record")
    labels = labels_of(rows, record, spec.label, factory.task.schema)
    sure = confidences_of(path, record, spec.confidence)
    who = DecidedBy.PEOPLE if spec.people else DecidedBy.MODEL
    a_label = to_nanos(spec.prices.human_label) if spec.people else 0
    an_answer = 0 if spec.people else to_nanos(spec.prices.per_request)
    given = {id: Given(v, sure.get(id), cost_nanos=an_answer) for id, v in labels.items()}
    return Recorded(name, given, who, price_nanos=a_label, budget=factory.budget)


def panel(factory: Factory, name: str, spec: PanelSpec) -> Annotator:
    from assay.annotators.people import Panel

    return Panel(name, spec.annotators_per_record)


def strategy(factory: Factory, name: str, spec: TeamSpec) -> Askable:
    """A strategy asked like an annotator: a chain can be a voter, a vote the end of a chain."""
    inner = spec.strategy
    with at_path("strategy"):
        if not inner.annotators or name in inner.annotators:
            raise SpecError("list the `annotators` that it asks, without itself")
        return factory.strategy_of(inner)


def plugin(factory: Factory, name: str, spec: PluginSpec) -> Askable:
    from assay.annotators.rule import Rule
    from assay.project.code import code_in, from_source, looking, permit

    found, code = entry_point(spec.plugin), code_in(name, spec)
    if looking.get():
        return Rule(name, silent, "not inspected")
    assert code is not None
    with at_path("plugin"):
        permit(code, factory.allow_code)
    with from_source():
        made: AnnotatorMaker[PluginSpec] = found.load()
    return made(factory, name, spec)


def entry_point(name: str) -> EntryPoint:
    found = {e.name: e for e in entry_points(group="assay.annotators")}
    if name not in found:
        known = ", ".join(sorted(found)) or "none installed"
        with at_path("plugin"):
            raise SpecError(f"no plugin {name!r}; there are: {known}")
    return found[name]


KINDS: dict[str, AnnotatorMaker[Any]] = dict(
    (
        annotator_kind(OpenAISpec, remote),
        annotator_kind(AnthropicSpec, remote),
        annotator_kind(GeminiSpec, remote),
        annotator_kind(OllamaSpec, remote),
        annotator_kind(EmbeddedSpec, embedded),
        annotator_kind(PictureSpec, picture),
        annotator_kind(TransformersSpec, local),
        annotator_kind(HubSpec, hub),
        annotator_kind(RuleSpec, lexicon),
        annotator_kind(ClassifierSpec, classifier),
        annotator_kind(RecordedSpec, recorded),
        annotator_kind(PanelSpec, panel),
        annotator_kind(TeamSpec, strategy),
        annotator_kind(PluginSpec, plugin),
    )
)
