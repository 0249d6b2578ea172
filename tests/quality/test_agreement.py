import json
from collections.abc import Sequence
from typing import Literal

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from assay.core.annotation import Annotation, Outcome, Request, answer
from assay.core.errors import InputError, SpecError
from assay.core.record import Record
from assay.core.schema import Choice, Form, MultiChoice, Schema, Spans
from assay.core.task import Task
from assay.core.value import Span, Value
from assay.core.votes import Votes, votes_of
from assay.quality.agreement import Asked, Overall, Resampling, agree
from assay.quality.agreement.base import estimate, mean_estimate
from assay.quality.agreement.bootstrap import draws
from assay.quality.agreement.coefficients import Measures, coefficients
from assay.quality.agreement.pairs import Pair, pairwise, warning
from assay.quality.agreement.read import votes_of_annotations
from assay.quality.agreement.rows import rows_of
from assay.quality.agreement.spans import SpanPair

Table = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval"]
POINT = Resampling(resamples=0)

# Gwet's published example (Handbook of Inter-Rater Reliability): 12 records, 4 annotators
GWET = np.array([
    [1, 1, np.nan, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [np.nan, 5, 5, 5], [np.nan, np.nan, 1, 1],
    [np.nan, np.nan, 3, np.nan],
])  # fmt: skip
# what irrCAC 0.4.1 says of it
GWET_AC = {"nominal": 0.77544, "ordinal": 0.89894, "interval": 0.914}
GWET_FLEISS, GWET_PERCENT = 0.76117, 0.81818


def said_in(table: Table, names: Sequence[str] | None = None) -> Votes:
    """Records x annotators, NaN where silent."""
    record, annotator = np.nonzero(~np.isnan(table))
    values, label = np.unique(table[record, annotator], return_inverse=True)
    return Votes(
        tuple(f"r{i}" for i in range(len(table))),
        ("",),
        tuple(names or [f"a{i}" for i in range(table.shape[1])]),
        tuple(f"{v:g}" for v in values),
        record.astype(np.int32),
        np.zeros(len(record), np.int32),
        annotator.astype(np.int32),
        label.astype(np.int32),
    )


def noisy(records: int, people: int, labels: int, seed: int, silent: float = 0.2) -> Table:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, labels, (records, 1))
    said = np.where(
        rng.random((records, people)) < 0.6, truth, rng.integers(0, labels, (records, people))
    ).astype(np.float64)
    said[rng.random((records, people)) < silent] = np.nan
    return said


def value(found: Pair | SpanPair | Overall, name: str) -> float:
    coefficient = found.coefficients[name]
    assert coefficient.value is not None
    return float(coefficient.value)


def words(*rows: tuple[str, str, str]) -> Votes:
    names = [sorted({row[i] for row in rows}) for i in range(3)]
    code = [np.array([names[i].index(row[i]) for row in rows], np.int32) for i in range(3)]
    zero = np.zeros(len(rows), np.int32)
    return Votes(
        tuple(names[0]), ("",), tuple(names[1]), tuple(names[2]), code[0], zero, code[1], code[2]
    )


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_gwets_example_comes_out_as_published(level: str) -> None:
    found = agree(said_in(GWET), Asked(level, resampling=POINT)).overall
    name = "gwet_ac1" if level == "nominal" else "gwet_ac2"
    assert value(found, name) == pytest.approx(GWET_AC[level], abs=1e-5)
    assert value(found, "fleiss") == pytest.approx(GWET_FLEISS, abs=1e-5)
    assert value(found, "percent") == pytest.approx(GWET_PERCENT, abs=1e-5)
    assert found.compared == 11


@settings(max_examples=40, deadline=None)
@given(
    records=st.integers(3, 40),
    people=st.integers(2, 6),
    labels=st.integers(2, 80),
    seed=st.integers(0, 10_000),
)
@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_equals_the_reference_with_answers_missing(
    level: Level, records: int, people: int, labels: int, seed: int
) -> None:
    table = noisy(records, people, labels, seed)
    given_votes = said_in(table)
    if not len(given_votes):
        return
    rows = rows_of(given_votes, sorted(given_votes.labels, key=float))
    point = rows.times[None, :].astype(np.float64)
    ours = coefficients(rows, point, Measures.at(level, rows.labels))["krippendorff"][0]
    received = (~np.isnan(table)).sum(axis=1) > 1
    if len(np.unique(table[received][~np.isnan(table[received])])) < 2:
        assert not np.isfinite(ours)
        return
    theirs = krippendorff.alpha(table.T, level_of_measurement=level)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_fleiss_equals_statsmodels() -> None:
    table = noisy(200, 5, 4, 1, silent=0)
    counts, _ = aggregate_raters(table.astype(int))
    found = agree(said_in(table), Asked(resampling=POINT)).overall
    assert value(found, "fleiss") == pytest.approx(fleiss_kappa(counts), abs=1e-12)


def test_cohen_and_its_weighted_form_equal_scikit_learn() -> None:
    table = noisy(300, 2, 5, 2, silent=0)
    (pair,) = agree(said_in(table), Asked("interval", resampling=POINT)).pairs
    assert value(pair, "cohen") == pytest.approx(cohen_kappa_score(*table.T), abs=1e-12)
    weighted = cohen_kappa_score(*table.T, weights="quadratic")
    assert value(pair, "cohen_quadratic") == pytest.approx(weighted, abs=1e-12)


def test_correlations_equal_scipy() -> None:
    rng = np.random.default_rng(3)
    table = np.round(rng.normal(size=(120, 1)) + rng.normal(size=(120, 2)), 1)
    (pair,) = agree(said_in(table), Asked("interval", resampling=POINT)).pairs
    assert value(pair, "pearson") == pytest.approx(stats.pearsonr(*table.T).statistic, abs=1e-10)
    assert value(pair, "spearman") == pytest.approx(stats.spearmanr(*table.T).statistic, abs=1e-10)


def test_scott_of_two_is_fleiss_of_two() -> None:
    table = noisy(100, 2, 3, 4, silent=0)
    found = agree(said_in(table), Asked(resampling=POINT))
    assert value(found.pairs[0], "scott") == pytest.approx(value(found.overall, "fleiss"))


def test_equal_records_are_one_row_and_change_nothing() -> None:
    table = noisy(500, 4, 3, 5)
    rows = rows_of(said_in(table))
    assert len(rows.times) < 60
    assert rows.records == len({*np.flatnonzero((~np.isnan(table)).any(axis=1))})
    back = rows.times @ rows.counts.toarray()
    there = table[~np.isnan(table)]
    assert back.tolist() == [float((there == v).sum()) for v in np.unique(there)]


def test_bootstrap_intervals_are_those_of_a_plain_bootstrap() -> None:
    table = noisy(150, 3, 3, 6)
    found = agree(said_in(table), Asked(resampling=Resampling(4_000, 1))).overall
    rng = np.random.default_rng(0)
    plain = [
        krippendorff.alpha(table[rng.integers(0, 150, 150)].T, level_of_measurement="nominal")
        for _ in range(1_500)
    ]
    alpha = found.coefficients["krippendorff"]
    assert alpha.low == pytest.approx(np.quantile(plain, 0.025), abs=0.012)
    assert alpha.high == pytest.approx(np.quantile(plain, 0.975), abs=0.012)


@pytest.mark.parametrize("times", [[1] * 50, [400, 30, 2]])
def test_every_resample_has_as_many_records_as_there_are(times: list[int]) -> None:
    blocks = list(draws(np.array(times), Resampling(40, 2)))
    assert np.concatenate(blocks).sum(axis=1).tolist() == [sum(times)] * 40


def test_intervals_over_annotators_do_not_let_an_annotator_agree_with_itself() -> None:
    rng = np.random.default_rng(7)
    random = rng.integers(0, 2, (400, 8)).astype(np.float64)
    found = agree(said_in(random), Asked(resampling=Resampling(200, 1, "annotators"))).overall
    alpha = found.coefficients["krippendorff"]
    assert alpha.high is not None
    assert alpha.high < 0.05


def test_agreement_below_the_constant_label_is_warned_of() -> None:
    rng = np.random.default_rng(8)
    table = (rng.random((2_000, 2)) < 0.1).astype(np.float64)
    found = agree(said_in(table), Asked(resampling=POINT))
    assert found.overall.baseline == pytest.approx(0.9, abs=0.02)
    assert found.overall.baseline_label == "0"
    assert "below the majority-class baseline" in str(found.overall.warning)


def test_kappa_near_zero_at_high_agreement_is_warned_of() -> None:
    always, mostly = np.zeros(100, np.int64), np.array([0] * 95 + [1] * 5)
    described = pairwise(always, mostly)
    assert (described.percent, described.cohen) == (0.95, 0.0)
    assert "is what chance gives" in str(described.warning)


def test_all_one_class_is_told_in_words_never_as_nan() -> None:
    found = agree(said_in(np.zeros((30, 3))))
    assert found.overall.coefficients["krippendorff"].value is None
    assert "same label" in found.overall.coefficients["krippendorff"].why
    json.dumps(found.as_json(), allow_nan=False)


@pytest.mark.parametrize("kind", ["nominal", "interval", "multi"])
def test_reports_hold_no_nan(kind: str) -> None:
    found = agree(said_in(GWET), Asked(kind, resampling=Resampling(50)))
    json.dumps(found.as_json(), allow_nan=False)


def test_one_person_only_is_refused() -> None:
    with pytest.raises(InputError, match="all answers are of 'a0'"):
        agree(said_in(np.zeros((5, 1))))


def test_disjoint_record_sets_are_refused() -> None:
    table = np.array([[1, np.nan], [np.nan, 1.0]])
    with pytest.raises(InputError, match="same record ids"):
        agree(said_in(table))


def test_answering_twice_is_refused() -> None:
    twice = words(("r1", "ann", "x"), ("r1", "ann", "y"), ("r1", "bob", "x"))
    with pytest.raises(InputError, match="'ann' answered record 'r1' more than once"):
        agree(twice)


def test_answers_that_saw_others_are_refused() -> None:
    plain = words(("r1", "ann", "x"), ("r1", "bob", "x"))
    seen = Votes(
        plain.records, plain.units, plain.annotators, plain.labels, plain.record, plain.unit,
        plain.annotator, plain.label, None, np.array([False, True]),
    )  # fmt: skip
    with pytest.raises(InputError, match="had seen another answer"):
        agree(seen)


def test_words_on_an_ordinal_scale_need_an_order() -> None:
    said = words(("r1", "ann", "bad"), ("r1", "bob", "good"), ("r2", "ann", "ok"))
    with pytest.raises(InputError, match="unknown order"):
        agree(said, Asked("ordinal"))
    with pytest.raises(InputError, match="'ok' is not in the order"):
        agree(said, Asked("ordinal", ("bad", "good")))
    assert agree(said, Asked("ordinal", ("bad", "ok", "good"))).overall.compared == 1


def test_unknown_kinds_and_references_are_refused() -> None:
    with pytest.raises(SpecError, match="unknown kind"):
        Asked("ordered")
    with pytest.raises(InputError, match="no annotator 'eve'"):
        agree(said_in(GWET), Asked(reference="eve"))


def test_each_annotator_can_be_held_against_one_reference() -> None:
    found = agree(said_in(noisy(50, 4, 3, 9)), Asked(reference="a2", resampling=POINT))
    assert [(p.first, p.second) for p in found.pairs] == [("a0", "a2"), ("a1", "a2"), ("a3", "a2")]


def test_the_order_of_tags_in_a_set_does_not_matter_and_equal_sets_agree_fully() -> None:
    said = words(
        ("r1", "ann", "a;b"), ("r1", "bob", "b;a"), ("r2", "ann", "[]"), ("r2", "bob", "[]"),
        ("r3", "ann", "a"), ("r3", "bob", "a"),
    )  # fmt: skip
    found = agree(said, Asked("multi", resampling=POINT))
    for name in ("krippendorff_exact", "krippendorff_jaccard", "krippendorff_masi"):
        assert value(found.overall, name) == pytest.approx(1)
    assert set(found.tags) == {"a", "b"}
    assert found.overall.prevalence["a"] == pytest.approx(2 / 3)
    assert found.overall.baseline == pytest.approx(1 / 3)


def annotated(schema: Schema, *answers: tuple[str, str, Value]) -> list[Annotation]:
    task = Task("t", "q", schema)
    return [
        answer(Request(task, Record(record, ()), "panel"), Outcome.ANSWERED, value=value, by=by)
        for record, by, value in answers
    ]


def test_sets_and_spans_keep_their_form_from_annotations() -> None:
    empty: frozenset[str] = frozenset()
    sets = annotated(
        MultiChoice(["a", "b"]),
        ("r1", "ann", frozenset({"b", "a"})), ("r1", "bob", frozenset({"a", "b"})),
        ("r2", "ann", empty), ("r2", "bob", frozenset({"a"})),
    )  # fmt: skip
    found = agree(votes_of_annotations(sets), Asked("multi", resampling=POINT))
    assert found.answers == 4
    assert value(found.overall, "percent") == pytest.approx(0.5)
    spans = annotated(
        Spans(["PER"]),
        ("r1", "ann", (Span(0, 4, "PER"),)), ("r1", "bob", (Span(0, 2, "PER"),)),
        ("r2", "ann", ()), ("r2", "bob", ()),
    )  # fmt: skip
    described = agree(votes_of_annotations(spans), Asked("spans", resampling=POINT)).overall
    assert value(described, "f1_characters") == pytest.approx(4 / 6)
    assert value(described, "same_answer") == pytest.approx(0.5)


def test_forms_are_told_attribute_by_attribute() -> None:
    schema = Form({"tone": Choice(["up", "down"]), "topic": Choice(["a", "b"])})
    rows = [
        (
            f"r{i}",
            who,
            {"tone": "up" if i % 2 else "down", "topic": "a" if i % 3 or who == "bob" else "b"},
        )
        for i in range(12)
        for who in ("ann", "bob")
    ]
    found = agree(votes_of(schema, annotated(schema, *rows)), Asked(resampling=POINT))
    assert value(found.tags["tone"], "krippendorff") == pytest.approx(1)
    assert value(found.tags["topic"], "percent") == pytest.approx(8 / 12)
    json.dumps(found.as_json(), allow_nan=False)


def test_spans_have_no_intervals_over_annotators() -> None:
    said = words(("r1", "ann", "[]"), ("r1", "bob", "[]"), ("r1", "eve", "[]"))
    with pytest.raises(InputError, match="not spans"):
        agree(said, Asked("spans", resampling=Resampling(9, over="annotators")))


def test_masi_alpha_equals_the_definition() -> None:
    said = words(
        ("r1", "ann", "a;b"), ("r1", "bob", "a"), ("r2", "ann", "c"), ("r2", "bob", "c"),
        ("r3", "ann", "a;c"), ("r3", "bob", "b;c"),
    )  # fmt: skip
    sets = [{"a", "b"}, {"a"}, {"c"}, {"c"}, {"a", "c"}, {"b", "c"}]

    def apart(x: set[str], y: set[str]) -> float:
        step = 1 if x == y else 2 / 3 if x <= y or y <= x else 1 / 3 if x & y else 0
        return 1 - step * len(x & y) / len(x | y)

    within = np.mean([apart(sets[i], sets[i + 1]) for i in (0, 2, 4)])
    over_all = np.mean(
        [apart(x, y) for i, x in enumerate(sets) for j, y in enumerate(sets) if i != j]
    )
    found = agree(said, Asked("multi", resampling=POINT)).overall
    assert value(found, "krippendorff_masi") == pytest.approx(1 - within / over_all)


def test_spans_agree_exactly_and_by_characters() -> None:
    mark = '[{"start": 0, "end": 10, "label": "PER"}]'
    half = '[{"start": 0, "end": 5, "label": "PER"}]'
    other = '[{"start": 0, "end": 10, "label": "LOC"}]'
    said = words(
        ("r1", "ann", mark), ("r1", "bob", mark), ("r2", "ann", mark), ("r2", "bob", half),
        ("r3", "ann", mark), ("r3", "bob", other), ("r4", "ann", "[]"), ("r4", "bob", "[]"),
    )  # fmt: skip
    found = agree(said, Asked("spans", resampling=Resampling(100)))
    assert value(found.overall, "f1_exact") == pytest.approx(2 / 6)
    assert value(found.overall, "f1_characters") == pytest.approx(2 * 15 / 55)
    assert value(found.overall, "same_answer") == pytest.approx(0.5)
    assert found.overall.prevalence == {"nothing marked": 0.25}
    assert found.overall.baseline == 0.25
    json.dumps(found.as_json(), allow_nan=False)


@pytest.mark.parametrize("cell", ["PER", '[{"start": 3}]', '[{"start":5,"end":2,"label":"x"}]'])
def test_what_is_no_span_is_named(cell: str) -> None:
    with pytest.raises(InputError, match=r"span|backwards"):
        agree(words(("r1", "ann", cell), ("r1", "bob", "[]")), Asked("spans"))


def test_agreement_that_equals_the_constant_up_to_rounding_is_not_below_it() -> None:
    assert warning(0.2, 0.2 + 1e-16, 0.5) is None
    assert warning(0.1, 0.2, 0.5) == "agreement 10.0% is below the majority-class baseline 20.0%"


@pytest.mark.parametrize(
    ("percent", "baseline", "kappa", "says"),
    [
        (0.7, 0.7, 0.0999, "is what chance gives (kappa 0.10)"),
        (0.7, 0.7, -0.0999, "is what chance gives (kappa -0.10)"),
        (0.7, 0.7, 0.1, None), (0.699, 0.6, 0.0, None), (0.9, 0.9, None, None),
        (0.6, 0.61, 0.5, "agreement 60.0% is below the majority-class baseline 61.0%"),
        (0.6, 0.6, 0.5, None), (None, 0.6, 0.0, None), (0.9, None, 0.0, None),
    ],
)  # fmt: skip
def test_a_percent_is_doubted_at_its_edges(
    percent: float | None, baseline: float | None, kappa: float | None, says: str | None
) -> None:
    found = warning(percent, baseline, kappa)
    assert (found is None) if says is None else (found is not None and says in found)


@pytest.mark.parametrize("sample", [[0.2, 0.4, 0.9, 0.5], [0.0, 1.0], [0.5, 0.6, 0.4] * 9])
def test_a_mean_has_students_interval_within_nought_and_one(sample: list[float]) -> None:
    found = mean_estimate(float(np.mean(sample)), float(np.var(sample)), len(sample))
    low, high = stats.ttest_1samp(sample, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((max(0.0, low), min(1.0, high)))
    assert mean_estimate(0.5, 0.1, 1).low is None
    alike = mean_estimate(0.5, 0.0, 9)
    assert (alike.low, alike.why) == (None, "no interval: all of them are alike")


def test_percentiles_are_expanded_by_students_tails() -> None:
    drawn = np.linspace(0, 1, 10_001)
    for things in (3, 40):
        found = estimate(0.5, 100, drawn, size=things)
        reach = stats.t.ppf(0.975, things - 1) * (things / (things - 1)) ** 0.5
        tail = float(stats.norm.cdf(-reach))
        assert (found.low, found.high) == pytest.approx((tail, 1 - tail), abs=1e-4)
    assert estimate(0.5, 100, drawn, size=1).low is None
    few = np.where(np.arange(100) < 5, np.nan, drawn[:100])
    assert estimate(0.5, 9, few).low is not None
    assert "too many resamples" in estimate(0.5, 9, np.append(few[:99], np.nan)).why
    none = estimate(float("nan"), 9)
    assert (none.value, none.why, none.as_json()["interval"]) == (
        None, "no two answers to compare", None,
    )  # fmt: skip


def test_no_answers_and_one_annotator_are_refused() -> None:
    nobody = np.zeros(0, np.int32)
    with pytest.raises(InputError, match="there are no answers, so no agreement"):
        agree(Votes((), ("",), (), (), nobody, nobody, nobody, nobody))


def test_of_one_label_alone_no_coefficient_is_known() -> None:
    found = pairwise(np.zeros(9, np.int64), np.zeros(9, np.int64))
    assert (found.percent, found.baseline) == (1.0, 1.0)
    assert (found.cohen, found.scott, found.gwet) == (None, None, None)
    assert found.why == "both gave one label only"
    nothing = pairwise(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert (nothing.n, nothing.percent, nothing.why) == (0, None, "they share no records")


@pytest.mark.parametrize("labels", [2, 4])
def test_resamples_in_blocks_are_those_at_once(
    monkeypatch: pytest.MonkeyPatch, labels: int
) -> None:
    asked = Asked(resampling=Resampling(30, 1))
    table = noisy(25, 3, labels, 1)
    whole = agree(said_in(table), asked).overall.coefficients
    for weights in (1, 100, 333):
        monkeypatch.setattr("assay.quality.agreement.bootstrap.BLOCK", weights)
        for name, found in agree(said_in(table), asked).overall.coefficients.items():
            assert (found.low, found.high) == pytest.approx((whole[name].low, whole[name].high))
