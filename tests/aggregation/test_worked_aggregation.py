"""Every aggregator on small votes of every form, figure by figure."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from assay.aggregation.base import Aggregator
from assay.aggregation.correlated import Correlated
from assay.aggregation.dawid_skene import DawidSkene, OneCoin, Prior
from assay.aggregation.glad import Glad
from assay.aggregation.independence import independence
from assay.aggregation.intervals import SkillIntervals
from assay.aggregation.mace import Mace
from assay.aggregation.majority import Majority, Weighted
from assay.aggregation.medians import OrdinalMedian, by_record, compared_numbers, numeric_medians
from assay.aggregation.pairs import BradleyTerry, compared, comparisons
from assay.aggregation.score import cautions, confusions, decided, ties, winners
from assay.aggregation.spans import SpanVote
from assay.aggregation.table import discounted
from assay.core.errors import InputError
from assay.core.value import Span
from assay.core.votes import Votes
from tests.aggregation.crowd import drawn, votes_of
from tests.aggregation.test_pairs import drawn as duels
from tests.worked import as_kept

KEPT = Path(__file__).parent / "worked"
SKILLS = [0.9, 0.8, 0.7, 0.6, 0.45]


def copied(votes: Votes) -> Votes:
    """The last annotator says what the first does."""
    label = votes.label.reshape(-1, len(SKILLS)).copy()
    order = votes.annotator.reshape(label.shape)
    rows = np.arange(len(label))
    label[rows, order.argmax(axis=1)] = label[rows, order.argmin(axis=1)]
    return replace(votes, label=label.ravel())


def parts() -> Votes:
    """A form's attributes, with labels of their own and shared ones."""
    rows, units = [], []
    for i in range(30):
        for j, who in enumerate("abcd"):
            for unit, labels in (("x", "yn"), ("y", "yn"), ("mood", "gsb")):
                if (i + j) % 7 or unit == "x":
                    said = labels[(i % 2 if (i * j + len(unit)) % (3 + j) else i + j) % len(labels)]
                    rows.append((f"r{i}", who, said))
                    units.append(unit)
    return votes_of(rows, units)


def weighed_parts() -> Votes:
    votes = parts()
    weight = np.linspace(0, 2, len(votes))
    weight[(votes.record == 9) & (votes.unit != 0)] = 0.0
    return replace(votes, weight=weight)


def forms() -> dict[str, Votes]:
    some, _ = drawn(40, SKILLS, seed=1, each=3)
    rng = np.random.default_rng(2)
    weight = np.where(rng.random(len(some)) < 0.1, 0.0, rng.uniform(0.2, 2, len(some)))
    weight[some.record == 5] = 0.0
    shuffled = rng.permutation(len(some))
    mixed = replace(
        some, record=some.record[shuffled], unit=some.unit[shuffled],
        annotator=some.annotator[shuffled], label=some.label[shuffled],
    )  # fmt: skip
    saw = rng.random(len(some)) < 0.2
    return {
        "some": some,
        "weights": replace(mixed, weight=weight),
        "patterns": drawn(3_000, [0.9, 0.75, 0.6], labels=2, seed=3)[0],
        "copied": copied(drawn(60, SKILLS, labels=2, seed=4)[0]),
        "parts": parts(),
        "parts_weights": weighed_parts(),
        "seen": discounted(replace(some, saw=saw), 0.4),
    }


FORMS = forms()
GOLD = {(f"r{i}", ""): f"k{i % 2}" for i in range(12)}
GOLD_OF_PARTS = {(f"r{i}", "x"): "yn"[i % 2] for i in range(8)}
NAMED: dict[str, Aggregator] = {
    "majority": Majority(),
    "weighted": Weighted(),
    "dawid_skene": DawidSkene(),
    "dawid_skene_prior": DawidSkene(prior=Prior(2.0, 1.0)),
    "one_coin": OneCoin(),
    "mace": Mace(),
    "mace_paper": Mace(variational=True, restarts=2, even=True, seed=3),
    "glad": Glad(),
    "correlated": Correlated(least=10),
}


def described(aggregator: Aggregator, votes: Votes) -> dict[str, object]:
    found = aggregator.aggregate(votes)
    shown = slice(None, None, max(1, len(found.record) // 12))
    return {
        "rows": [found.record[shown], found.unit[shown]],
        "probs": np.round(found.probs[shown], 6),
        "skill": found.skill,
        "source": found.source,
        "winners": winners(found)[:40],
        "ties": ties(found),
    }


@pytest.mark.parametrize("name", NAMED)
def test_consensus_is_as_it_was(name: str) -> None:
    found = {form: described(NAMED[name], votes) for form, votes in FORMS.items()}
    as_kept(KEPT / f"{name}.json", found, rel=1e-4, near=1e-5)


def test_consensus_with_gold_is_as_it_was() -> None:
    kinds = (DawidSkene, OneCoin, Mace, Glad)
    found = [
        [described(kind(gold=GOLD), FORMS["some"]), described(kind(gold=GOLD), FORMS["patterns"]),
         described(kind(gold=GOLD_OF_PARTS), FORMS["parts"])]
        for kind in kinds
    ]  # fmt: skip
    dependent = Correlated(model=DawidSkene(gold=GOLD), least=10)
    skill = {f"a{i}": 1.0 / (1 + i) for i in range(5)}
    more = [described(dependent, FORMS["copied"]), described(Weighted(skill), FORMS["weights"])]
    as_kept(KEPT / "gold.json", [found, more], rel=1e-4, near=1e-5)


def test_work_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    votes = [FORMS["some"], FORMS["weights"], FORMS["parts_weights"]]
    few = [NAMED[name] for name in ("majority", "weighted", "dawid_skene", "mace")]
    whole = [described(a, v) for a in few for v in votes]
    monkeypatch.setattr("assay.aggregation.em.BLOCK", 7)
    monkeypatch.setattr("assay.aggregation.majority.SLICE", 11)
    parts = [described(a, v) for a in few for v in votes]
    for one, other in zip(whole, parts, strict=True):
        assert np.allclose(np.array(one["probs"]), np.array(other["probs"]), atol=1e-4)
        assert np.array_equal(np.array(one["winners"]), np.array(other["winners"]))
        assert np.allclose(np.array(one["skill"]), np.array(other["skill"]), atol=1e-3)


def test_dependence_is_measured_from_thirty_shared_records_on() -> None:
    usual = Correlated()
    for records, measured in ((30, True), (29, False)):
        votes = copied(drawn(records, SKILLS, labels=2, seed=4)[0])
        assert bool(usual.dependence(votes)[0, 4] > 0.9) is measured
    assert Correlated() == Correlated(model=DawidSkene(), families={}, least=30, rounds=5)


@pytest.mark.parametrize("factor", [0.0, -1.0, 1.01])
def test_a_vote_that_saw_another_counts_at_most_whole(factor: float) -> None:
    with pytest.raises(InputError, match="above 0 and at most 1"):
        discounted(FORMS["some"], factor)
    assert discounted(FORMS["some"], 1.0) == FORMS["some"]


def test_dependence_and_its_check_are_as_they_were() -> None:
    families = {f"a{i}": "one" if i in (0, 4) else "other" for i in range(5)}
    copied_votes = FORMS["copied"]
    alone, _ = drawn(80, SKILLS, labels=2, seed=5)
    three, _ = drawn(30, SKILLS[:3], seed=6)
    one_label = votes_of([(f"r{i}", who, "x") for i in range(12) for who in "abcd"])
    found = {
        "dependence": Correlated(least=10).dependence(copied_votes),
        "usual": Correlated().dependence(copied_votes),
        "with gold": Correlated(model=DawidSkene(gold=GOLD), least=12).dependence(copied_votes),
        "families": described(Correlated(families=families, least=10), copied_votes),
        "checks": [
            [independence(votes, model, 1), independence(votes, model, 1).why]
            for votes in (copied_votes, alone, three, FORMS["parts"], one_label)
            for model in (DawidSkene(), OneCoin())
        ],
        "check with gold": independence(alone, DawidSkene(gold=GOLD)),
    }
    as_kept(KEPT / "dependence.json", found, rel=1e-4, near=1e-5)


def test_intervals_of_skills_are_as_they_were() -> None:
    alone, _ = drawn(80, SKILLS, labels=2, seed=5)
    found = [
        SkillIntervals(model=model, draws=40, burn_in=5, assume_independent=free).of(votes)
        for model in (DawidSkene(), OneCoin(), DawidSkene(gold=GOLD))
        for free, votes in ((True, alone), (False, alone), (False, FORMS["copied"]))
    ]
    found.append(SkillIntervals(draws=30, level=0.8, assume_independent=True).of(FORMS["patterns"]))
    found.append(SkillIntervals(draws=30, seed=2, assume_independent=True).of(FORMS["parts"]))
    as_kept(KEPT / "intervals.json", [asdict(f) for f in found], rel=1e-3)


def test_medians_are_as_they_were() -> None:
    rng = np.random.default_rng(7)
    rows = [(f"r{i}", who, f"{rng.integers(1, 6)}") for i in range(20) for who in "abcd"]
    votes = votes_of(rows)
    weight = rng.uniform(0, 1, len(votes)).round(1)
    weight[:4] = 0.0
    heavy = replace(votes, weight=weight)
    words = votes_of([(r, w, "abcde"[int(k) - 1]) for r, w, k in rows])
    truth = {f"r{i}": str(1 + i % 5) for i in range(3, 25)}
    found: list[object] = []
    for given in (votes, heavy):
        medians = numeric_medians(given)
        found.append([asdict(medians), compared_numbers(by_record(medians, given), truth)])
        found.append(described(OrdinalMedian(), given))
    found.append(asdict(numeric_medians(replace(votes, units=("x", "y"), unit=votes.record % 2))))
    found.append(described(OrdinalMedian(("e", "b", "a", "c", "d")), words))
    as_kept(KEPT / "medians.json", found)


def test_rankings_are_as_they_were() -> None:
    rows = duels(60, np.linspace(-1, 1, 5), 1)
    rows += [(a, b, "tie") for a, b, _ in rows[:6]]
    given = compared(rows)
    heavy = replace(given, weight=np.linspace(0.5, 2, len(given)))
    pairs = {f"p{i}": (f"i{i % 3}", f"i{(i + 1) % 3}") for i in range(9)}
    said = [(f"p{i}", who, ("first", "Second", "tie", f"i{i % 3}")[(i + j) % 4])
            for i in range(9) for j, who in enumerate("ab")]  # fmt: skip
    votes = votes_of(said)
    found = [
        BradleyTerry().rank(given), BradleyTerry(prior=0, level=0.8).rank(given),
        BradleyTerry(prior=2.0).rank(heavy), BradleyTerry().rank(comparisons(votes, pairs)),
    ]  # fmt: skip
    chances = [found[0].beats(a, b) for a, b in (("i0", "i4"), ("i4", "i1"))]
    as_kept(KEPT / "pairs.json", [[asdict(f) for f in found], chances], rel=1e-5)


def test_scores_and_cautions_are_as_they_were() -> None:
    votes = FORMS["some"]
    said = decided(votes, Majority().aggregate(votes))
    truth = {f"r{i}": f"k{i % 3}" for i in range(30)} | {"unseen": "k9", "r30": "K1", "r31": "new"}
    found = confusions(said, truth, votes.labels)
    assert found is not None
    twice = votes_of([("r1", "a", "x"), ("r1", "a", "y"), ("r1", "b", "x"), ("r2", "a", "x")])
    alone = votes_of([("r1", "a", "x"), ("r2", "a", "y")])
    apart = votes_of([("r1", "a", "x"), ("r2", "b", "x")])
    warned = [
        cautions(votes, truth, GOLD | {("none", ""): "k1"}), cautions(twice), cautions(alone),
        cautions(apart), cautions(votes),
    ]  # fmt: skip
    intervals = [found.macro_f1_interval(), found.macro_f1_interval(1)]
    as_kept(KEPT / "score.json", [asdict(found), found.macro_f1, intervals, warned])


def test_stretches_of_text_are_as_they_were() -> None:
    rng = np.random.default_rng(8)
    found = []
    for i in range(12):
        answers = {
            who: [
                Span(int(s), int(s) + int(rng.integers(1, 6)), "xy"[int(rng.integers(2))])
                for s in rng.integers(0, 12, int(rng.integers(0, 4)))
            ]
            for who in "abcd"
        }
        skill = {"a": 1.0, "b": 0.5, "c": 2.0, "d": 0.1} if i % 2 else {}
        voted = SpanVote(least=(0.0, 0.5, 0.7)[i % 3], skill=skill).vote(answers)
        found.append([[v.span.start, v.span.end, v.span.label, v.share] for v in voted])
    as_kept(KEPT / "spans.json", found)


def test_touching_marks_are_one_span_where_as_many_go_across_as_end_there() -> None:
    whole, first, second = Span(0, 6, "x"), Span(0, 3, "x"), Span(3, 6, "x")
    vote = SpanVote()
    even = vote.vote({"a": [whole], "b": [first, second]})
    assert [(v.span, v.share) for v in even] == [(whole, 1.0)]
    more = vote.vote({"a": [whole], "b": [first, second], "c": [first, second]})
    assert [v.span for v in more] == [first, second]


def test_aggregators_are_those_of_the_papers_unless_told() -> None:
    votes = FORMS["some"]
    ids = [a.id for a in (Glad(iterations=1), Mace(iterations=1), DawidSkene(), OneCoin())]
    assert ids == ["glad", "mace", "dawid-skene", "one-coin"]
    with pytest.raises(InputError, match=r"draws.*20"):
        SkillIntervals(draws=19).of(votes)
    assert SpanVote().vote({}) == ()
    assert len(BradleyTerry().rank(compared([("a", "b", "a")])).rivals) == 2
    assert Glad() == Glad(
        iterations=100, tolerance=1e-5, inner_iterations=25, inner_tolerance=1e-2, gold={}
    )
    assert Mace() == Mace(iterations=50, even=False, restarts=0, seed=0, variational=False, gold={})
    assert SkillIntervals() == SkillIntervals(
        model=DawidSkene(), draws=300, burn_in=50, level=0.95, seed=0, assume_independent=False
    )
    assert BradleyTerry() == BradleyTerry(prior=0.5, level=0.95)
    assert SpanVote() == SpanVote(least=0.5, skill={})
