"""Any Python callable as an annotator: a lexicon, a regular expression, business logic."""

import importlib
import importlib.metadata
import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

from assay.annotators.base import HoldsNothing
from assay.annotators.function import read
from assay.annotators.mapping.base import LONGEST
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, answer
from assay.core.digest import digest_text
from assay.core.errors import ModelError, SpecError
from assay.core.record import Record
from assay.core.shown import Shown

MAPPING = "rule"
GROUP = "assay.rules"  # entry points of other packages

Said: TypeAlias = str | tuple[str, float] | None
Judge: TypeAlias = Callable[[Record], Said]
"""A label, a label with a confidence from 0 to 1, or None for no opinion."""


@dataclass(frozen=True, slots=True, repr=False)
class Rule(HoldsNothing, Shown):
    """`version` belongs to the id: a changed rule is another annotator. `says`: all the labels
    that it can give, if known."""

    name: str
    judge: Judge
    version: str
    says: tuple[str, ...] = ()

    def facts(self) -> Mapping[str, object]:
        return {"name": self.name, "version": self.version}

    @property
    def id(self) -> str:
        return f"rule/{self.name}@{self.version}"

    @property
    def decided_by(self) -> DecidedBy:
        return DecidedBy.MODEL

    async def annotate(self, requests: Iterable[Request]) -> AsyncIterator[Annotation]:
        for request in requests:
            yield self._answer(request)

    def _answer(self, request: Request) -> Annotation:
        try:
            said = self.judge(request.record)
        except Exception as broken:  # a rule is foreign code; its fault is an answer, not ours
            why = f"{type(broken).__name__}: {broken}"
            return answer(request, Outcome.FAILED, error=f"rule {self.name}: {why}")
        try:
            return read(request, said, MAPPING)
        except (TypeError, ValueError) as bad:  # a confidence that is none
            return answer(
                request, Outcome.UNPARSED, raw=str(said)[:LONGEST], mapping=MAPPING, error=str(bad)
            )


def rule(name: str) -> Rule:
    """`module:function`, an entry point of the group `assay.rules`, or a rule that ships here.

    A function that has `labels` says with them which it can give.
    """
    judge = SHIPPED.get(name) or _entry_point(name) or _imported(name)
    says = SAYS.get(name) or tuple(getattr(judge, "labels", ()))
    return Rule(name, judge, version_of(judge), says)


def _entry_point(name: str) -> Judge | None:
    found = next(iter(importlib.metadata.entry_points(group=GROUP, name=name)), None)
    return None if found is None else cast(Judge, found.load())


def _imported(name: str) -> Judge:
    module, _, function = name.partition(":")
    if not function:
        raise SpecError(
            f"no such rule: {name!r}; write module:function, or one of {', '.join(SHIPPED)}"
        )
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as missing:
        raise SpecError(f"rule {name!r} cannot be loaded: {missing}") from missing
    if not callable(found):
        raise SpecError(f"rule {name!r} is not a function")
    return cast(Judge, found)


def version_of(judge: Judge) -> str:
    """`judge.version` where it says one, else a digest of its source, else its module's name."""
    said = getattr(judge, "version", None)
    if said is not None:
        return str(said)
    try:
        return digest_text(inspect.getsource(judge), 6)
    except (OSError, TypeError):
        return str(getattr(judge, "__module__", "unversioned"))


@lru_cache(maxsize=1)
def _lexicon() -> Any:
    try:
        from vaderSentiment.vaderSentiment import (  # noqa: PLC0415
            SentimentIntensityAnalyzer,
        )
    except ImportError as missing:
        raise ModelError(
            "the rule `vader` needs its package: pip install 'assay[vader]'"
        ) from missing
    return SentimentIntensityAnalyzer()


def vader(record: Record) -> Said:
    """Sentiment by the VADER lexicon, at the thresholds its authors recommend (Hutto & Gilbert,
    2014): compound score from 0.05 positive, to -0.05 negative, neutral between. As sure as the
    feeling is strong, and half sure where no feeling was found; no probability.
    """
    compound = float(_lexicon().polarity_scores(record.text)["compound"])
    if abs(compound) < 0.05:
        return "neutral", 0.5
    return "positive" if compound > 0 else "negative", abs(compound)


SHIPPED: dict[str, Judge] = {"vader": vader}
SAYS = {"vader": ("positive", "neutral", "negative")}
