"""How many tokens a picture costs, by the rules that the providers publish.

Used for forecasts and caps, and where a server does not say itself how many there were.
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, TypeAlias

from assay.models.base import Completion, View
from assay.models.images import Shown

Family: TypeAlias = Literal["openai", "anthropic", "gemini"]

OPENAI_TILES = {"gpt-4o-mini": (2_833, 5_667)}  # base and tile; other models: 85 and 170
PATCH = 28  # pixels a side of what open models such as Qwen-VL count as one token


def openai_tokens(width: int, height: int, detail: str, model: str = "") -> int:
    """A base, and at high detail so much for each tile of 512 after two reductions."""
    base, tile = next((c for name, c in OPENAI_TILES.items() if name in model), (85, 170))
    if detail == "low":
        return base
    shrink = min(1.0, 2_048 / max(width, height))
    shrink *= min(1.0, 768 / (min(width, height) * shrink))
    across, down = (math.ceil(round(side * shrink, 6) / 512) for side in (width, height))
    return base + tile * across * down


def anthropic_tokens(width: int, height: int) -> int:
    shrink = min(1.0, 1_568 / max(width, height))
    return math.ceil(width * height * shrink * shrink / 750)


def gemini_tokens(width: int, height: int) -> int:
    """258 a tile; small pictures are one tile, others are cut to tiles of at most 768."""
    if max(width, height) <= 384:
        return 258
    unit = min(768, max(256, math.floor(min(width, height) / 1.5)))
    return 258 * math.ceil(width / unit) * math.ceil(height / unit)


def patch_tokens(width: int, height: int) -> int:
    return (math.ceil(width / PATCH) + 1) * (math.ceil(height / PATCH) + 1)


def most_tokens(view: View, model: str = "") -> int:
    """The most tokens a picture of any shape can cost in this view, whoever counts."""
    if view.tokens is not None:
        return view.tokens
    side = view.side
    # a thin picture has fewer pixels, but may be cut into more tiles
    tiles = max(gemini_tokens(side, other) for other in (side, side // 2, min(side, 384)))
    square = openai_tokens(side, side, view.detail, model)
    return max(square, anthropic_tokens(side, side), tiles, patch_tokens(side, side))


def counted(
    completion: Completion, pictures: Iterable[Shown], family: Family, view: View, model: str
) -> Completion:
    """With image tokens as the server reports them, or else by the rules; they are a part of the
    input tokens and never more."""
    usage = completion.usage
    tokens = usage.image_tokens
    if tokens <= 0:
        tokens = sum(_tokens(picture, family, view, model) for picture in pictures)
    tokens = min(tokens, usage.input_tokens)
    return replace(completion, usage=replace(usage, image_tokens=tokens))


def _tokens(picture: Shown, family: Family, view: View, model: str) -> int:
    if view.tokens is not None:
        return view.tokens
    if family == "openai":
        return openai_tokens(picture.width, picture.height, view.detail, model)
    rule = anthropic_tokens if family == "anthropic" else gemini_tokens
    return rule(picture.width, picture.height)
