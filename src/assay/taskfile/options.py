"""Which options each kind of strategy and of annotator uses; what it does not use is refused.

An option that nobody reads would be taken for one that works.
"""

from collections.abc import Mapping

from assay.core.document_path import at_path
from assay.core.errors import SpecError
from assay.taskfile.specs import AnnotatorSpec, StrategySpec, TaskFile

STRATEGY: Mapping[str, tuple[str, ...]] = {
    "single": (),
    "vote": ("replicas", "ties"),
    "chain": ("thresholds", "answer", "confidence"),
    "hybrid": ("threshold", "capacity", "confidence"),
    "sequential": ("suggestions", "miscoverage", "control"),
    "triage": ("share", "threshold", "criterion", "confidence", "learners", "judge"),
    "joint": (),
    "review": ("audit",),
    "retrieved": ("examples", "nearest", "balanced"),
    "explain": ("examples",),
    "tags": ("group", "grouping"),
    "specialists": (
        "learners",
        "beta",
        "replay",
        "stages",
        "registry",
        "controller",
        "n_specialists",
    ),
    "active": ("learners", "query", "first", "batch", "rounds"),
    "principled": ("rationale",),
    "attributes": ("together",),
}

DECODING = ("max_tokens", "temperature", "top_p", "seed")
SCORING = ("calibrate", "fit", "normalise")
REMOTE = (
    *("model", "base_url", "key_env", "mapping", *DECODING),
    *("in_flight", "timeout", "modality", "view", "prices"),
)
ANNOTATOR: Mapping[str, tuple[str, ...]] = {
    "openai": REMOTE,
    "anthropic": REMOTE,
    "gemini": REMOTE,
    "embedded": ("model", "mapping", "modality", "prices", *DECODING, *SCORING, "scores"),
    "transformers": ("model", "mapping", "modality", "view", "prices", *DECODING, *SCORING),
    "picture": ("model", "calibrate", "fit"),
    "hub": ("model", "labels", "train", "tuning", "prices"),
    "rule": ("rule",),
    "classifier": ("features", "model"),
    "recorded": ("path", "record", "label", "confidence", "people", "prices"),
    "panel": ("annotators_per_record", "prices"),
    "strategy": ("strategy",),
    "plugin": tuple(name for name in AnnotatorSpec.model_fields if name != "kind"),
}


def check_options(file: TaskFile) -> None:
    """SpecError at the first option that has no effect with its kind, or with another option."""
    for name, spec in file.annotators.items():
        with at_path("annotators", name):
            _check_kind(spec, ANNOTATOR)
            _check_scoring(spec)
            if spec.strategy is not None:
                with at_path("strategy"):
                    _check_strategy(spec.strategy)
    with at_path("strategy"):
        _check_strategy(file.strategy)


def _check_strategy(spec: StrategySpec) -> None:
    _check_kind(spec, STRATEGY)
    given = _given(spec)
    if spec.kind == "chain" and spec.thresholds is not None:
        _refuse(given, ("answer",), "a chain with `thresholds`")
    if spec.kind == "sequential" and spec.miscoverage is not None:
        _refuse(given, ("suggestions",), "`sequential` with `miscoverage`")
    if spec.kind == "triage":
        if spec.threshold is not None:
            _refuse(given, ("share",), "`triage` with `threshold`")
        needs = {"confidence": "confidence", "errors": "learners", "hardness": "judge"}
        unused = tuple(name for criterion, name in needs.items() if criterion != spec.criterion)
        _refuse(given, unused, f"`triage` with `criterion: {spec.criterion}`")
    if spec.kind == "specialists":
        if spec.registry is None:
            _refuse(given, ("controller", "n_specialists"), "`specialists` without `registry`")
        else:
            _refuse(given, ("learners",), "`specialists` with `registry`")


def _check_scoring(spec: AnnotatorSpec) -> None:
    """Annotators that score labels write no text, and those that write text score no labels."""
    if spec.kind not in ("embedded", "transformers"):
        return
    if spec.mapping in (None, "likelihood"):
        which = f"`{spec.kind}` scores labels, unless it has another `mapping`, and"
        _refuse(_given(spec), DECODING, which)
    else:
        which = f"`{spec.kind}` with `mapping: {spec.mapping}`"
        _refuse(_given(spec), (*SCORING, "scores"), which)


def _check_kind(spec: AnnotatorSpec | StrategySpec, known: Mapping[str, tuple[str, ...]]) -> None:
    for name in _given(spec):
        if name not in known[spec.kind]:
            users = [kind for kind, names in known.items() if name in names and kind != "plugin"]
            with at_path(name):
                raise SpecError(
                    f"kind `{spec.kind}` does not use it; {_takes(spec.kind, known)}; "
                    f"{_listed([name])} is for kind {_listed(users)}"
                )


def _takes(kind: str, known: Mapping[str, tuple[str, ...]]) -> str:
    return f"it takes {_listed(known[kind])}" if known[kind] else "it takes no options"


def _refuse(given: list[str], unused: tuple[str, ...], which: str) -> None:
    for name in given:
        if name in unused:
            with at_path(name):
                raise SpecError(f"{which} does not use it; leave it out")


def _given(spec: AnnotatorSpec | StrategySpec) -> list[str]:
    """The options set in the file; a key without a value is not set."""
    common = ("kind", "annotators")
    fields = type(spec).model_fields
    return [
        name
        for name in fields
        if name in spec.model_fields_set and name not in common and getattr(spec, name) is not None
    ]


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
