"""Parts of strategies that learn: learners by name, calibration gold, and the number of annotators
of a strategy."""

from assay.annotators.trainable import Trainable
from assay.core.digest import digest
from assay.core.document_path import at_path
from assay.core.errors import SpecError
from assay.core.extras import from_extra
from assay.core.task import Example
from assay.project.annotators import trainable
from assay.project.factory import Factory
from assay.taskfile.annotators import HubSpec
from assay.taskfile.strategies import WithLearners

EMBEDDED = ("minilm", "ngrams")  # learners that need no annotator of the file


def halves(factory: Factory) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Calibration gold to fit on, and to judge each stage by."""
    gold = sorted(factory.examples(), key=lambda e: digest([e.record.id, factory.file.seed], 8))
    half = len(gold) // 2
    return tuple(gold[:half]), tuple(gold[half:])


def learners(factory: Factory, spec: WithLearners) -> tuple[Trainable, ...]:
    made = []
    for place, name in enumerate(spec.learners):
        with at_path("learners", place):
            made.append(learner(factory, name))
    return tuple(made)


def learner(factory: Factory, name: str) -> Trainable:
    """One of the embedded classifiers, or an annotator of the file that can be fine-tuned."""
    from assay.annotators.classifier import LEARN, TrainableClassifier
    from assay.models.encoder import MiniLM

    if name not in EMBEDDED:
        found = factory.file.annotators.get(name)
        if not isinstance(found, HubSpec):
            known = ", ".join((*EMBEDDED, "an annotator of kind hub"))
            raise SpecError(f"learner {name!r} is none of {known}")
        return trainable(factory, found)
    from_extra("sklearn", *LEARN)  # now, not after the first answers are paid for
    return TrainableClassifier(MiniLM() if name == "minilm" else None)


def several(names: tuple[str, ...], least: int, kind: str, which: str) -> tuple[str, ...]:
    if len(names) < least:
        with at_path("annotators"):
            raise SpecError(
                f"strategy `{kind}` takes {least} annotators or more in `strategy.annotators` "
                f"({which}), not {len(names)}"
            )
    return names


def exactly(names: tuple[str, ...], count: int, kind: str, which: str) -> tuple[str, ...]:
    if len(names) != count:
        with at_path("annotators"):
            raise SpecError(
                f"strategy `{kind}` takes {count} annotator{'s' if count > 1 else ''} in "
                f"`strategy.annotators` ({which}), not {len(names)}"
            )
    return names
