import pytest

from assay.core.annotation import DecidedBy, Source
from assay.core.record import text_record
from assay.core.schema import Choice, MultiChoice
from assay.core.task import Task
from assay.strategies.review import ReviewDisagreements
from tests.strategies.recorded_ask import Given, RecordedAsk

TAGS = Task("tags", "which?", MultiChoice(["x", "y", "z"]))
KINDS = Task("kinds", "which?", Choice(["a", "b", "c"]))


async def test_people_are_asked_only_about_the_units_that_differ() -> None:
    records = [text_record("same", "1"), text_record("differ", "2")]
    given = {
        "ai": {"same": (frozenset("x"), None), "differ": (frozenset("xy"), None)},
        "human": {"same": (frozenset("x"), None), "differ": (frozenset("xz"), None)},
        "panel": {"differ": (frozenset("z"), None)},
    }
    ask = RecordedAsk(TAGS, given, ["human", "panel"])
    strategy = ReviewDisagreements("ai", "human", "panel", audit=0.0)
    decisions = await strategy.label(records, ask)
    assert [(r, options.focus) for name, r, options in ask.log if name == "panel"] == [
        ("differ", ("y", "z"))
    ]
    assert [d.value for d in decisions] == [frozenset("x"), frozenset("xz")]
    assert all(d.decided_by is DecidedBy.BOTH for d in decisions)


async def test_the_audit_shows_people_agreed_records_whole() -> None:
    records = [text_record(f"r{i}", str(i)) for i in range(200)]
    same = {r.id: ("a", None) for r in records}
    ask = RecordedAsk(KINDS, {"ai": same, "human": same, "panel": same}, ["human", "panel"])
    await ReviewDisagreements("ai", "human", "panel", audit=0.2).label(records, ask)
    looks = [options for name, _, options in ask.log if name == "panel"]
    assert 20 <= len(looks) <= 60
    assert all(options.focus == () for options in looks)


async def test_with_three_labels_the_reviewer_breaks_a_three_way_tie() -> None:
    records = [text_record("r", "1")]
    given = {"ai": {"r": ("a", None)}, "human": {"r": ("b", None)}, "panel": {"r": ("c", None)}}
    decisions = await ReviewDisagreements("ai", "human", "panel").label(
        records, RecordedAsk(KINDS, given, ["human", "panel"])
    )
    assert decisions[0].value == "c"


async def test_a_record_under_review_waits_for_people() -> None:
    records = [text_record("r", "1")]
    given = {"ai": {"r": ("a", None)}, "human": {"r": ("b", None)}, "panel": {}}
    decisions = await ReviewDisagreements("ai", "human", "panel").label(
        records, RecordedAsk(KINDS, given, ["human", "panel"])
    )
    assert decisions[0].value is None
    assert decisions[0].waiting_for == "panel"


async def test_the_route_says_who_was_reviewed_and_who_agreed() -> None:
    records = [text_record("same", "1"), text_record("differ", "2")]
    given = {
        "ai": {"same": ("a", None), "differ": ("a", None)},
        "human": {"same": ("a", None), "differ": ("b", None)},
        "panel": {"differ": ("b", None)},
    }
    ask = RecordedAsk(KINDS, given, ["human", "panel"])
    decisions = await ReviewDisagreements("ai", "human", "panel", audit=0.0).label(records, ask)
    assert [d.route for d in decisions] == [("agreed",), ("reviewed",)]


@pytest.mark.parametrize(
    ("panels", "who"),
    [
        ((), DecidedBy.MODEL),
        (("panel",), DecidedBy.BOTH),
        (("human", "panel"), DecidedBy.BOTH),
        (("ai", "human", "panel"), DecidedBy.PEOPLE),
    ],
)
async def test_who_decided_are_those_whose_answers_counted(
    panels: tuple[str, ...], who: DecidedBy
) -> None:
    given = {"ai": {"r": ("a", None)}, "human": {"r": ("b", None)}, "panel": {"r": ("b", None)}}
    ask = RecordedAsk(KINDS, given, panels)
    [made] = await ReviewDisagreements("ai", "human", "panel").label([text_record("r", "1")], ask)
    assert (made.value, made.decided_by, made.route) == ("b", who, ("reviewed",))


async def test_agreed_units_make_the_confidence_and_the_route_says_what_was_reviewed() -> None:
    records = [text_record("same", "1"), text_record("differ", "2")]
    given = {
        "ai": {"same": (frozenset("x"), None), "differ": (frozenset("xy"), None)},
        "human": {"same": (frozenset("x"), None), "differ": (frozenset("x"), None)},
        # beyond its focus, and so not heard: z
        "panel": {"differ": (frozenset("yz"), None)},
    }
    ask = RecordedAsk(TAGS, given, ["human", "panel"])
    same, differ = await ReviewDisagreements("ai", "human", "panel", audit=0.0).label(records, ask)
    assert [options.focus for name, _, options in ask.log if name == "panel"] == [("y",)]
    assert (same.confidence, same.route) == (1.0, ("agreed",))
    assert (differ.value, differ.route) == (frozenset("xy"), ("reviewed",))
    assert differ.confidence == pytest.approx(2 / 3)
    assert same.confidence_source is differ.confidence_source is Source.VOTE_SHARE


async def test_where_one_is_silent_people_see_the_whole_record() -> None:
    records = [text_record("one", "1"), text_record("both", "2")]
    given: dict[str, Given] = {
        "ai": {"one": (frozenset("x"), None), "both": (None, None)},
        "human": {"one": (None, None), "both": (None, None)},
        "panel": {"one": (frozenset("y"), None), "both": (frozenset("y"), None)},
    }
    ask = RecordedAsk(TAGS, given, ["panel"])
    one, both = await ReviewDisagreements("ai", "human", "panel", 0).label(records, ask)
    assert [options.focus for name, _, options in ask.log if name == "panel"] == [(), ()]
    assert (one.value, one.decided_by) == (frozenset("y"), DecidedBy.BOTH)
    assert (both.value, both.decided_by) == (frozenset("y"), DecidedBy.PEOPLE)


async def test_a_difference_in_the_only_unit_is_shown_as_the_whole_question() -> None:
    given = {"ai": {"r": ("a", None)}, "human": {"r": ("b", None)}, "panel": {"r": ("b", None)}}
    ask = RecordedAsk(KINDS, given)
    await ReviewDisagreements("ai", "human", "panel", 0).label([text_record("r", "1")], ask)
    assert [options.focus for name, _, options in ask.log if name == "panel"] == [()]


@pytest.mark.parametrize("task", [KINDS, TAGS], ids=["one label", "tags"])
async def test_nobody_answering_decides_nothing(task: Task) -> None:
    """Least of all that no tag applies."""
    silent = {"r": (None, None)}
    ask = RecordedAsk(task, dict.fromkeys(("ai", "human", "panel"), silent), ["panel"])
    [made] = await ReviewDisagreements("ai", "human", "panel").label([text_record("r", "1")], ask)
    assert (made.value, made.decided_by, made.route) == (None, None, ("nobody answered",))
