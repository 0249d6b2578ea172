"""Joint fusion of a person and a model, and its guard: neither may have seen the other."""

from dataclasses import replace

import numpy as np
import pytest

from assay.annotators.recorded import Given as Recording
from assay.annotators.recorded import Recorded
from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, Waiting, answer
from assay.core.errors import InputError, SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice, Form, FreeText, MultiChoice, Scale, Schema
from assay.core.task import Task
from assay.core.value import Value
from assay.ledger import MemoryLedger
from assay.run import Job, Summary, label
from assay.run.ask import Askable
from assay.strategies.base import Answer, Strategy
from assay.strategies.cooperation import Sequential, TriageShare
from assay.strategies.fusion import Fusion
from assay.strategies.joint import FittedJoint, Joint, Pair, _units, asked, fitted
from assay.strategies.vote import Vote
from tests.strategies.recorded_ask import Given, RecordedAsk

LABELS = ["a", "b", "c"]
TASK = Task("t", "which?", Choice(LABELS))


def world(n: int = 600, seed: int = 0) -> tuple[list[Record], RecordedAsk, dict[str, Value]]:
    """A person right with 0.8 and a model about as often, with independent errors."""
    rng = np.random.default_rng(seed)
    records = [text_record(f"r{i}", f"text {i}") for i in range(n)]
    truth = rng.integers(0, 3, n)
    scores = rng.normal(0, 1, (n, 3)) + 1.6 * np.eye(3)[truth]
    other = (truth + rng.integers(1, 3, n)) % 3
    said = np.where(rng.random(n) < 0.8, truth, other)
    model: Given = {
        r.id: (LABELS[int(row.argmax())], dict(zip(LABELS, row.tolist(), strict=True)))
        for r, row in zip(records, scores, strict=True)
    }
    people: Given = {r.id: (LABELS[h], None) for r, h in zip(records, said, strict=True)}
    gold: dict[str, Value] = {r.id: LABELS[t] for r, t in zip(records, truth, strict=True)}
    return records, RecordedAsk(TASK, {"model": model, "panel": people}, ["panel"]), gold


def accuracy(values: dict[str, Value | None], gold: dict[str, Value]) -> float:
    return sum(values[r] == gold[r] for r in gold) / len(gold)


@pytest.mark.parametrize("labelled", [0, 50])
async def test_joint_beats_both_parties_and_says_that_both_decided(labelled: int) -> None:
    records, ask, gold = world()
    few = dict(list(gold.items())[:labelled])
    decisions = await Joint("model", "panel", few).label(records, ask)
    assert {d.decided_by for d in decisions} == {DecidedBy.BOTH}
    joint = accuracy({d.record: d.value for d in decisions}, gold)
    alone = [accuracy({r: v for r, (v, _) in given.items()}, gold) for given in ask.given.values()]
    assert joint > max(alone) + 0.03


async def test_people_are_asked_about_every_record_and_shown_nothing() -> None:
    records, ask, _ = world(50)
    await Joint("model", "panel").label(records, ask)
    assert ask.asked == {"model": 50, "panel": 50}
    assert all(not options.saw and not options.hint for _, _, options in ask.log)


async def test_fusions_fitted_on_gold_decide_in_blocks_as_at_once() -> None:
    records, ask, gold = world()
    pairs = await asked("model", "panel", records[:200], ask)
    strategy = FittedJoint("model", "panel", fitted(pairs, gold, TASK.schema))
    at_once = await strategy.label(records, ask)
    blocks = [
        d for i in range(0, 600, 150) for d in await strategy.label(records[i : i + 150], ask)
    ]
    assert at_once == blocks


async def test_what_one_of_them_leaves_open_the_other_decides() -> None:
    records, ask, _ = world(100)
    model: Given = dict(ask.given["model"]) | {"r0": (None, None), "r2": (None, None)}
    people: Given = dict(ask.given["panel"]) | {"r1": (None, None), "r2": (None, None)}
    people = {r: given for r, given in people.items() if r != "r3"}
    both = RecordedAsk(TASK, {"model": model, "panel": people}, ["panel"])
    decisions = await Joint("model", "panel").label(records, both)
    assert [d.decided_by for d in decisions[:3]] == [DecidedBy.PEOPLE, DecidedBy.MODEL, None]
    assert decisions[0].value == people["r0"][0]
    assert decisions[2].route == ("nobody answered",)
    assert decisions[3].waiting_for == "panel"


class SeenAsk(RecordedAsk):
    """People who were shown the model's answer, whatever they were asked."""

    async def __call__(self, annotator: str, *rest: object, **more: object) -> list[Answer]:
        answers = await super().__call__(annotator, *rest, **more)  # type: ignore[arg-type]
        if annotator != "panel":
            return answers
        return [replace(a, saw=("key",)) for a in answers if isinstance(a, Annotation)]


async def test_people_who_saw_the_model_are_refused() -> None:
    records, ask, gold = world(20)
    seen = SeenAsk(TASK, ask.given, ["panel"])
    with pytest.raises(InputError, match="'r0': panel answered after seeing 1 other answer"):
        await Joint("model", "panel", gold).label(records, seen)


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        (Sequential("model", "panel", control=0.0), "draw on the same answer"),
        (Sequential("other", "panel", control=0.0), "answered after seeing 1 other answer"),
        (TriageShare("model", "panel", 0.5), "draw on the same answer"),
        (Vote(("other", "inner"), ties="first"), "draw on the same answer"),
    ],
    ids=["sequential", "saw another", "triage", "two strategies deep"],
)
async def test_a_strategy_as_panel_that_draws_on_the_model_is_refused(
    panel: Strategy, said: str
) -> None:
    who = people_and_models() | {"inner": Vote(("model", "panel"), ties="first"), "team": panel}
    with pytest.raises(InputError, match=said):
        await fused_with("team", who)


async def test_a_strategy_that_draws_on_others_is_fused() -> None:
    summary = await fused_with(
        "team", people_and_models() | {"team": Vote(("other", "panel"), ties="first")}
    )
    assert summary.decided == 20


def people_and_models() -> dict[str, Askable]:
    records, ask, _ = world(20)
    who: dict[str, Askable] = {}
    for name, given in {**ask.given, "other": ask.given["model"]}.items():
        said = {r.id: Recording(given[r.id][0], 0.8) for r in records}
        people = DecidedBy.PEOPLE if name == "panel" else DecidedBy.MODEL
        who[name] = Recorded(name, said, people)
    return who


async def fused_with(panel: str, who: dict[str, Askable]) -> Summary:
    job = Job(TASK, Joint("model", panel), who, MemoryLedger())
    return await label(job, world(20)[0])


async def test_each_tag_of_a_set_is_fused_by_itself() -> None:
    records = [text_record(f"r{i}", "t") for i in range(40)]
    sure = {"x=yes": -0.1, "x=no": -2.4, "y=yes": -3.0, "y=no": -0.05}
    model: Given = {r.id: (frozenset({"x"}), sure) for r in records}
    people: Given = {
        r.id: (frozenset({"x", "y"} if i == 0 else {"x"}), None) for i, r in enumerate(records)
    }
    task = Task("t", "?", MultiChoice(["x", "y"]))
    ask = RecordedAsk(task, {"model": model, "panel": people}, ["panel"])
    decisions = await Joint("model", "panel").label(records, ask)
    assert {d.value for d in decisions[1:]} == {frozenset({"x"})}
    assert set(decisions[0].scores or {}) == set(sure)
    assert (decisions[0].confidence or 1) < (decisions[1].confidence or 0)


async def test_a_confidence_stands_in_for_scores_and_neither_is_refused() -> None:
    records, ask, _ = world(30)
    flat: Given = {r: (v, None) for r, (v, _) in ask.given["model"].items()}
    bare = RecordedAsk(TASK, {"model": flat, "panel": ask.given["panel"]}, ["panel"])
    with pytest.raises(InputError, match="neither label scores nor a probability"):
        await Joint("model", "panel").label(records, bare)
    some: Given = {r: (v, {str(v): 0.9}) for r, (v, _) in flat.items()}  # one score, as confidence
    sure = RecordedAsk(TASK, {"model": some, "panel": ask.given["panel"]}, ["panel"])
    decisions = await Joint("model", "panel").label(records, sure)
    assert {d.decided_by for d in decisions} == {DecidedBy.BOTH}


@pytest.mark.parametrize("schema", [FreeText(), Scale(0, 1, None)])
async def test_open_answers_cannot_be_fused(schema: FreeText | Scale) -> None:
    ask = RecordedAsk(Task("t", "?", schema), {"model": {}, "panel": {}}, ["panel"])
    with pytest.raises(SpecError, match="closed set"):
        await Joint("model", "panel").label([text_record("r", "x")], ask)


def test_a_change_of_gold_or_fusion_changes_the_id() -> None:
    assert Joint("m", "p").id != Joint("m", "p", {"r": "a"}).id
    one, two = ({"": Fusion(np.eye(2), t)} for t in (1.0, 2.0))
    assert FittedJoint("m", "p", one).id != FittedJoint("m", "p", two).id


def columns(*answers: Annotation | Waiting, schema: Schema = TASK.schema) -> list[list[float]]:
    """The model's log probabilities as the fusion sees them."""
    silent = Waiting("k", "r", "panel")
    [unit] = _units([Pair(a, silent) for a in answers], schema)
    rows: list[list[float]] = unit.columns([Pair(a, silent) for a in answers])[1].tolist()
    return rows


def model(
    value: Value | None,
    confidence: float | None = None,
    source: Source = Source.PROBABILITY,
    scores: dict[str, float] | None = None,
) -> Annotation:
    return answer(
        Request(TASK, text_record("r", "x"), "model"),
        Outcome.UNPARSED if value is None else Outcome.ANSWERED,
        value=value,
        confidence=confidence,
        confidence_source=None if confidence is None else source,
        scores=scores,
    )


def test_a_confidence_leaves_the_rest_to_the_other_labels_evenly() -> None:
    [row] = columns(model("b", 0.8))
    assert np.exp(row) == pytest.approx([0.1, 0.8, 0.1])
    [margin] = columns(model("b", 0.0, Source.MARGIN))
    assert np.exp(margin) == pytest.approx([0.25, 0.5, 0.25])
    [certain] = columns(model("b", 1.0))
    assert certain == pytest.approx([np.log(1e-300), 0.0, np.log(1e-300)])
    [never] = columns(model("b", 0.0))
    assert never == pytest.approx([np.log(0.5), np.log(1e-300), np.log(0.5)])
    assert columns(model("b", 7.0)) == [certain]  # no probability, yet none beyond 1
    assert columns(model("b", -7.0)) == [never]


def test_scores_of_all_labels_go_before_a_confidence_and_some_do_not() -> None:
    given = {"a": -1.0, "b": -2.0, "c": -3.0}
    assert columns(model("b", 0.8, scores=given)) == [[-1.0, -2.0, -3.0]]
    del given["c"]
    assert columns(model("b", 0.8, scores=given)) == columns(model("b", 0.8))


def test_silence_says_nothing_about_any_label() -> None:
    assert columns(model(None), Waiting("k", "r", "model")) == [[0.0] * 3, [0.0] * 3]


@pytest.mark.parametrize(
    "given", [model("b"), model("b", 0.9, Source.RANK)], ids=["no confidence", "a rank"]
)
def test_without_a_probability_a_model_is_named_and_refused(given: Annotation) -> None:
    with pytest.raises(InputError, match="record 'r': model gives neither label scores nor"):
        columns(given)


async def test_a_fused_record_says_its_chances_and_who_decided() -> None:
    fusion = Fusion(np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]))
    records = [text_record(f"r{i}", f"text {i}") for i in range(4)]
    even = {label: float(np.log(1 / 3)) for label in LABELS}
    given: dict[str, Given] = {
        "model": {"r0": ("a", even), "r1": (None, None), "r2": ("b", even), "r3": (None, None)},
        "panel": {"r0": ("c", None), "r1": ("c", None), "r2": (None, None), "r3": (None, None)},
    }
    ask = RecordedAsk(TASK, given, ["panel"])
    both, people, alone, none = await FittedJoint("model", "panel", {"": fusion}).label(
        records, ask
    )
    assert (both.value, both.route, both.confidence_source) == ("c", ("fused",), Source.PROBABILITY)
    assert both.confidence == pytest.approx(0.8)
    assert {k: np.exp(s) for k, s in (both.scores or {}).items()} == pytest.approx(
        {"a": 0.1, "b": 0.1, "c": 0.8}
    )
    assert (people.value, people.route) == ("c", ("people alone",))
    assert (alone.decided_by, alone.route) == (DecidedBy.MODEL, ("model alone",))
    assert alone.confidence == pytest.approx(1 / 3)
    assert (none.value, none.route) == (None, ("nobody answered",))


@pytest.mark.parametrize("label", LABELS)
async def test_either_alone_decides_whichever_label_it_says(label: str) -> None:
    """Also the first, whose place is nought."""
    fusion = Fusion(np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]))
    sure = {name: -0.1 if name == label else -3.0 for name in LABELS}
    silent: Given = {"r": (None, None)}
    one: Given = {"r": (label, sure)}
    for given in ({"model": silent, "panel": one}, {"model": one, "panel": silent}):
        [made] = await FittedJoint("model", "panel", {"": fusion}).label(
            [text_record("r", "x")], RecordedAsk(TASK, given, ["panel"])
        )
        assert made.value == label


async def test_a_model_that_is_awaited_is_waited_for_and_the_panel_first() -> None:
    records = [text_record("r0", "x"), text_record("r1", "y")]
    score = dict.fromkeys(LABELS, -1.0)
    given: dict[str, Given] = {"model": {"r0": ("a", score)}, "panel": {"r0": ("a", None)}}
    ask = RecordedAsk(TASK, given, ["panel"])
    assert [d.waiting_for for d in await Joint("model", "panel").label(records, ask)] == [
        None,
        "panel",
    ]
    given["panel"] = dict.fromkeys(("r0", "r1"), ("a", None))
    made = await Joint("model", "panel").label(records, RecordedAsk(TASK, given, ["panel"]))
    assert [d.waiting_for for d in made] == [None, "model"]


async def test_gold_keeps_its_label_while_the_fusion_learns() -> None:
    """People who are always wrong on gold are read the other way round."""
    records = [text_record(f"r{i}", f"text {i}") for i in range(30)]
    even = {"a": float(np.log(0.5)), "b": float(np.log(0.5))}
    task = Task("t", "?", Choice(["a", "b"]))
    given: dict[str, Given] = {
        "model": {r.id: ("a", even) for r in records},
        "panel": {r.id: ("ab"[i % 2], None) for i, r in enumerate(records)},
    }
    gold: dict[str, Value] = {r.id: "ba"[i % 2] for i, r in enumerate(records)}
    made = await Joint("model", "panel", gold).label(records, RecordedAsk(task, given, ["panel"]))
    assert [d.value for d in made] == [gold[r.id] for r in records]


async def test_a_fusion_is_needed_for_every_unit() -> None:
    fusion = Fusion(np.full((2, 2), 0.5))
    sure = {f"{x}={w}": -0.7 for x in "xy" for w in ("yes", "no")}
    given: dict[str, Given] = {
        "model": {"r": (frozenset("x"), sure)},
        "panel": {"r": (frozenset("x"), None)},
    }
    ask = RecordedAsk(Task("t", "?", MultiChoice(["x", "y"])), given, ["panel"])
    with pytest.raises(InputError, match="no fusion was fitted for 'y'"):
        await FittedJoint("model", "panel", {"x": fusion}).label([text_record("r", "x")], ask)
    with pytest.raises(InputError, match="no fusion was fitted for 'the answer'"):
        await FittedJoint("model", "panel", {}).label(*alone())


def alone() -> tuple[list[Record], RecordedAsk]:
    given: dict[str, Given] = {"model": {"r": ("a", None)}, "panel": {"r": ("a", None)}}
    return [text_record("r", "x")], RecordedAsk(TASK, given, ["panel"])


async def test_one_label_is_no_choice_to_fuse() -> None:
    records, ask = alone()
    one = RecordedAsk(Task("t", "?", Choice(["a"])), ask.given, ["panel"])
    with pytest.raises(SpecError, match="two or more; 'the answer' has none"):
        await Joint("model", "panel").label(records, one)


async def test_a_form_is_as_sure_as_its_least_sure_unit_and_leaves_out_what_nobody_said() -> None:
    schema = Form({"hue": Choice(["red", "blue"]), "old": Choice(["yes", "no"])})
    known = {"hue=red": -0.1, "hue=blue": -2.4}
    given: dict[str, Given] = {
        "model": {"r": ({"hue": "red"}, known)},
        "panel": {"r": ({"hue": "red"}, None)},
    }
    ask = RecordedAsk(Task("t", "?", schema), given, ["panel"])
    [made] = await Joint("model", "panel").label([text_record("r", "x")], ask)
    assert made.value == {"hue": "red"}
    assert made.scores is not None
    assert set(made.scores) == set(known)
    assert made.confidence == pytest.approx(np.exp(made.scores["hue=red"]))
