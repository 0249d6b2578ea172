"""Labels certified on gold: those kept agree often enough, and the others are for people."""

import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import assay
from assay.annotators.function import Function
from assay.annotators.people import Panel
from assay.api.certified import UNSURE, Certifying, certificate_of, kept
from assay.core.annotation import DecidedBy, Decision
from assay.core.errors import InputError, SpecError
from assay.quality.guarantees.certificate import certify, certify_chain
from assay.quality.guarantees.promise import Promise
from tests.servers import Server, label_of, on_a_thread

LABELS = ["+", "-"]
GOLD = 150  # rows


def rows(count: int = 600, seed: int = 5) -> pd.DataFrame:
    """What is easy (e) is answered rightly, what is hard (h) half of the time."""
    draw = random.Random(seed)
    made = []
    for i in range(count):
        truth, hard = draw.choice("+-"), draw.random() < 0.4
        said = draw.choice("+-") if hard else truth
        sure = draw.uniform(0.3, 0.6) if hard else draw.uniform(0.7, 1)
        made.append((f"{i} {'h' if hard else 'e'} {truth} {said} {sure:.4f}", truth))
    frame = pd.DataFrame(made, columns=["text", "truth"])
    return frame.assign(gold=frame["truth"].where(frame.index < GOLD))


def cheap(text: str) -> tuple[str, float]:
    *_, said, sure = text.split()
    return said, float(sure)


def expensive(text: str) -> tuple[str, float]:
    return text.split()[2], 0.95


def columns(frame: pd.DataFrame) -> tuple[list[float], list[bool]]:
    gold = frame[frame["gold"].notna()]
    pairs = [cheap(text) for text in gold["text"]]
    right = [said == truth for (said, _), truth in zip(pairs, gold["truth"], strict=True)]
    return [sure for _, sure in pairs], right


@pytest.mark.parametrize("about", ["accepted", "output"])
def test_what_is_sure_enough_is_kept_and_the_rest_waits(about: Any) -> None:
    data = rows()
    result = assay.label(data, labels=LABELS, annotators=cheap, gold="gold")
    found = result.certify(target=0.9, delta=0.05, about=about)
    want = certify(*columns(data), Promise(0.1, 0.05, about), "the gold labels")
    assert found.certificate == want
    assert want.threshold is not None
    frame = found.frame
    sure = result.frame["confidence"] >= want.threshold
    assert 0 < sure.sum() < len(data)
    assert frame["label"][sure].equals(result.frame["label"][sure])
    assert frame["label"][~sure].isna().all()
    assert set(frame["outcome"][~sure]) == {"waiting"}
    assert set(frame["reason"][~sure]) == {"waiting for people"}
    assert (found.summary.decided, found.summary.waiting) == (sure.sum(), (~sure).sum())
    assert result.frame["label"].notna().all(), "the result before stays as it was"


def test_kept_labels_agree_as_often_as_was_promised() -> None:
    broken = 0
    for seed in range(40):
        data = rows(seed=seed)
        frame = assay.label(data, labels=LABELS, annotators=cheap, gold="gold").certify(0.9).frame
        kept = frame[frame["label"].notna()]
        broken += bool(len(kept)) and (kept["label"] == kept["truth"]).mean() < 0.9
    assert broken <= 8  # of 40, each with probability 0.1 at most: more has a chance of 1 %


def test_a_target_does_the_same_in_one_step() -> None:
    data = rows()
    how: dict[str, Any] = {"labels": LABELS, "annotators": cheap, "gold": "gold"}
    after = assay.label(data, **how).certify(target=0.9)
    at_once = assay.label(data, **how, target=0.9)
    assert at_once.certificate == after.certificate
    assert at_once.labels == after.labels
    assert at_once.frame["outcome"].equals(after.frame["outcome"])
    assert "decisions" not in at_once.scores, "the gold that set the threshold is no fair judge"
    assert at_once.scores["cheap"].on_all.hits == sum(columns(data)[1])


def test_several_are_a_chain_and_the_expensive_one_gets_what_is_left() -> None:
    data = rows()
    asked: list[str] = []

    def second(text: str) -> tuple[str, float]:
        asked.append(text)
        return expensive(text)

    result = assay.label(data, labels=LABELS, annotators=[cheap, second], gold="gold", target=0.9)
    sure, right = columns(data)
    known = [0.95] * len(sure)
    want = certify_chain([sure, known], [right, [True] * len(sure)], Promise(0.1, 0.1))
    assert result.certificate is not None
    assert result.certificate.threshold == want.threshold
    assert result.certificate.shares == want.shares
    least = want.threshold
    assert least is not None
    left = [t for t in data["text"][GOLD:] if cheap(t)[1] < least]
    assert sorted(asked) == sorted([*data["text"][:GOLD], *left])
    assert (result.frame["outcome"] == "answered").all()


def test_where_nothing_can_be_promised_all_wait_and_only_gold_is_asked() -> None:
    asked: list[str] = []

    def guess(text: str) -> tuple[str, float]:
        asked.append(text)
        return "+", 0.5

    data = rows(300)
    result = assay.label(data, labels=LABELS, annotators=guess, gold="gold", target=0.9)
    assert set(result.frame["outcome"]) == {"waiting"}
    assert sorted(asked) == sorted(data["text"][:GOLD])
    assert result.certificate is not None
    assert result.certificate.statement.startswith("not possible with this sample")
    assert "certified='no label: see .certificate'" in repr(result)


def test_without_confidences_all_are_kept_or_none() -> None:
    data = rows()
    for judge, left in ((lambda t: expensive(t)[0], 600), (lambda t: "+", 0)):
        how: dict[str, Any] = {"labels": LABELS, "annotators": judge, "gold": "gold"}
        for result in (assay.label(data, **how, target=0.9), assay.label(data, **how).certify(0.9)):
            assert result.frame["label"].notna().sum() == left
            assert result.certificate is not None
            assert result.certificate.unsaid


def test_people_at_the_end_of_the_list_are_asked_what_is_left() -> None:
    from assay.annotators.recorded import Given, Recorded
    from assay.core.annotation import DecidedBy

    data = rows().reset_index(names="id")
    given = {str(i): Given(truth) for i, truth in zip(data["id"], data["truth"], strict=True)}
    people = Recorded("experts", given, DecidedBy.PEOPLE)
    how: dict[str, Any] = {"labels": LABELS, "gold": "gold", "target": 0.9}
    frame = assay.label(data, annotators=[cheap, people], **how).frame
    assert (frame["outcome"] == "answered").all()
    assert set(frame["decided_by"]) == {"model", "people"}
    theirs = frame[frame["decided_by"] == "people"]
    assert (theirs["label"] == theirs["truth"]).all()
    with pytest.raises(InputError, match="a target is for models"):
        assay.label(data, annotators=people, **how)


def test_report_and_export_say_what_was_certified(tmp_path: Path) -> None:
    data = rows()
    result = assay.label(data, labels=LABELS, annotators=cheap, gold="gold").certify(0.9)
    assert result.certificate is not None
    evidence = result.report(tmp_path / "r.html")
    assert any(result.certificate.statement in note for note in evidence.report_context.notes)
    result.export(tmp_path / "x.csv")
    out = pd.read_csv(tmp_path / "x.csv")
    assert out["value"].notna().sum() == result.summary.decided
    assert result.certificate.statement.split(";")[0][:40] in result._repr_html_()


def test_a_run_that_stops_in_the_sample_certifies_nothing() -> None:
    how: dict[str, Any] = {"labels": LABELS, "annotators": cheap, "gold": "gold", "minutes": 0}
    result = assay.label(rows(), **how, target=0.9)
    assert result.certificate is None
    assert set(result.frame["outcome"]) == {"not_asked"}
    with pytest.raises(InputError, match="the run stopped before 150 of 150 gold records"):
        assay.label(rows(), **how).certify(0.9)


def test_certified_once_is_enough() -> None:
    result = assay.label(rows(), labels=LABELS, annotators=cheap, gold="gold").certify(0.9)
    with pytest.raises(InputError, match="certified already"):
        result.certify(0.8)


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no gold": ({"gold": None}, SpecError, "a target needs gold"),
    "above 1": ({"target": 90}, InputError, "target is a share between 0 and 1, such as 0.9, not"),
    "a text": ({"target": "0.9"}, InputError, "target is a share between 0 and 1"),
    "delta": ({"delta": 0}, InputError, "delta is a share between 0 and 1"),
    "a strategy too": (
        {"strategy": assay.label.__class__}, SpecError, "a target or a strategy, not both",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_targets_are_one_line(case: str) -> None:
    more, kind, said = WRONG[case]
    how = {"labels": LABELS, "annotators": cheap, "gold": "gold", "target": 0.9} | more
    with pytest.raises(kind, match=said):
        assay.label(rows(), **how)  # type: ignore[call-overload]


def test_gold_rows_are_asked_and_paid_for_once_under_one_budget() -> None:
    data = [{"id": str(i), "text": f"text {i}"} for i in range(60)]
    gold = [label_of(row["text"]) if i < 40 else None for i, row in enumerate(data)]
    made = Server()
    with on_a_thread(made) as url:
        how: dict[str, Any] = {
            "labels": ["positive", "negative"], "model": "m", "base_url": url, "gold": gold,
            "target": 0.9, "prices": assay.Prices(per_request=1.0),
        }  # fmt: skip
        whole = assay.label(data, **how, budget=100)
        assert whole.labels == [label_of(row["text"]) for row in data]
        assert (made.calls.total(), max(made.calls.values())) == (60, 1)
        assert whole.cost == whole.summary.spent == 60
        made.calls.clear()
        stopped = assay.label(data, **how, budget=25)
        assert stopped.cost is not None
        assert stopped.cost <= 25
        assert stopped.certificate is None
        assert {row["outcome"] for row in stopped.frame} == {"not_asked"}
        made.calls.clear()
        later = assay.label(data, **how, budget=50)
        assert later.cost is not None
        assert 40 <= later.cost <= 50
        assert later.certificate is not None
        assert {row["outcome"] for row in later.frame} == {"answered", "not_asked"}


def test_the_last_of_the_list_may_be_the_people() -> None:
    people = Panel("crowd")
    models = {name: Function.of(name, cheap) for name in ("a", "b", "c")}
    promise = Promise(0.1, 0.1)
    found = Certifying.of({**models, "crowd": people}, promise)
    assert (found.links, found.people) == (("a", "b", "c"), "crowd")
    assert found.everyone({**models, "crowd": people})["crowd"] is people
    found = Certifying.of(models, promise)
    assert (found.links, found.people) == (("a", "b", "c"), "people")
    assert isinstance(found.everyone(models)["people"], Panel)
    found = Certifying.of({"people": models["a"], "b": models["b"]}, promise)
    assert (found.links, found.people) == (("people", "b"), "human_annotators")
    with pytest.raises(InputError, match="the one annotator here is people"):
        Certifying.of({"crowd": people}, promise)


def made(record: int, value: str | None, sure: float | None, by: Any = DecidedBy.MODEL) -> Decision:
    return Decision(f"r{record}", value, sure, decided_by=by)


def test_a_model_that_says_nothing_of_its_confidence_is_the_least_sure() -> None:
    """The wrong ones say nothing: were they sure, nothing could be promised."""
    decisions = {f"r{i}": made(i, "+", 0.9) for i in range(60)}
    decisions |= {f"r{i}": made(i, "-", None) for i in range(60, 80)}
    gold = dict.fromkeys(decisions, "+") | {"r0": "+"}
    found = certificate_of(decisions, gold, Promise(0.1, 0.1))
    assert (found.threshold, found.accepted, found.errors) == (0.9, 60, 0)
    assert not found.unsaid
    silent = {id: made(int(id[1:]), "+", None) for id in gold}
    found = certificate_of(silent, gold, Promise(0.1, 0.1))
    assert (found.threshold, found.accepted, found.unsaid) == (0.0, 80, True)


def test_what_people_decided_on_gold_is_not_the_models() -> None:
    decisions = {f"r{i}": made(i, "+", 0.9) for i in range(60)}
    decisions |= {f"r{i}": made(i, "+", 0.99, DecidedBy.PEOPLE) for i in range(60, 70)}
    decisions["r70"] = Decision("r70", None, route=("tie",))
    found = certificate_of(decisions, dict.fromkeys(decisions, "+"), Promise(0.1, 0.1))
    assert (found.threshold, found.accepted, found.labels) == (0.9, 60, 71)
    kept_ = kept([*decisions.values(), made(71, "-", 0.8), made(72, "-", None)], found)
    assert [d.record for d in kept_ if d.waiting_for == "people"] == ["r71", "r72"]
    assert [d.route for d in kept_ if d.waiting_for] == [(UNSURE,)] * 2
    assert kept_[60].value == "+"


def test_a_run_that_did_not_reach_all_gold_certifies_nothing() -> None:
    with pytest.raises(InputError, match="before 1 of 2 gold records were labelled"):
        certificate_of({"r1": made(1, "+", 0.9)}, {"r1": "+", "r2": "+"}, Promise(0.1, 0.1))
