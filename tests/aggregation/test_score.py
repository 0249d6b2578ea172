"""What is said of a consensus: against known labels, and of votes that teach nothing."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from assay.aggregation.base import Consensus
from assay.aggregation.score import cautions, confusions, decided, ties, winners
from assay.core.annotation import Source
from assay.core.votes import Votes


def votes(*rows: tuple[str, str, str], people: tuple[str, ...] = ()) -> Votes:
    names = [list(dict.fromkeys(column)) for column in zip(*rows, strict=True)]
    names[1] += [name for name in people if name not in names[1]]
    codes = [
        np.array([known.index(row[k]) for row in rows], np.int32) for k, known in enumerate(names)
    ]
    records, annotators, labels = (tuple(known) for known in names)
    unit = np.zeros(len(rows), np.int32)
    return Votes(records, ("",), annotators, labels, codes[0], unit, codes[1], codes[2])


def found(probs: list[list[float]], winner: list[int] | None = None) -> Consensus:
    rows = np.arange(len(probs), dtype=np.int32)
    table = np.array(probs, float).reshape(len(probs), len(probs[0]) if probs else 2)
    named = None if winner is None else np.array(winner, np.int32)
    return Consensus(rows, np.zeros_like(rows), table, np.ones(2), Source.VOTE_SHARE, named)


def test_the_winner_is_the_aggregators_else_the_first_of_the_likeliest() -> None:
    probs = [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]
    assert winners(found(probs)).tolist() == [1, 0, 0]
    assert winners(found(probs, [1, 1, 0])).tolist() == [1, 1, 0]
    described = votes(("r0", "a", "x"), ("r1", "a", "y"), ("r2", "a", "x"))
    assert decided(described, found(probs, [1, 1, 0])) == {"r0": "y", "r1": "y", "r2": "x"}


@pytest.mark.parametrize(
    ("probs", "count"),
    [
        ([[0.5, 0.5], [0.4, 0.6]], 1), ([[0.4, 0.4, 0.2], [0.2, 0.4, 0.4], [0.3, 0.3, 0.4]], 2),
        ([[1.0], [1.0]], 0), ([[0.5, 0.5 + 1e-9]], 0), ([], 0),
    ],
)  # fmt: skip
def test_ties_are_between_the_two_likeliest(probs: list[list[float]], count: int) -> None:
    assert ties(found(probs)) == count


def test_macro_f1_is_scikit_learns_over_labels_that_are_true_or_given() -> None:
    rng = np.random.default_rng(0)
    true, given = rng.choice(list("abc"), 80), rng.choice(list("abd"), 80)
    truth = {f"r{i}": str(x) for i, x in enumerate(true)} | {"unseen": "a"}
    said = {f"r{i}": str(x) for i, x in enumerate(given)} | {"unknown": "b"}
    made = confusions(said, truth, ("d", "b", "a", "never"))
    assert made is not None
    assert made.labels == ("d", "b", "a", "never", "c")
    assert made.counts.sum() == 80
    for i, row in enumerate(made.labels):
        for k, column in enumerate(made.labels):
            assert made.counts[i, k] == ((true == row) & (given == column)).sum()
    assert made.macro_f1 == pytest.approx(f1_score(true, given, average="macro", zero_division=0))
    interval = made.macro_f1_interval()
    assert interval is not None
    spread = np.std([
        f1_score(true[i], given[i], average="macro", zero_division=0)
        for i in (rng.integers(0, 80, 80) for _ in range(150))
    ])  # fmt: skip
    assert interval[1] - interval[0] == pytest.approx(2 * 1.96 * spread, rel=0.25)
    assert interval == made.macro_f1_interval(0)
    assert interval != made.macro_f1_interval(1)


def test_alike_records_have_no_interval_and_strange_ones_no_confusions() -> None:
    same = confusions({"a": "x", "b": "x"}, {"a": "x", "b": "x"}, ("x",))
    assert same is not None
    assert (same.macro_f1, same.macro_f1_interval()) == (1.0, None)
    wrong = confusions({"a": "x"}, {"a": "y"}, ("x",))
    assert wrong is not None
    assert wrong.macro_f1 == 0.0
    assert confusions({"a": "x"}, {"b": "x"}, ("x",)) is None


def test_votes_that_teach_nothing_are_said() -> None:
    fine = [("r0", "a", "x"), ("r0", "b", "y"), ("r1", "a", "y"), ("r1", "b", "y")]
    assert cautions(votes(*fine)) == []
    assert cautions(votes(*fine, people=("silent",))) == []
    alone = cautions(votes(("r0", "a", "x"), ("r1", "a", "x")))
    assert alone == ["all votes are of 'a', so the labels are that annotator's as they are"]
    apart = cautions(votes(("r0", "a", "x"), ("r1", "b", "y")))
    assert len(apart) == 1
    assert apart[0].startswith("no record has two votes")
    one_label = cautions(votes(("r0", "a", "x"), ("r0", "b", "x")))
    assert one_label == ["all votes say 'x'"]
    nothing, nobody = votes(*fine), np.zeros(0, np.int32)
    nothing = Votes(
        nothing.records, nothing.units, nothing.annotators, nothing.labels,
        nobody, nobody, nobody, nobody,
    )  # fmt: skip
    assert cautions(nothing) == []


def test_further_votes_and_gold_without_votes_are_said() -> None:
    rows = [("r0", "a", "x"), ("r0", "a", "y"), ("r0", "b", "y"), ("r1", "b", "x")]
    assert cautions(votes(*rows)) == [
        "1 vote is a further one of an annotator on the same record; each counts"
    ]
    more = cautions(votes(*rows, ("r1", "b", "x")))
    assert more == ["2 votes are further ones of an annotator on the same record; each counts"]
    gold = {("r0", ""): "x", ("r7", ""): "x", ("r8", ""): "y"}
    assert cautions(votes(*rows[1:]), None, gold) == [
        "2 of 3 gold records have no vote and teach nothing"
    ]
    odd = cautions(votes(*rows[1:]), {"R0": "X"})
    assert any("'X'" in line for line in odd)


def test_known_labels_that_no_vote_has_are_said_and_one_in_common_is_enough() -> None:
    given = votes(("r", "a", "0"), ("r", "b", "1"), ("s", "a", "0"), ("s", "b", "0"))
    [said] = cautions(given, {"r": "pos", "s": "neg"})
    assert said == (
        "no vote has a label of the known ones, which are 'neg', 'pos'; the votes have '0', '1'"
    )
    assert cautions(given, {"r": "pos", "s": "0"}) == []
