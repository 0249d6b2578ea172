"""A panel's answer if several of its people answered one request."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from assay.core.annotation import Annotation, Source
from assay.core.cost import NO_USAGE
from assay.core.schema.base import Schema


def joint(answers: Sequence[Annotation], schema: Schema) -> Annotation:
    """The people's answers, in order of arrival, as the one that a strategy is given.

    One person's is taken as it is. Of several, each unit gets the label that most of them give, at
    a tie the one given first; the confidence is the mean share of those labels. It is computed on
    each read and never stored: the ledger holds each person's answer, and `votes` shows them.
    """
    given = [a for a in answers if a.value is not None]
    if len(answers) == 1 or not given:
        return answers[0]
    labels: dict[str, str] = {}
    shares: list[float] = []
    for unit in schema.units([a.value for a in given if a.value is not None]):
        said = [schema.label(a.value, unit) for a in given if a.value is not None]
        votes = Counter(label for label in said if label is not None)
        if votes:
            labels[unit], most = votes.most_common(1)[0]
            shares.append(most / votes.total())
    value = schema.assemble(labels)
    if value is None:
        return given[0]
    return replace(
        given[0],
        value=value,
        confidence=sum(shares) / len(shares) if shares else 1.0,
        confidence_source=Source.VOTE_SHARE,
        scores=None,
        rationale=None,
        raw=None,
        usage=sum((a.usage for a in answers), NO_USAGE),
        cost_nanos=sum(a.cost_nanos for a in answers),
        by=None,
        revision=0,
    )
