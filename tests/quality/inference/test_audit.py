import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assay.core.annotation import DecidedBy, Decision, Source
from assay.core.errors import InputError, SpecError
from assay.quality.inference.audit import (
    Drawn,
    Stratum,
    draw,
    draw_clusters,
    estimate,
    estimate_clusters,
    strata_of,
    stratify,
)
from assay.quality.inference.audit_sheet import (
    Sheet,
    answers_of,
    decisions_in,
    judge,
    mark_of,
    read_sheet,
    write_sheet,
)
from assay.quality.inference.stopping import MajorityBaseline, sequence, stop


def decisions(n: int, seed: int = 0) -> list[Decision]:
    rng = np.random.default_rng(seed)
    return [
        Decision(
            f"r{i}", "ab"[int(rng.integers(2))], float(rng.random()), Source.STATED,
            DecidedBy.MODEL, ("model",),
        )
        for i in range(n)
    ]  # fmt: skip


def filled(path: Path, answers: Sequence[str]) -> Path:
    """The sheet with its first rows answered."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row, answer in zip(rows, answers, strict=False):
        row["answer"] = answer
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("by", ["none", "confidence", "value", "route"])
@pytest.mark.parametrize("equal", [False, True])
def test_a_sample_has_the_size_asked_no_record_twice_and_all_strata(by: str, equal: bool) -> None:
    strata = stratify(decisions(503), by)
    drawn = draw(strata, 57, 1, equal=equal)
    assert len({d.record for d in drawn}) == len(drawn) == 57
    assert {d.stratum for d in drawn} == set(strata.values())
    sizes = {s: list(strata.values()).count(s) for s in strata.values()}
    assert all(d.of == sizes[d.stratum] and strata[d.record] == d.stratum for d in drawn)


def test_the_same_seed_draws_the_same_sample_whatever_the_order_of_records() -> None:
    strata = stratify(decisions(100), "value")
    backwards = dict(reversed(strata.items()))
    assert draw(strata, 20, 3) == draw(backwards, 20, 3)
    assert draw(strata, 20, 3) != draw(strata, 20, 4)


def test_every_prefix_of_the_sample_is_random_too() -> None:
    strata = {f"r{i:03}": "all" for i in range(100)}
    firsts = [draw(strata, 30, seed)[0].record for seed in range(400)]
    assert np.mean([int(r[1:]) for r in firsts]) == pytest.approx(49.5, abs=6)


def test_undecided_records_are_not_audited() -> None:
    waiting = Decision("w", None, waiting_for="panel")
    assert "w" not in stratify([*decisions(5), waiting], "none")
    with pytest.raises(InputError, match="nothing is decided"):
        stratify([waiting], "none")


def test_too_small_a_sample_for_the_strata_is_refused() -> None:
    with pytest.raises(SpecError, match="4 records cannot stand for 5 strata; draw 10"):
        draw(stratify(decisions(100), "confidence"), 4)


@pytest.mark.parametrize(
    ("sizes", "rates", "answered"),
    [
        ((10_000,), (0.02,), (100,)),
        ((500,), (0.3,), (200,)),
        ((5_000, 3_000, 2_000), (0.01, 0.05, 0.3), (50, 30, 20)),
        ((9_000, 1_000), (0.01, 0.4), (50, 50)),
    ],
)
def test_estimates_are_unbiased_and_intervals_cover(
    sizes: tuple[int, ...], rates: tuple[float, ...], answered: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(2)
    wrong = [round(s * r) for s, r in zip(sizes, rates, strict=True)]
    truth = sum(wrong) / sum(sizes)
    found = [
        estimate(
            [
                Stratum(str(i), s, n, int(rng.hypergeometric(w, s - w, n)))
                for i, (s, w, n) in enumerate(zip(sizes, wrong, answered, strict=True))
            ]
        )
        for _ in range(60)
    ]
    error = np.std([f.rate for f in found]) / 60**0.5
    assert np.mean([f.rate for f in found]) == pytest.approx(truth, abs=4 * error)
    assert np.mean([f.low <= truth <= f.high for f in found]) >= 0.95 - 3 * (0.0475 / 60) ** 0.5


def test_a_census_has_no_uncertainty() -> None:
    found = estimate([Stratum("all", 50, 50, 4)])
    assert (found.low, found.rate, found.high) == (0.08, 0.08, 0.08)
    assert sequence(50, 50, 4, 0.05) == (0.08, 0.08)


@pytest.mark.parametrize(("size", "rate"), [(400, 0.05), (150, 0.3)])
def test_the_stop_rule_holds_at_every_look(size: int, rate: float) -> None:
    rng = np.random.default_rng(4)
    wrong = np.zeros(size, dtype=int)
    wrong[: round(size * rate)] = 1
    broken = 0
    for _ in range(100):
        seen = np.cumsum(rng.permutation(wrong))
        looks = [sequence(size, t, int(seen[t - 1]), 0.05) for t in range(5, size, 5)]
        broken += any(not low <= wrong.mean() <= high for low, high in looks)
    assert broken <= 11  # 5 expected at most; 11 is beyond 99 % of chance


def test_the_stop_rule_says_enough_too_many_or_about_how_many_more() -> None:
    assert stop([Stratum("all", 100_000, 400, 4)], 0.05).verdict == "enough"
    assert stop([Stratum("all", 100_000, 150, 25)], 0.05).verdict == "too many errors"
    open_ = stop([Stratum("all", 100_000, 150, 2)], 0.05)
    assert open_.verdict == "go on"
    assert open_.more is not None
    grown = 150 + open_.more
    assert stop([Stratum("all", 100_000, grown, round(grown * 2 / 150))], 0.05).verdict == "enough"


def test_the_stop_rule_covers_strata_together() -> None:
    strata = [Stratum("a", 5_000, 200, 1), Stratum("b", 5_000, 200, 3)]
    found = stop(strata, 0.2)
    assert found.verdict == "enough"
    assert found.low <= estimate(strata).rate <= found.high


def test_a_sheet_is_blind_and_comes_back_as_an_estimate(tmp_path: Path) -> None:
    shipped = decisions(300, 5)
    drawn = draw(stratify(shipped, "value"), 60, 1)
    path = tmp_path / "sheet.csv"
    write_sheet(path, drawn, {d.record: f"text of {d.record}" for d in drawn}, shipped, "value")
    truth = {d.record: str(d.value) for d in shipped}
    head = path.read_text().splitlines()[0]
    assert head == "record,text,answer,audit"
    answers = ["b" if i < 6 else truth[d.record] for i, d in enumerate(drawn)]
    found = judge(read_sheet(filled(path, answers)), shipped, str)
    assert found.answered == 60
    assert found.errors == sum(truth[d.record] == "a" for d in drawn[:6])
    assert {s.name for s in found.strata} == {"a", "b"}
    assert found.low <= found.rate <= found.high
    json.dumps(found.as_json(), allow_nan=False)


def test_a_sheet_answered_in_part_is_a_smaller_sample_passed_over_records_are_told(
    tmp_path: Path,
) -> None:
    shipped = decisions(200, 6)
    path = tmp_path / "sheet.csv"
    write_sheet(path, draw(stratify(shipped, "none"), 50), {}, shipped, "none")
    found = judge(read_sheet(filled(path, ["a"] * 20)), shipped, str)
    assert (found.answered, found.notes) == (20, ())
    found = judge(read_sheet(filled(path, ["a", "", "", "a"])), shipped, str)
    assert "2 records were passed over" in found.warnings[0]


def test_a_sheet_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("answers of a week")
    with pytest.raises(InputError, match="somebody has changed it"):
        write_sheet(tmp_path / "sheet.csv", [], {}, decisions(5), "none")


def test_other_decisions_than_those_drawn_from_are_refused(tmp_path: Path) -> None:
    shipped = decisions(50, 7)
    path = tmp_path / "sheet.csv"
    write_sheet(path, draw(stratify(shipped, "none"), 10), {}, shipped, "none")
    changed = [*shipped[:-1], Decision("r49", "c", decided_by=DecidedBy.PEOPLE)]
    with pytest.raises(InputError, match="not those the sample was drawn from"):
        judge(read_sheet(filled(path, ["a"] * 10)), changed, str)


def test_labels_worse_than_a_constant_are_warned_of(tmp_path: Path) -> None:
    shipped = decisions(200, 8)
    path = tmp_path / "sheet.csv"
    write_sheet(path, draw(stratify(shipped, "none"), 50), {}, shipped, "none")
    found = judge(read_sheet(filled(path, ["a"] * 50)), shipped, str)
    assert (found.baseline, found.baseline_label) == (0.0, "a")
    assert "the majority-class baseline ('a') would be wrong less often" in found.warnings[0]


def test_a_stratum_without_an_answer_is_refused() -> None:
    drawn = [Drawn(f"r{i}", "all", 1_000) for i in range(10)]
    (all_,) = strata_of(drawn, {d.record: True for d in drawn})
    assert all_.errors == 10
    with pytest.raises(InputError, match="no record of stratum 'all' is answered"):
        strata_of(drawn, {})
    for none in ([], [Stratum("a", 10, 1, 0), Stratum("b", 10, 0, 0)]):
        with pytest.raises(InputError, match="needs an answer in each stratum"):
            estimate(none)
    one = estimate([Stratum("a", 10, 1, 0), Stratum("b", 30, 2, 1)])
    assert (one.records, one.answered, one.errors, one.rate) == (40, 3, 1, 0.75 * 0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("record,value\n", "holds no decisions"),
        ("record,value\n1,a\n1,b\n", "there twice"),
        ("record,label\n1,a\n", "no column 'value'"),
        ("record,value,confidence\n1,a,high\n", "'high' is not a number"),
        ("record,value,weight\n1,a,1\n2,b,3\n", "d.csv:3: weight is '3'.*not used here"),
    ],
)
def test_bad_tables_of_decisions_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        decisions_in(tmp_path / "d.csv")


def test_whole_clusters_are_drawn_until_there_are_so_many_records() -> None:
    cluster = {f"r{i:03}": f"a{i // 7}" for i in range(140)}
    drawn = draw_clusters(cluster, 30, 1)
    assert len(drawn) == 35
    authors = [cluster[d.record] for d in drawn]
    assert sorted(map(authors.count, set(authors))) == [7] * 5
    assert draw_clusters(dict(reversed(cluster.items())), 30, 1) == drawn
    assert draw_clusters(cluster, 30, 2) != drawn
    firsts = [int(draw_clusters(cluster, 7, seed)[0].record[1:]) for seed in range(300)]
    assert np.mean(firsts) == pytest.approx(69.5, abs=9)


@pytest.mark.parametrize("authors", [8, 30])
def test_the_interval_holds_where_an_authors_records_err_alike(authors: int) -> None:
    rng = np.random.default_rng(authors)
    held, blind = 0, 0
    for _ in range(80):
        own = rng.beta(0.2, 0.8, authors)  # of an author's records that are wrong
        size = rng.integers(1, 12, authors)
        cluster = {f"r{i}": str(a) for i, a in enumerate(np.repeat(np.arange(authors), size))}
        wrong = {r: bool(rng.random() < own[int(a)]) for r, a in cluster.items()}
        found = estimate_clusters(wrong, cluster, 100_000, "people")
        held += found.low <= 0.2 <= found.high
        (alone,) = strata_of([Drawn(r, "all", 100_000) for r in wrong], wrong)
        low, high = alone.interval
        blind += low <= 0.2 <= high
    assert held >= 0.95 * 80 - 3 * (80 * 0.05 * 0.95) ** 0.5
    assert blind < 64


def test_a_sheet_of_clusters_and_its_column_go_together(tmp_path: Path) -> None:
    shipped = decisions(60, 9)
    cluster = {d.record: f"a{int(d.record[1:]) // 4}" for d in shipped}
    path = tmp_path / "sheet.csv"
    drawn = draw_clusters(cluster, 28, 1)
    write_sheet(path, drawn, {}, shipped, "cluster:author")
    sheet = read_sheet(filled(path, ["a"] * 28))
    found = judge(sheet, shipped, str, cluster=cluster)
    assert (found.answered, found.clusters, found.assumption) == (28, 7, None)
    assert "n = 28 in 7 clusters" in found.statement
    with pytest.raises(InputError, match="give --cluster author"):
        judge(sheet, shipped, str)
    plain = tmp_path / "plain.csv"
    write_sheet(plain, draw(stratify(shipped, "value"), 20), {}, shipped, "value")
    with pytest.raises(InputError, match="drawn by value; --cluster needs"):
        judge(read_sheet(filled(plain, ["a"] * 20)), shipped, str, cluster=cluster)
    few = dict.fromkeys(cluster, "one")
    with pytest.raises(InputError, match="of 1 clusters; 5 or more"):
        judge(sheet, shipped, str, cluster=few)


@pytest.mark.parametrize(
    ("baseline", "passed"), [(None, True), (0.2, True), (0.05, None), (0.01, None)]
)
def test_few_errors_show_nothing_where_a_constant_makes_as_few(
    baseline: float | None, passed: bool | None
) -> None:
    strata = [Stratum("all", 10_000, 1_000, 5)]
    always = None if baseline is None else MajorityBaseline("fine", baseline)
    found = stop(strata, 0.05, always)
    assert found.verdict == "enough"
    assert found.passed is passed
    assert ("cannot be determined" in found.statement) is (passed is None)
    assert found.as_json()["passed"] is passed
    assert stop([Stratum("all", 10_000, 100, 5)], 0.05, always).passed is None  # not yet
    assert stop([Stratum("all", 10_000, 500, 250)], 0.05, always).passed is False


@pytest.mark.parametrize(
    ("labels", "said", "meant"),
    [
        (["=a", "b"], "'=a", "=a"), (["=a", "'=a"], "'=a", "'=a"), (["c", "b"], "'=a", "'=a"),
        (["=a", "b"], "=a", "=a"), (["a", "b"], "'a", "'a"),
    ],
)  # fmt: skip
def test_a_copied_guard_is_taken_off_where_the_label_is_meant(
    labels: list[str], said: str, meant: str
) -> None:
    shipped = [Decision(f"r{i}", v, decided_by=DecidedBy.MODEL) for i, v in enumerate(labels)]
    sheet = Sheet(("r0", "r1"), (said, None), "none", mark_of(shipped))
    assert answers_of(sheet, shipped, str) == {"r0": meant}
