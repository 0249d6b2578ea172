"""Number of answers per record, if it does not depend on the answers."""

from collections.abc import Mapping

from assay.annotators.people import Panel
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.prior import PriorCorrected
from assay.strategies.single import Single
from assay.strategies.vote import Vote


def answers_each(strategy: Strategy, annotators: Mapping[str, Askable]) -> int | None:
    """None for a strategy whose requests depend on earlier answers, or that asks people, who answer
    later.
    """
    if isinstance(strategy, Single):
        return _of(strategy.annotator, annotators)
    if isinstance(strategy, Vote) and strategy.referee is None:
        each = [_of(name, annotators) for name in strategy.voters]
        known = [n for n in each if n is not None]
        return sum(known) * strategy.replicas if len(known) == len(each) else None
    return None


def _of(name: str, annotators: Mapping[str, Askable]) -> int | None:
    who = annotators.get(name)
    if isinstance(who, PriorCorrected):
        return 1  # its records to fit on are asked about once for all others
    return None if who is None or isinstance(who, Strategy | Panel) else 1
