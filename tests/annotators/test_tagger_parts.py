"""The parts of the tagger: features, tags that may follow, spans from tags, readiness."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assay.annotators import tagger
from assay.annotators.tagger import (
    _join,
    _log_probabilities,
    _may_follow,
    _readiness,
    best_path,
    mark,
    rows,
    shape,
    token_features,
    tokens,
)
from assay.core.annotation import Annotation, Outcome, Request, Source
from assay.core.record import Record, TextPart, text_record
from assay.core.value import Span
from tests.annotators.test_tagger import NER, PAIRS, TAGGER, TASK

Floats = NDArray[np.float64]


def test_the_features_of_a_token_are_it_and_its_neighbours() -> None:
    text = "Ana saw Köln2 ."
    first, second, third, last = token_features(text, tokens(text))
    assert second == [
        "bias", "w=saw", "s=x", "w-2=<", "w-1=ana", "w+1=köln2", "w+2=.", "s-1=Xx", "s+1=Xxd",
        "p2=sa", "p3=saw", "e2=aw", "e3=saw", "ss=Xx|x", "ws=ana|x",
    ]  # fmt: skip
    assert [f for f in first if f[:3] in ("w-1", "w-2", "s-1")] == ["w-2=<", "w-1=<", "s-1=<"]
    assert {"w-2=ana", "w+2=>", "e3=ln2", "p3=Köl"} <= set(third)
    assert {"w+1=>", "w+2=>", "s+1=>", "s=."} <= set(last)
    assert token_features("", []) == []


def test_a_shape_is_of_capitals_small_letters_and_digits() -> None:
    assert [shape(w) for w in ("USA", "U.S.", "a1b22", "日本", "--")] == [
        "X", "X.X.", "xdxd", "日本", "-"
    ]  # fmt: skip


def test_features_are_counted_in_one_place_each() -> None:
    made = rows([["a", "b"], ["a"]])
    assert made.shape == (2, 2**18)
    assert made.sum() == 3
    assert made[0].multiply(made[1]).sum() == 1
    assert made.indices.dtype == made.indptr.dtype == np.int32


def test_an_inner_tag_follows_its_own_label_alone() -> None:
    tags = ["B-x", "I-x", "I-y", "O"]
    assert np.isneginf(_may_follow(tags)).tolist() == [
        [False, False, True, False],
        [False, False, True, False],
        [False, True, False, False],
        [False, True, True, False],
        [False, True, True, False],  # the start
    ]


def test_the_best_path_obeys_what_may_follow() -> None:
    follows = _may_follow(["B-x", "I-x", "O"])
    likely = np.log([[0.1, 0.5, 0.4], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    assert best_path(likely, follows) == [0, 1, 2]
    assert best_path(likely[:1], follows) == [2]
    assert best_path(np.zeros((0, 3)), follows) == []


def test_tags_become_spans_of_their_part() -> None:
    places = [(0, 2), (3, 5), (6, 8), (9, 10), (11, 12)]
    made = _join(places, ["B-x", "I-x", "O", "B-y", "B-y"], "title")
    assert made == [Span(0, 5, "x", "title"), Span(9, 10, "y", "title"), Span(11, 12, "y", "title")]
    assert _join(places[:1], ["I-x"], "text") == [Span(0, 2, "x")]


class Margins:
    """A model of these margins, whatever the features."""

    def __init__(self, tags: list[str], *margins: float | list[float]) -> None:
        self.classes_ = np.array(tags)
        self._margins = np.array(margins, dtype=float)

    def decision_function(self, features: Any) -> Floats:
        return self._margins


def test_probabilities_sum_to_one_after_no_span_has_lost_its_readiness() -> None:
    tags = ["B-x", "I-x", "O"]
    model = Margins(tags, [1.0, 0.0, 2.0], [0.0, 0.0, 0.0])
    plain, ready = (_log_probabilities(model, [["a"], ["b"]], tags, r) for r in (0.0, 1.5))
    assert np.exp(plain).sum(axis=1) == pytest.approx([1, 1])
    assert np.exp(ready).sum(axis=1) == pytest.approx([1, 1])
    share = 1 / (1 + np.exp(-np.array([1.0, 0.0, 2.0])))
    assert np.exp(plain[0]) == pytest.approx(share / share.sum())
    moved = ready - plain
    assert moved[:, 0] - moved[:, 2] == pytest.approx([1.5, 1.5])
    assert moved[:, 0] == pytest.approx(moved[:, 1])
    assert _log_probabilities(model, [], tags, 0.0).shape == (0, 3)
    two = _log_probabilities(Margins(["B-x", "O"], 3.0, -3.0), [["a"], ["b"]], ["B-x", "O"], 0.0)
    assert two.argmax(axis=1).tolist() == [1, 0]


def test_a_record_is_as_sure_as_its_least_sure_token_and_its_parts_stay_apart() -> None:
    tags = ["B-x", "O"]
    model = Margins(tags, -9.0, 9.0, 1.0, -9.0)
    two = Record("r", (TextPart("Ana is", "a"), TextPart("here", "b")))
    [(spans, sure), (none, certain), (other, _)] = mark(
        model, [two, text_record("e", ""), text_record("f", "Bob")], 0.0
    )
    assert spans == (Span(0, 3, "x", "a"),)
    low, high = 1 / (1 + np.exp(1.0)), 1 / (1 + np.exp(-1.0))
    assert sure == pytest.approx(high / (low + high))
    assert (none, certain) == ((), 1.0)
    assert other == (Span(0, 3, "x"),)


@pytest.mark.parametrize(
    ("found", "readiness"),
    [
        ([[], [1], [1, 2], [1, 2, 3]], 2.0),
        ([[1, 2], [1, 2], [1, 2], [1, 2]], 0.0),
        ([[3], [1, 3, 4, 5, 6], [1, 3], [1, 3, 4]], 2.0),
        ([[], [], [], [2]], 3.0),
        ([[], [], [], []], 0.0),
    ],
)
def test_the_smallest_readiness_of_the_best_f1_is_taken(
    found: list[list[int]], readiness: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def marked(
        model: object, records: Sequence[Record], at: float
    ) -> Iterator[tuple[tuple[Span, ...], float]]:
        yield tuple(Span(i, i + 1, "x") for i in found[int(at)]), 1.0
        yield (), 1.0

    monkeypatch.setattr(tagger, "mark", marked)
    held = [
        (text_record("r", "x"), (Span(1, 2, "x"), Span(2, 3, "x"))),
        (text_record("s", "x"), ()),
    ]
    assert _readiness(SimpleNamespace(), held) == readiness


async def test_a_fitted_tagger_is_what_it_was() -> None:
    """Its id does not name how it is fitted: another way would be another version of it."""
    assert TAGGER.id == "tagger/t1@865881bfceee"
    assert TAGGER.readiness == 0.0
    records = [text_record(f"n{i}", f"Ivo Fox lives in Oslo now {i}") for i in range(70)]
    asked = [Request(TASK, record, TAGGER.id) for record in (*records, PAIRS[0][0])]
    made: list[Annotation] = [a async for a in TAGGER.annotate(asked)]
    assert len(made) == 71
    by_id = {a.record: a for a in made}
    assert by_id[PAIRS[0][0].id].outcome is Outcome.ABSTAINED
    first = by_id["n0"]
    assert first.value == TAGGER.spans(records[:1])["n0"]
    assert (first.confidence_source, first.mapping) == (Source.PROBABILITY, "tagger")
    assert first.confidence is not None
    assert 1 - first.confidence == pytest.approx(5.09896e-5, rel=0.01)
    assert TAGGER.facts() == {"id": TAGGER.id, "fitted_on": len(PAIRS)}
    assert NER.names == ("PER", "LOC")
