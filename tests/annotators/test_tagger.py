import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.annotators.tagger import (
    Tagger,
    TrainableTagger,
    _may_follow,
    best_path,
    fit_tagger,
    shape,
    tokens,
)
from assay.core.annotation import Annotation, Outcome, Request
from assay.core.errors import InputError, SpecError
from assay.core.record import Record, TextPart, text_record
from assay.core.schema import Choice, Spans
from assay.core.task import Example, Task
from assay.core.value import Span
from assay.testing import check_annotator

NER = Spans(["PER", "LOC"])
TASK = Task("t", "Who and where?", NER)
PEOPLE, PLACES = ("Ana", "Zoë Kim", "Bob"), ("Rome", "New York", "Köln")
PAIRS = [
    (
        text_record(f"{who} {where}", f"{who} lives in {where} 😀"),
        (
            Span(0, len(who), "PER"),
            Span(len(who) + 10, len(who) + 10 + len(where), "LOC"),
        ),
    )
    for who in PEOPLE
    for where in PLACES
]
TAGGER = fit_tagger(PAIRS, NER)


def said(tagger: Tagger, *records: Record) -> list[Annotation]:
    async def ask() -> list[Annotation]:
        requests = [Request(TASK, record, tagger.id) for record in records]
        return [a async for a in tagger.annotate(requests)]

    return asyncio.run(ask())


def test_it_marks_new_names_in_the_places_where_names_stood() -> None:
    text = "Ivo Fox lives in Oslo now"
    [made] = said(TAGGER, text_record("x", text))
    assert isinstance(made.value, tuple)
    assert {(text[s.start : s.end], s.label) for s in made.value if isinstance(s, Span)} >= {
        ("Oslo", "LOC")
    }
    assert 0 < (made.confidence or 0) <= 1


def test_it_keeps_the_contract_of_an_annotator() -> None:
    records = [text_record(str(i), f"Ana sees {i} cats in Rome") for i in range(70)]
    records += [text_record("empty", ""), text_record("space", " \n")]
    check_annotator(TAGGER, [Request(TASK, r, TAGGER.id) for r in records])


def test_it_abstains_on_what_it_was_fitted_on() -> None:
    assert said(TAGGER, PAIRS[0][0])[0].outcome is Outcome.ABSTAINED


def test_its_id_is_its_training_set_whatever_the_order() -> None:
    assert fit_tagger(PAIRS[::-1], NER).id == TAGGER.id
    assert fit_tagger(PAIRS[1:], NER).id != TAGGER.id
    assert fit_tagger(PAIRS, NER, seed=1).id != TAGGER.id
    examples = [Example(record, value) for record, value in PAIRS]
    assert TrainableTagger().fitted(TASK, examples, 0).id == TAGGER.id


def test_fitting_can_be_replayed() -> None:
    record = text_record("x", "Kim lives in New York 😀 with Bob")
    first, again = said(TAGGER, record)[0], said(fit_tagger(PAIRS[::-1], NER), record)[0]
    assert (first.value, first.confidence) == (again.value, again.confidence)


def test_each_part_of_a_record_is_tagged_for_itself() -> None:
    two = Record("r", (TextPart("nothing here", "a"), TextPart("Ana lives in Rome", "b")))
    [made] = said(TAGGER, two)
    assert isinstance(made.value, tuple)
    assert {s.part for s in made.value if isinstance(s, Span)} <= {"b"}


@pytest.mark.parametrize("spans", [(), (Span(0, 3, "PER"),)])
def test_without_spans_or_words_outside_there_is_nothing_to_learn(spans: tuple[Span, ...]) -> None:
    for pairs in ([], [(text_record("a", "Ana"), spans)]):
        with pytest.raises(InputError, match="marked spans"):
            fit_tagger(pairs, NER)


def test_words_that_are_all_names_teach_nothing() -> None:
    names = [(text_record(str(i), "Ana Kim"), (Span(0, 7, "PER"),)) for i in range(2)]
    with pytest.raises(InputError, match="2 records do not have both"):
        fit_tagger(names, NER)
    # nor do those that are left once the others are held back
    mixed = [*names, (text_record("x", "in Rome"), (Span(3, 7, "LOC"),))]
    fitted = [fit_tagger([*mixed, *PAIRS[:count]], NER) for count in range(4)]
    assert all(set(tagger.spans([mixed[2][0]])) == {"x"} for tagger in fitted)


def test_one_label_is_enough() -> None:
    one = [(record, value[:1]) for record, value in PAIRS]
    assert said(fit_tagger(one, NER), text_record("x", "Ana lives in Oslo"))[0].value is not None


def test_another_schema_is_refused() -> None:
    with pytest.raises(SpecError, match="spans"):
        fit_tagger(PAIRS, Choice(["PER", "LOC"]))


def test_links_mentions_and_inner_marks_stay_together() -> None:
    text = "see https://t.co/x?y=1 @Ana's #Rome U.S. can't 👍🏽"
    assert [text[a:b] for a, b in tokens(text)][:8] == [
        "see", "https://t.co/x?y=1", "@Ana", "'", "s", "#Rome", "U.S", "."
    ]  # fmt: skip
    assert shape("McDonald's2") == "XxXx'xd"


@settings(max_examples=40)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_whatever_the_text_its_spans_are_characters_of_it(texts: list[str]) -> None:
    records = [text_record(str(i), f"Ana {t} in Rome") for i, t in enumerate(texts)]
    for made, record in zip(said(TAGGER, *records), records, strict=True):
        assert isinstance(made.value, tuple)
        for s in made.value:
            assert isinstance(s, Span)
            assert record.text[s.start : s.end].strip()


@given(st.integers(1, 6), st.integers(0, 1000))
def test_the_path_is_the_best_of_all_valid_ones(length: int, seed: int) -> None:
    from itertools import product

    tags = ["B-x", "I-x", "O", "I-y"]
    follows = _may_follow(tags)
    scores = np.random.default_rng(seed).normal(size=(length, len(tags)))

    def total(path: tuple[int, ...]) -> float:
        steps = zip((len(tags), *path), path, strict=False)
        moved = sum(follows[a if a < len(tags) else -1, b] for a, b in steps)
        return float(moved + sum(scores[i, t] for i, t in enumerate(path)))

    best = max(product(range(len(tags)), repeat=length), key=total)
    assert total(tuple(best_path(scores, follows))) == pytest.approx(total(best))
