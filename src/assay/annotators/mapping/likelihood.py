"""Reads the label from the model's own scores: the first token's alternatives, or a scorer's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from assay.annotators.mapping.base import UNPARSED, Reading
from assay.annotators.prompt import AnswerForm
from assay.core.annotation import Outcome, Request, Source
from assay.core.errors import SpecError
from assay.core.schema import Choice
from assay.models.base import Completion, TokenScore

TOP = 20  # what OpenAI-compatible servers give at most


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The label with the largest score; never abstains where scores came.

    First-token scores as in LLM chain ensembles (Farr et al., section 11(a)): a label missing
    from the alternatives gets the smallest one returned minus 1, and no more than its part of the
    probability that the alternatives leave.
    """

    @property
    def name(self) -> str:
        return "likelihood"

    @property
    def form(self) -> AnswerForm:
        return "label"

    @property
    def top_logprobs(self) -> int:
        return TOP

    def read(self, request: Request, completion: Completion) -> Reading:
        schema = request.task.schema
        if not isinstance(schema, Choice):
            raise SpecError(f"mapping `likelihood` needs kind `choice`, not `{schema.kind}`")
        scores = dict(completion.scores or {})
        if not scores and completion.tokens:
            refuse_collisions(tuple(schema.names))
            scores = first_token_scores(schema, completion.tokens[0])
        return by_scores(scores)


def by_scores(scores: dict[str, float]) -> Reading:
    if not scores or any(math.isnan(s) or s == math.inf for s in scores.values()):
        return UNPARSED
    if not math.isfinite(max(scores.values())):
        return UNPARSED
    best = max(scores, key=scores.__getitem__)
    weights = [math.exp(s - scores[best]) for s in scores.values()]
    return Reading(Outcome.ANSWERED, best, 1 / sum(weights), Source.LIKELIHOOD, scores)


def first_token_scores(schema: Choice, token: TokenScore) -> dict[str, float]:
    """Empty where no label starts with any of the alternatives, or where the best alternative
    starts several labels: then the model has not said which it means."""
    pieces = {token.token: token.logprob, **token.top}
    best = {name: _best_start(name, pieces) for name in schema.names}
    found = {name: piece for name, piece in best.items() if piece is not None}
    if not found:
        return {}
    top = max(found.values(), key=pieces.__getitem__)
    if sum(piece == top for piece in found.values()) > 1:
        return {}
    missing = len(schema.names) - len(found)
    least = min(min(pieces.values()) - 1, _part_of_rest(pieces, missing))
    return {name: pieces[found[name]] if name in found else least for name in schema.names}


def _part_of_rest(pieces: Mapping[str, float], missing: int) -> float:
    """The log-probability of each missing label, where what the pieces leave is theirs alone; a
    server that gives the sampled token alone gives its probability, and so that of the others."""
    rest = 1 - math.fsum(math.exp(score) for score in pieces.values() if score <= 0)
    return math.log(rest / missing) if rest > 1e-9 and missing else math.inf


def _best_start(name: str, pieces: Mapping[str, float]) -> str | None:
    """The likeliest alternative that the label starts with."""
    starts = [p for p in pieces if p.strip() and name.casefold().startswith(p.strip().casefold())]
    return max(starts, key=pieces.__getitem__, default=None)


@lru_cache(maxsize=256)
def refuse_collisions(names: tuple[str, ...]) -> None:
    """SpecError if two labels begin with the same word, since the first token of an answer is
    the same for both; only an embedded model scores whole labels."""
    seen: dict[str, str] = {}
    for name in names:
        first = name.split()[0].casefold()
        other = seen.setdefault(first, name)
        if other != name:
            raise SpecError(
                f"labels {other!r} and {name!r} begin with the same word, and mapping `likelihood` "
                "of a remote model sees the first token alone; rename one, or take `pattern`"
            )
