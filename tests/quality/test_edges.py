"""Where a limit lies: just within it and just beyond."""

from collections.abc import Sequence

import numpy as np
import pytest

from assay.core.annotation import DecidedBy, Decision
from assay.core.votes import Votes
from assay.quality.agreement import Agreement, Asked, Resampling, agree
from assay.quality.agreement.base import share_estimate, smooth_estimate, wilson
from assay.quality.inference.audit import OTHERS, draw, stratify
from assay.quality.inference.audit_sheet import Sheet, judge, mark_of
from assay.quality.replacement.alt_test import AltTest, Rules, alt_test
from assay.quality.replacement.compare import Comparison, Sides, compare
from assay.quality.replacement.reference import Measure, Side, compare_to_reference
from tests.quality.test_agreement import said_in

POINT = Resampling(0)
Said = dict[str, dict[str, object]]


def agreed(records: int, people: int, labels: int = 2, how: Resampling = POINT) -> Agreement:
    table = np.random.default_rng(0).integers(0, labels, (records, people)).astype(float)
    return agree(said_in(table), Asked(resampling=how))


@pytest.mark.parametrize(("people", "pairs"), [(15, 105), (16, 0)])
def test_pairs_are_told_of_up_to_fifteen_annotators(people: int, pairs: int) -> None:
    table = np.random.default_rng(0).integers(0, 2, (12, people)).astype(float)
    for kind in ("nominal", "interval"):
        assert len(agree(said_in(table), Asked(kind, resampling=POINT)).pairs) == pairs
        against = agree(said_in(table), Asked(kind, reference="a0", resampling=POINT))
        assert len(against.pairs) == people - 1


@pytest.mark.parametrize(("people", "each"), [(2, 0), (3, 3)])
def test_each_is_held_against_the_others_from_three_on(people: int, each: int) -> None:
    assert len(agreed(12, people).each) == each


def warned(found: Agreement | Comparison, words: str) -> bool:
    described = [*found.warnings, *(found.notes if isinstance(found, Comparison) else ())]
    return any(words in line for line in described)


@pytest.mark.parametrize(("records", "few"), [(9, True), (10, False)])
def test_under_ten_records_little_can_be_told(records: int, few: bool) -> None:
    assert warned(agreed(records, 2), "to compare: too few for conclusions") is few


@pytest.mark.parametrize(("shared", "few"), [(12, False), (11, True)])
def test_under_a_tenth_of_the_records_the_others_are_unknown(shared: int, few: bool) -> None:
    table = np.random.default_rng(0).integers(0, 2, (120, 2)).astype(float)
    table[shared:, 1] = np.nan
    found = agree(said_in(table), Asked(resampling=POINT))
    assert warned(found, f"only {shared} of 120 records were answered by two or more") is few


@pytest.mark.parametrize(("people", "few"), [(19, True), (20, False)])
def test_intervals_over_few_annotators_are_doubted(people: int, few: bool) -> None:
    found = agreed(12, people, how=Resampling(20, 0, "annotators"))
    assert warned(found, f"intervals over only {people} annotators") is few


@pytest.mark.parametrize(("votes", "rare"), [(9, True), (10, False)])
def test_a_label_of_under_ten_votes_is_rare(votes: int, rare: bool) -> None:
    table = np.zeros((40, 2))
    table[: votes // 2] = 1
    table[30, 0] = votes % 2
    found = agree(said_in(table), Asked(resampling=POINT))
    assert warned(found, "under 10") is rare
    assert not rare or warned(found, "label '1' has 9 votes")


@pytest.mark.parametrize(("silent", "more"), [(5, False), (6, True)])
def test_five_of_the_silent_are_named(silent: int, more: bool) -> None:
    table = np.full((12, 2 + silent), np.nan)
    table[:, :2] = np.random.default_rng(0).integers(0, 2, (12, 2))
    found = agree(said_in(table), Asked(resampling=POINT))
    names = ", ".join(f"a{i}" for i in range(2, 7))
    assert f"no answers of {names}{', …' if more else ''}" in found.notes


def test_an_interval_needs_two_things_that_differ() -> None:
    assert smooth_estimate(0.5, 1, np.linspace(0, 1, 9)).low is None
    found = smooth_estimate(0.99, 2, np.linspace(0.1, 0.9, 1_001))
    assert (found.low, found.high) == pytest.approx((0.1, 0.99))
    many = smooth_estimate(0.5, 10_000, np.linspace(0, 1, 1_001))
    assert (many.low, many.high) == pytest.approx((0.025, 0.975), abs=1e-4)
    few = np.where(np.arange(100) < 5, np.nan, 0.5)
    assert smooth_estimate(0.5, 9, few).low == 0.5
    assert "too many draws" in smooth_estimate(0.5, 9, np.append(few[:99], np.nan)).why
    assert share_estimate(0.5, 0.2, 1).low is None
    pair = share_estimate(0.5, 0.25, 30)
    assert (pair.low, pair.high) == pytest.approx(wilson(0.5, 30))
    sure = share_estimate(0.5, 0.01, 30)
    assert (sure.low, sure.high) == pytest.approx(wilson(0.5, 60))
    middle = share_estimate(0.5, 0.2, 30)
    assert (middle.low, middle.high) == pytest.approx(wilson(0.5, 37.5))


def decisions(labels: Sequence[str]) -> list[Decision]:
    return [Decision(f"r{i}", x, decided_by=DecidedBy.MODEL) for i, x in enumerate(labels)]


@pytest.mark.parametrize(("values", "others"), [(20, 0), (21, 1), (23, 3)])
def test_twenty_strata_are_told_apart_and_the_rest_is_one(values: int, others: int) -> None:
    labels = [f"v{i:02}" for i in range(values) for _ in range(2 if i < 20 else 1)]
    strata = stratify(decisions(labels), "value")
    assert list(strata.values()).count(OTHERS) == others
    assert len(set(strata.values())) == min(values, 20) + (others > 0)


def test_two_records_of_each_stratum_are_drawn() -> None:
    strata = stratify(decisions(["a"] * 96 + ["b"] * 4), "value")
    for size in (4, 10, 40):
        drawn = [d.stratum for d in draw(strata, size)]
        assert drawn.count("b") == 2
        assert len(drawn) == size


@pytest.mark.parametrize(("answers", "described", "more"), [(8, 8, 0), (9, 8, 1), (11, 8, 3)])
def test_eight_answers_that_are_no_labels_are_told(answers: int, described: int, more: int) -> None:
    shipped = decisions(["a", "b"] * 10)
    given = tuple(f"odd{i}" if i < answers else "a" for i in range(20))
    sheet = Sheet(tuple(d.record for d in shipped), given, "none", mark_of(shipped))
    notes = judge(sheet, shipped, str).notes
    assert sum("is none of the labels" in note for note in notes) == described
    assert (f"so are {more:,} more answers" in notes) is bool(more)


@pytest.mark.parametrize(("different", "labels"), [(50, True), (51, False)])
def test_more_than_fifty_different_values_are_no_labels(different: int, labels: bool) -> None:
    shipped = decisions([f"v{i % different}" for i in range(200)])
    sheet = Sheet(tuple(d.record for d in shipped), ("new",) * 200, "none", mark_of(shipped))
    notes = judge(sheet, shipped, str).notes
    assert any("is none of the labels" in note for note in notes) is labels


def panel(records: int, who: int, seed: int = 0) -> Said:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, records)
    right = rng.random((who, records)) < 0.85
    return {
        f"p{k}": {f"r{i}": str(t if right[k, i] else 1 - t) for i, t in enumerate(truth)}
        for k in range(who)
    }


def compared(people: Said, slices: dict[str, dict[str, str]] | None = None) -> Comparison:
    model = panel(len(people["p0"]), 1, 1)
    return compare(
        Sides(people, {"m": model["p0"]}, Measure(resampling=POINT), slices or {}),
        Rules(records_a_person=5),
    )


@pytest.mark.parametrize(("people", "described"), [(30, 31), (31, 1)])
def test_up_to_thirty_people_are_told_one_by_one(people: int, described: int) -> None:
    found = compared(panel(12, people))
    assert len(found.comparisons) == described
    assert warned(found, f"the {people} people are not listed one by one") is (described == 1)


@pytest.mark.parametrize(("size", "shown"), [(10, 2), (9, 1)])
def test_slices_have_ten_records_or_more_the_largest_first(size: int, shown: int) -> None:
    by = {f"r{i}": "small" if i < size else "large" for i in range(40)}
    found = compared(panel(40, 3), {"source": by})
    assert [s.value for s in found.slices] == ["large", "small"][:shown]
    assert warned(found, "1 of 2 groups by source are not shown") is (shown == 1)


@pytest.mark.parametrize(("groups", "shown"), [(20, 20), (21, 20)])
def test_twenty_slices_are_shown(groups: int, shown: int) -> None:
    by = {f"r{i}": f"g{i % groups}" for i in range(10 * groups)}
    found = compared(panel(10 * groups, 3), {"source": by})
    assert len(found.slices) == shown
    assert warned(found, "groups by source are not shown") is (groups > shown)


def held_against(records: int, who: int, rules: Rules) -> AltTest:
    return alt_test("m", panel(records, 1, 1)["p0"], panel(records, who), rules)


@pytest.mark.parametrize(("records", "few"), [(49, True), (50, False)])
def test_under_fifty_records_for_a_person_are_few(records: int, few: bool) -> None:
    limits = held_against(records, 3, Rules()).limits
    assert any("records for a person are few" in line for line in limits) is few


@pytest.mark.parametrize(("who", "two"), [(2, True), (3, False)])
def test_two_people_measure_each_other_alone(who: int, two: bool) -> None:
    limits = held_against(60, who, Rules(0.3)).limits
    assert any("each is the only measure of the other" in line for line in limits) is two


def test_half_of_the_people_are_enough_to_win() -> None:
    people = panel(80, 3)
    near = dict(people["p0"])
    people["p3"] = {r: "01"[v == "0"] for r, v in people["p0"].items()}  # says the contrary
    found = alt_test("m", near, people, Rules(0.0))
    rates = [a.rejected for a in found.against]
    assert found.won is (sum(rates) / len(rates) >= 0.5)
    assert 0 < found.winning_rate < 1


def test_votes_of_a_form_are_told_part_by_part() -> None:
    votes = said_in(np.random.default_rng(0).integers(0, 2, (20, 3)).astype(float))
    parts = Votes(
        votes.records, ("x", "y"), votes.annotators, votes.labels, votes.record,
        (votes.record % 2).astype(np.int32), votes.annotator, votes.label,
    )  # fmt: skip
    found = agree(parts, Asked(resampling=POINT))
    assert {name: part.compared for name, part in found.tags.items()} == {"x": 10, "y": 10}
    assert (found.overall.compared, dict(found.overall.coefficients)) == (10, {})


def test_high_agreement_that_chance_gives_is_warned_of_beside_a_majority() -> None:
    people: Said = {f"p{k}": {f"r{i}": "ab"[i >= 38] for i in range(40)} for k in range(3)}
    always: dict[str, object] = dict.fromkeys(people["p0"], "a")
    copy: dict[str, object] = dict(people["p0"])
    found = [
        compare_to_reference(Side(name, "model"), labels, people, Measure(resampling=POINT)).warning
        for name, labels in (("always", always), ("copy", copy))
    ]
    assert found == ["always: agreement 95.0% is what chance gives (kappa 0.00)", None]
