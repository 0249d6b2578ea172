"""Checks of annotators before a model is loaded, downloaded or fitted."""

from assay.core.document_path import at_document_path, at_path
from assay.core.errors import SpecError
from assay.core.extras import from_extra
from assay.core.schema import Spans
from assay.project.annotators import (
    KINDS,
    LIGHT,
    entry_point,
    picture_model,
    weights,
)
from assay.project.code import NOWHERE, code_in
from assay.project.factory import Factory
from assay.project.project import Project
from assay.run.ask import Askable
from assay.taskfile.annotators import (
    AnnotatorSpec,
    ClassifierSpec,
    EmbeddedSpec,
    HubSpec,
    PictureSpec,
    PluginSpec,
    TeamSpec,
)


def checked(project: Project) -> dict[str, Askable | None]:
    """The annotators of the file by name; None for those that only a run creates. SpecError or
    InputError for whatever a run would refuse before its first request."""
    factory, found = project.factory, dict[str, Askable | None]()
    with project.lines():
        for name, spec in project.file.annotators.items():
            with at_document_path("annotators", name):
                if spec.kind in LIGHT and code_in(name, spec) is None:
                    found[name] = KINDS[spec.kind](factory, name, spec)
                else:
                    _look(factory, name, spec)
                    found[name] = None
    return found


def _look(factory: Factory, name: str, spec: AnnotatorSpec) -> None:
    if isinstance(spec, EmbeddedSpec):
        weights(spec.model, factory.folder)
        return
    if isinstance(spec, PluginSpec):
        entry_point(spec.plugin)
    if (code := code_in(name, spec)) is not None and code.where == NOWHERE:
        with at_path(spec.kind):
            raise SpecError(f"{code.what} cannot be loaded: no such module")
    if isinstance(spec, TeamSpec):
        KINDS[spec.kind](factory, name, spec)
    elif isinstance(spec, PictureSpec):
        picture_model(spec.model)
    elif isinstance(spec, ClassifierSpec):
        _check_learning(factory, spec)
    elif isinstance(spec, HubSpec) and spec.train:
        factory.examples()


def _check_learning(factory: Factory, spec: ClassifierSpec) -> None:
    from assay.annotators.classifier import LEARN, learnable

    if spec.features == "pictures":
        picture_model(spec.model)
    from_extra("sklearn", *LEARN)
    examples = [(e.record, e.value) for e in factory.examples()]
    if not isinstance(factory.task.schema, Spans):
        with at_path("kind"):
            learnable(examples, factory.task.schema)
