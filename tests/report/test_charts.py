"""The small pictures: where each bar and each dot is, and what stands beside it."""

from collections import Counter

import pytest

from assay.report.charts import bars, reliability
from tests.report.drawn import frame, pictures, shapes


def test_bars_are_as_long_as_their_counts_and_the_largest_is_first() -> None:
    [picture] = pictures(bars(Counter({"b": 1, "good": 3})))
    assert frame(picture) == ("bars", "0 0 440 52", "440", "52")
    assert shapes(picture) == [
        "text 30.8 17 end: good",
        "rect 38.8 4 291.2 18",
        "text.n 338.0 17: 3 (75%)",
        "text 30.8 43 end: b",
        "rect 38.8 30 97.1 18",
        "text.n 143.9 43: 1 (25%)",
    ]


def test_only_names_too_long_are_cut_and_shares_are_of_all_records() -> None:
    [picture] = pictures(bars(Counter({"x" * 22: 3, "y" * 23: 2}), 10))
    assert shapes(picture) == [
        f"text 160.4 17 end: {'x' * 22}",
        "rect 168.4 4 161.6 18",
        "text.n 338.0 17: 3 (30%)",
        f"text 160.4 43 end: {'y' * 21}…",
        "rect 168.4 30 107.7 18",
        "text.n 284.1 43: 2 (20%)",
    ]


@pytest.mark.parametrize(
    ("labels", "shown", "height", "more"),
    [
        (20, 20, 520, ""),
        (21, 20, 520, "; 1 more labels not shown"),
        (22, 20, 520, "; 2 more labels not shown"),
        (0, 0, 26, ""),
    ],
)
def test_labels_beyond_twenty_are_not_drawn_and_are_named(
    labels: int, shown: int, height: int, more: str
) -> None:
    [picture] = pictures(bars(Counter({f"label {i}": 1 for i in range(labels)})))
    assert len(list(picture.iter("rect"))) == shown
    assert picture.attrib["height"] == str(height)
    assert picture.attrib["aria-label"] == f"Number of records by label{more}"


def test_dots_are_where_the_accuracy_is_with_interval_and_number_of_records() -> None:
    pairs = [
        (0.05, True), (0.05, False), (0.1, True),
        (0.94, True), (0.95, True), (0.95, False), (1.0, True),
    ]  # fmt: skip
    [picture] = pictures(reliability(pairs))
    assert frame(picture) == ("dots", "0 0 332 332", "332", "332")
    assert shapes(picture) == [
        "rect.frame 52 10 260 260",
        "line 52 270 312 10",
        "text 182.0 324 middle: confidence",
        "text 12 140.0 middle: accuracy",
        "text.n count 47 304 end: n",
        "text.n 52 286 middle: 0",
        "text.n 47 274 end: 0",
        "text.n 182.0 286 middle: 0.5",
        "text.n 47 144.0 end: 0.5",
        "text.n 312 286 middle: 1",
        "text.n 47 14 end: 1",
        "line.interval 65.0 245.4 65.0 34.6",
        "circle 65.0 140.0 5",
        "text.n count 65.0 304 middle: 2",
        "line.interval 91.0 216.3 91.0 10.0",
        "circle 91.0 10.0 5",
        "text.n count 91.0 304 middle: 1",
        "line.interval 299.0 191.8 299.0 21.9",
        "circle 299.0 75.0 5",
        "text.n count 299.0 304 middle: 4",
    ]
    assert [g.findtext("title") for g in picture.iter("g")] == [
        "confidence 0% to 10%: accuracy 50.0%, 95% CI [9.5%, 90.5%], n = 2",
        "confidence 10% to 20%: accuracy 100.0%, 95% CI [20.7%, 100.0%], n = 1",
        "confidence 90% to 100%: accuracy 75.0%, 95% CI [30.1%, 95.4%], n = 4",
    ]
