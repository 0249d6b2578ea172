"""The providers' published rules for what a picture costs, by their own examples."""

import pytest

from assay.core.cost import Usage
from assay.models.base import Completion, View
from assay.models.image_tokens import (
    Family,
    anthropic_tokens,
    counted,
    gemini_tokens,
    most_tokens,
    openai_tokens,
    patch_tokens,
)
from assay.models.images import Shown


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        ((512, 512), 85 + 170), ((513, 512), 85 + 2 * 170), ((1024, 1024), 85 + 4 * 170),
        ((2048, 4096), 85 + 6 * 170), ((4096, 8192), 85 + 6 * 170), ((1536, 768), 85 + 6 * 170),
        ((3072, 100), 85 + 4 * 170), ((1, 1), 85 + 170),
    ],
)  # fmt: skip
def test_openai_fits_into_2048_then_the_short_side_into_768_and_counts_tiles(
    size: tuple[int, int], tokens: int
) -> None:
    assert openai_tokens(*size, "high") == openai_tokens(*size[::-1], "auto") == tokens


def test_openais_small_model_counts_more_for_a_tile() -> None:
    assert openai_tokens(512, 512, "high", "gpt-4o-mini-2024") == 2_833 + 5_667
    assert openai_tokens(512, 512, "high", "gpt-4o") == 255


@pytest.mark.parametrize(
    ("size", "tokens"),
    [((200, 200), 54), ((1000, 1000), 1334), ((1568, 784), 1640), ((3136, 1568), 1640)],
)
def test_anthropic_counts_pixels_after_fitting_into_1568(
    size: tuple[int, int], tokens: int
) -> None:
    assert anthropic_tokens(*size) == anthropic_tokens(*size[::-1]) == tokens


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        ((384, 384), 1), ((385, 384), 4), ((384, 100), 1), ((960, 540), 6), ((768, 768), 4),
        ((3000, 2000), 12), ((3000, 256), 12), ((513, 300), 6), ((2305, 2305), 16),
    ],
)  # fmt: skip
def test_gemini_counts_258_a_tile(size: tuple[int, int], tiles: int) -> None:
    assert gemini_tokens(*size) == gemini_tokens(*size[::-1]) == 258 * tiles


def test_open_models_count_patches() -> None:
    assert patch_tokens(28, 56) == 2 * 3
    assert patch_tokens(29, 28) == 3 * 2


@pytest.mark.parametrize(
    ("view", "tokens"),
    [
        (View(side=768), 1548), (View(side=64), 258), (View(side=512), 1032),
        (View(side=400, detail="low"), 1032), (View(side=4_000), 20_736),
        (View(side=768, tokens=7), 7), (View(tokens=0), 0),
    ],
)  # fmt: skip
def test_the_most_is_that_of_the_dearest_rule(view: View, tokens: int) -> None:
    assert most_tokens(view) == tokens


def test_the_most_knows_the_model() -> None:
    assert most_tokens(View(side=512), "gpt-4o-mini") == 8_500


SHOWN = [Shown("image/jpeg", "", 512, 512), Shown("image/jpeg", "", 200, 100)]


@pytest.mark.parametrize(
    ("family", "tokens"), [("openai", 510), ("anthropic", 377), ("gemini", 258 * 5)]
)
def test_what_a_server_does_not_count_is_reckoned(family: Family, tokens: int) -> None:
    said = Completion("x", Usage(input_tokens=5_000))
    found = counted(said, SHOWN, family, View(), "m")
    assert found == Completion("x", Usage(input_tokens=5_000, image_tokens=tokens))
    viewed = counted(said, SHOWN, family, View(tokens=9), "m")
    assert viewed.usage.image_tokens == 18


def test_what_a_server_counts_is_believed_as_far_as_it_can_be() -> None:
    said = Completion("x", Usage(input_tokens=100, image_tokens=60))
    assert counted(said, SHOWN, "openai", View(), "m") == said
    low = Completion("x", Usage(input_tokens=100))
    assert counted(low, SHOWN, "openai", View(), "m").usage.image_tokens == 100
