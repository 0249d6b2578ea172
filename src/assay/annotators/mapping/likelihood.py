"""Reads the label from the model's own scores: the first token's alternatives, or a scorer's."""

import math
from dataclasses import dataclass

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
    from the alternatives gets the smallest one returned minus 1.
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
    """Empty where no label starts with any of the alternatives: then the model said nothing."""
    least = min(token.top.values(), default=token.logprob)
    scores: dict[str, float] = {}
    for name in schema.names:
        starts = [
            logprob
            for piece, logprob in {token.token: token.logprob, **token.top}.items()
            if (p := piece.strip().casefold()) and name.casefold().startswith(p)
        ]
        scores[name] = max(starts) if starts else -math.inf
    if not any(math.isfinite(s) for s in scores.values()):
        return {}
    return {name: s if math.isfinite(s) else least - 1 for name, s in scores.items()}


def refuse_collisions(schema: Choice, first_pieces: dict[str, str]) -> None:
    """SpecError where two labels start with the same token, so that one score stands for both."""
    seen: dict[str, str] = {}
    for label, piece in first_pieces.items():
        other = seen.setdefault(piece, label)
        if other != label:
            raise SpecError(
                f"labels {other!r} and {label!r} start with the same token {piece!r}; rename one, "
                "or take mapping `pattern`"
            )
