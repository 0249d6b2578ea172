"""Votes: who counts, how ties end, unit by unit."""

import pytest

from assay.core.annotation import (
    Annotation,
    DecidedBy,
    Decision,
    Outcome,
    Request,
    RequestOptions,
    Source,
    answer,
)
from assay.core.errors import InputError, SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, Form, MultiChoice, Schema, Spans
from assay.core.task import Task
from assay.core.value import Span, Value
from assay.strategies.vote import Vote, _most_confident, count
from tests.strategies.recorded_ask import RecordedAsk

CHOICE = Choice(["a", "b", "c"])
RECORD = text_record("r", "some text here")


async def vote(
    strategy: Vote,
    given: dict[str, Value | None],
    schema: Schema = CHOICE,
    panels: tuple[str, ...] = (),
) -> Decision:
    """The decision on one record; a name that is missing in `given` is waited for."""
    names = strategy.annotators
    answers = {n: {"r": (given[n], None)} if n in given else {} for n in names}
    ask = RecordedAsk(Task("t", "?", schema), answers, panels)
    return (await strategy.label([RECORD], ask))[0]


THREE = ("x", "y", "z")


async def test_the_most_frequent_label_wins_with_its_share() -> None:
    made = await vote(Vote(THREE), {"x": "a", "y": "b", "z": "b"})
    assert (made.value, made.confidence_source) == ("b", Source.VOTE_SHARE)
    assert made.confidence == pytest.approx(2 / 3)


async def test_silence_casts_no_vote() -> None:
    made = await vote(Vote(THREE), {"x": None, "y": None, "z": "b"})
    assert (made.value, made.confidence) == ("b", 1.0)
    assert made.route == ("1 of 3 answered",)


async def test_nobody_answering_leaves_the_record_open() -> None:
    made = await vote(Vote(THREE), dict.fromkeys(THREE))
    assert (made.value, made.route) == (None, ("nobody answered",))


async def test_a_tie_is_undecided_unless_a_rule_is_given() -> None:
    made = await vote(Vote(("x", "y")), {"x": "a", "y": "b"})
    assert (made.value, made.route[-1]) == (None, "tie")


async def test_the_first_named_breaks_a_tie() -> None:
    made = await vote(Vote(("y", "x"), ties="first"), {"x": "a", "y": "b"})
    assert (made.value, made.confidence) == ("b", 0.5)


async def test_a_referee_decides_among_the_tied_and_is_asked_only_then() -> None:
    strategy = Vote(("x", "y"), referee="z")
    task = Task("t", "?", CHOICE)
    given: dict[str, dict[str, tuple[Value | None, None]]] = {
        "x": {"r": ("a", None), "s": ("a", None)},
        "y": {"r": ("b", None), "s": ("a", None)},
        "z": {"r": ("b", None)},
    }
    ask = RecordedAsk(task, given, panels=["z"])
    tied, clear = await strategy.label([RECORD, text_record("s", "other")], ask)
    assert (tied.value, tied.decided_by) == ("b", DecidedBy.BOTH)
    assert (clear.value, clear.decided_by) == ("a", DecidedBy.MODEL)
    assert ask.asked["z"] == 1


async def test_a_referee_outside_the_tie_leaves_it_open() -> None:
    strategy = Vote(("x", "y"), referee="z")
    assert (await vote(strategy, {"x": "a", "y": "b", "z": "c"})).route[-1] == "tie"
    assert (await vote(strategy, {"x": "a", "y": "b", "z": None})).route[-1] == "tie"


async def test_a_referee_who_is_a_panel_is_waited_for() -> None:
    made = await vote(Vote(("x", "y"), referee="z"), {"x": "a", "y": "b"}, panels=("z",))
    assert made.waiting_for == "z"


def scored(x: float, y: float) -> RecordedAsk:
    given = {"x": {"r": ("a", {"a": x})}, "y": {"r": ("b", {"b": y})}}
    return RecordedAsk(Task("t", "?", CHOICE), given)


async def test_confidences_of_different_annotators_do_not_break_a_tie() -> None:
    with pytest.raises(InputError, match="calibrate or rank them first"):
        await Vote(("x", "y"), ties="confidence").label([RECORD], scored(-0.1, -0.2))


async def test_the_surest_of_the_replicas_breaks_a_tie() -> None:
    made = (await Vote(("m",), 2, "confidence").label([RECORD], Replicas()))[0]
    assert made.value == "b"


class Replicas(RecordedAsk):
    """Replica 0 says a, replica 1 says b and is surer."""

    def __init__(self) -> None:
        super().__init__(Task("t", "?", CHOICE), {"m": {}})

    async def __call__(self, annotator, records, request_options=None, *, task=None):  # type: ignore[no-untyped-def]
        said = {
            "m": {"r": ("a", {"a": -0.9}) if request_options.replica == 0 else ("b", {"b": -0.1})}
        }
        return await RecordedAsk(self._task, said)("m", records, request_options)


async def test_replicas_are_asked_each_in_its_own_way() -> None:
    ask = RecordedAsk(Task("t", "?", CHOICE), {"m": {"r": ("a", None)}})
    made = (await Vote(("m",), replicas=5).label([RECORD], ask))[0]
    assert sorted(options.replica for _, _, options in ask.log) == [0, 1, 2, 3, 4]
    assert made.route == ("5 of 5 answered",)


async def test_a_panel_that_has_not_answered_is_waited_for() -> None:
    made = await vote(Vote(THREE), {"x": "a", "y": "a"}, panels=("z",))
    assert (made.value, made.waiting_for) == (None, "z")


@pytest.mark.parametrize(
    ("panels", "z", "who"),
    [
        (THREE, "a", DecidedBy.PEOPLE),
        ((), "a", DecidedBy.MODEL),
        (("z",), "a", DecidedBy.BOTH),
        (("z",), None, DecidedBy.MODEL),
    ],
)
async def test_decided_by_names_those_whose_answers_counted(
    panels: tuple[str, ...], z: str | None, who: DecidedBy
) -> None:
    made = await vote(Vote(THREE), {"x": "a", "y": "a", "z": z}, panels=panels)
    assert made.decided_by is who


@pytest.mark.parametrize(
    ("schema", "values", "value"),
    [
        (
            MultiChoice(["a", "b"]),
            (frozenset("a"), frozenset("ab"), frozenset()),
            frozenset("a"),
        ),
        (MultiChoice(["a", "b"]), (frozenset("a"), frozenset("b"), frozenset()), frozenset()),
        (
            Form({"size": Choice(["big", "small"]), "hue": Choice(["red", "blue"])}),
            (
                {"size": "big", "hue": "red"},
                {"size": "big", "hue": "blue"},
                {"size": "small", "hue": "blue"},
            ),
            {"size": "big", "hue": "blue"},
        ),
        (
            Spans(["PER", "LOC"]),
            ((Span(0, 4, "PER"),), (Span(0, 4, "PER"), Span(5, 9, "LOC")), ()),
            (Span(0, 4, "PER"),),
        ),
    ],
)
async def test_each_unit_is_voted_on(
    schema: Schema, values: tuple[Value, ...], value: Value
) -> None:
    made = await vote(Vote(THREE), dict(zip(THREE, values, strict=True)), schema)
    assert made.value == value


def test_a_vote_of_one_is_refused() -> None:
    with pytest.raises(SpecError, match="at least two answers"):
        Vote(("x",))
    with pytest.raises(SpecError, match="named twice"):
        Vote(("x", "x"))


def sure(
    label: str, confidence: float | None, source: Source = Source.CALIBRATED, who: str = "x"
) -> tuple[Annotation, str]:
    given = answer(
        Request(Task("t", "?", CHOICE), RECORD, who),
        Outcome.ANSWERED,
        value=label,
        confidence=confidence,
        confidence_source=None if confidence is None else source,
    )
    return given, label


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        ([sure("a", 0.6), sure("b", 0.7, who="y")], "b"),
        ([sure("b", 0.9), sure("a", 0.5), sure("b", 0.2)], "b"),  # by its surest vote
        ([sure("a", 0.6), sure("b", 0.6, who="y")], None),
        ([sure("a", 0.6), sure("b", None, who="y")], None),
        ([sure("a", 0.6, Source.RANK), sure("b", 0.7, Source.RANK, "y")], "b"),
        ([sure("a", 0.6, Source.STATED), sure("b", 0.7, Source.STATED)], "b"),  # of one annotator
    ],
)
def test_the_surest_label_breaks_a_tie_where_confidences_compare(
    votes: list[tuple[Annotation, str]], label: str | None
) -> None:
    assert _most_confident(votes) == label


@pytest.mark.parametrize(
    "votes",
    [
        [sure("a", 0.6, Source.STATED), sure("b", 0.7, Source.STATED, "y")],
        [sure("a", 0.6, Source.RANK), sure("b", 0.7, Source.CALIBRATED, "y")],
        [sure("a", 0.6, Source.STATED), sure("b", 0.7, Source.JUDGE)],
    ],
)
def test_confidences_that_do_not_compare_break_no_tie(votes: list[tuple[Annotation, str]]) -> None:
    named = ", ".join(sorted({str(a.confidence_source) for a, _ in votes}))
    with pytest.raises(InputError, match=rf"record 'r': .* of {named} from several annotators"):
        _most_confident(votes)


async def test_a_tie_that_was_broken_says_by_what() -> None:
    for strategy, how in ((Vote(("x", "y"), ties="first"), "first"), (Vote(THREE[:2]), "")):
        made = await vote(strategy, {"x": "a", "y": "b"})
        assert made.route == ("2 of 2 answered", f"tie: {how}" if how else "tie")
    made = await vote(Vote(("x", "y"), referee="z"), {"x": "a", "y": "b", "z": "a"})
    assert (made.value, made.route) == ("a", ("3 of 3 answered", "tie: z"))
    assert made.confidence == 0.5


async def test_the_first_named_breaks_only_ties_it_took_part_in() -> None:
    given: dict[str, Value | None] = {"x": None, "y": "b", "z": "a"}
    assert (await vote(Vote(THREE, ties="first"), given)).value == "b"
    more: dict[str, Value | None] = {"w": "c", "x": "a", "y": "b", "z": "a", "v": "b"}
    made = await vote(Vote(("w", "x", "y", "z", "v"), ties="first"), more)
    assert (made.value, made.confidence) == ("a", 0.4)


async def test_the_share_is_the_mean_over_the_units_that_were_voted_on() -> None:
    form = Form({"size": Choice(["big", "small"]), "hue": Choice(["red", "blue"])})
    said: dict[str, Value | None] = {
        "x": {"size": "big", "hue": "red"},
        "y": {"size": "big"},
        "z": {"size": "small", "hue": "red"},
    }
    made = await vote(Vote(THREE), said, form)
    assert made.value == {"size": "big", "hue": "red"}
    assert made.confidence == pytest.approx((2 / 3 + 1) / 2)


async def test_equal_empty_answers_are_a_full_agreement() -> None:
    made = await vote(Vote(("x", "y")), {"x": (), "y": ()}, Spans(["PER"]))
    assert (made.value, made.confidence) == ((), 1.0)


async def test_equal_answers_to_different_questions_are_not_counted_as_one() -> None:
    """What was not asked is no vote: both say no tag, of which each was asked about one."""
    schema = MultiChoice(["p", "q"])
    task = Task("t", "?", schema)

    def about(label: str, who: str) -> Annotation:
        request = Request(task, RECORD, who, RequestOptions(focus=(label,)))
        return answer(request, Outcome.ANSWERED, value=frozenset("p"))

    tally = count([about("p", "x"), about("q", "y")], schema)
    assert (tally.labels, tally.shares, tally.tied) == ({"p": "yes", "q": "no"}, [1.0, 1.0], {})
    twice = count([about("p", "x"), about("p", "y")], schema)
    assert twice.labels == {"p": "yes"}


def test_a_tally_names_the_tied_in_the_order_of_the_voters() -> None:
    given = [sure(label, None)[0] for label in ("c", "a", "a", "c", "b")]
    tally = count(given, CHOICE)
    assert (tally.labels, tally.shares, tally.tied) == ({}, [0.4], {"": ["c", "a"]})


async def test_a_referee_is_not_asked_while_a_voter_is_awaited() -> None:
    strategy = Vote(("x", "y"), referee="z")
    ask = RecordedAsk(Task("t", "?", CHOICE), {"x": {"r": ("a", None)}, "y": {}, "z": {}}, ["y"])
    [made] = await strategy.label([RECORD], ask)
    assert (made.waiting_for, ask.asked["z"]) == ("y", 0)


def test_two_answers_are_the_least_however_they_come() -> None:
    assert Vote(("x",), replicas=2).voters == ("x",)
    assert Vote(("x", "y"), replicas=1).replicas == 1
    for voters, replicas in ((("x", "y", "z"), 0), (("x",), 1), ((), 2)):
        with pytest.raises(SpecError, match="at least two answers"):
            Vote(voters, replicas)
