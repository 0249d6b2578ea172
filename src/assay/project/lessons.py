"""What was left out of requests, as servers refused it."""

from collections.abc import Mapping

from assay.models.hosted import Hosted
from assay.run.ask import Askable


def lessons(annotators: Mapping[str, Askable]) -> list[str]:
    """A line for each, with the annotator's name."""
    models = {name: getattr(who, "model", None) for name, who in annotators.items()}
    return [
        f"annotator {name!r}: {note}"
        for name, model in models.items()
        if isinstance(model, Hosted)
        for note in model.learnt.notes.values()
    ]
