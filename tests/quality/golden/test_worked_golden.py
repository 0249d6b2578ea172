"""Golden questions, figure by figure."""

from pathlib import Path

import numpy as np
import pytest

from assay.core.annotation import Annotation, Outcome, Request, RequestOptions, answer
from assay.core.record import ImagePart, Record, TextPart, text_record
from assay.core.schema import Choice, Form
from assay.core.task import Task
from assay.quality.golden.choice import rank
from assay.quality.golden.commitment import Questions, answers_of, commitments
from assay.quality.golden.contract import Terms, contract
from assay.quality.golden.disguise import disguise
from assay.quality.golden.exact import exact_limits
from assay.quality.golden.other import of_preferences, of_quality
from assay.quality.golden.strategic import best_response, defeated, spotting, trial
from assay.quality.golden.watch import watched
from tests.worked import as_kept

KEPT = Path(__file__).parent / "worked"


def test_rankings_are_as_they_were() -> None:
    rng = np.random.default_rng(1)
    labels = {f"r{i}": [str(x) for x in rng.choice(list("aaab"), 1 + i % 9)] for i in range(20)}
    gold = {f"r{i}": "ab"[i % 2] for i in range(18)} | {"unseen": "c"}
    found = []
    for guess in ("even", "frequency", {"a": 0.4, "b": 0.2, "c": 0.1}):
        ranked = rank(labels, gold, 0.7, guess)
        chosen = ranked.questions(3)
        errors = [ranked.error(n) for n in (0, 1, 5, 99)]
        found.append([ranked, errors, chosen.certainty, chosen.guess, rank(labels, gold)])
    as_kept(KEPT / "choice.json", found)


def test_commitments_are_as_they_were() -> None:
    rng = np.random.default_rng(2)
    questions = Questions(rng.uniform(0.8, 1.0, 12), rng.uniform(0.1, 0.5, 12))
    rows = [
        (who, i, bool(rng.random() < chance))
        for who, chance in (("ann", 0.95), ("bob", 0.6), ("eve", 0.2), ("zoe", 1.1))
        for i in range(0 if who != "bob" else 5, 12)
    ]
    found: list[object] = [commitments(questions, answers_of(rows), level) for level in (0.95, 0.8)]
    found.append([questions.information(c) for c in (0.1, 0.8)])
    right = rng.random(12) < 0.7
    found.append(
        [exact_limits(questions.guess, questions.certainty - questions.guess, right, 0.9)]
        + [exact_limits(np.full(12, 0.5), np.full(12, 0.4), np.arange(12) < k, 0.95)
           for k in (0, 4, 9, 12)]
    )  # fmt: skip
    as_kept(KEPT / "commitment.json", found, rel=1e-4)


TERMS = {
    "usual": Terms(100, 0.8),
    "few": Terms(10, 0.9, 2.0, 0.4, 0.95, 0.3, 2.0),
    "dear": Terms(20, 0.8, 1.0, 5.0),
}


@pytest.mark.parametrize("name", TERMS)
def test_contracts_and_who_defeats_them_are_as_they_were(name: str) -> None:
    found = contract(TERMS[name])
    described: list[object] = [found, found.terms.information, found.terms.precision]
    described.append(
        [found.terms.cost(np.array([0.0, 0.3, 1.0])), found.terms.chance(np.array([0.5]))]
    )
    if found.feasible:
        described.append([found.passing(np.array([0.0, 0.7, 0.8, 0.9])), found.exact_failure])
        described.append(
            [best_response(found), *(defeated(found, auc) for auc in (0.5, 0.7, 0.95))]
        )
        described.append(trial(found, 0.7, 40, 3))
    as_kept(KEPT / f"contract_{name}.json", [*described, spotting(0.8), spotting(0.3)], rel=1e-5)


def test_estimates_of_preferences_and_quality_are_as_they_were() -> None:
    rng = np.random.default_rng(3)
    margins = rng.uniform(0.2, 3, 40).tolist()
    luck = rng.random(40)
    found = [
        of_preferences(margins, (luck < share).tolist(), level)
        for share, level in ((0.9, 0.95), (0.7, 0.9), (0.4, 0.95), (1.0, 0.95), (0.0, 0.95))
    ]
    quality = [of_quality(margins, 0.7), of_quality([1.0, 2.0], 2.0, 0.8)]
    as_kept(KEPT / "other.json", [found, quality], rel=1e-5)


def odd(i: int, gold: bool) -> Record:
    """A record that shows in some way whether it is golden."""
    word = ("Is it 5?", "see www.x.org", "Fine\nday", "plain words here", "ÄÖ! yes.", "a, b; c")[
        i % 6
    ]
    images = tuple(
        ImagePart(f"p{i}.{'png' if gold else 'webp'}", f"h{i % 50}") for _ in range(i % 3)
    )
    more = (TextPart("and more"),) if gold and i % 2 else ()
    return Record(f"r{i}", (TextPart(f"{word} {'x' * (i % 7)}"), *more, *images))


def test_how_gold_looks_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    words = ["the", "of", "and", "in", "it", "was", "for", "with", "Why", "not."]
    plain = [text_record(f"r{i}", " ".join(rng.choice(words, 6))) for i in range(120)]
    gold = {f"r{i}" for i in rng.choice(120, 30, replace=False)}
    mixed = [odd(i, f"r{i}" in gold) for i in range(120)]
    single = [text_record(f"r{i}", chr(0x4E00 + i)) for i in range(60)]
    found = [disguise(plain, gold), disguise(mixed, gold, 1), disguise(single, gold, 2)]
    monkeypatch.setattr("assay.quality.golden.disguise.MOST", 90)  # records compared
    found.append(disguise(mixed, {f"r{i}" for i in range(0, 120, 3)}))
    as_kept(KEPT / "disguise.json", found, rel=1e-5)


def test_watched_answers_are_as_they_were() -> None:
    schema = Form({"hat": Choice(["yes", "no"]), "kind": Choice(["a", "b", "c"])})
    task = Task("t", "?", schema)

    def said(i: int, hat: str, by: str | None, way: RequestOptions | None = None) -> Annotation:
        request = Request(task, text_record(f"r{i}", "x"), "panel", way or RequestOptions())
        return answer(request, Outcome.ANSWERED, value={"hat": hat, "kind": "abc"[i % 3]}, by=by)

    answers = [said(i, "yes" if i % 2 else "no", who) for i in range(6) for who in ("ann", None)]
    answers += [said(1, "yes", "eve", RequestOptions(focus=("hat",)))]
    gold = {f"r{i}": {"hat": "yes", "kind": "a"} for i in range(4)}
    found = [watched(answers, gold, schema), watched(answers, gold, schema, 0.9, 0.3)]
    as_kept(KEPT / "watch.json", found)
