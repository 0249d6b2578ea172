from assay.core.annotation import DecidedBy
from assay.core.record import text_record
from assay.core.schema import Choice, MultiChoice
from assay.core.task import Task
from assay.strategies.review import ReviewDisagreements
from tests.strategies.recorded_ask import RecordedAsk

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
    assert [(r, way.focus) for name, r, way in ask.log if name == "panel"] == [
        ("differ", ("y", "z"))
    ]
    assert [d.value for d in decisions] == [frozenset("x"), frozenset("xz")]
    assert all(d.decided_by is DecidedBy.BOTH for d in decisions)


async def test_the_audit_shows_people_agreed_records_whole() -> None:
    records = [text_record(f"r{i}", str(i)) for i in range(200)]
    same = {r.id: ("a", None) for r in records}
    ask = RecordedAsk(KINDS, {"ai": same, "human": same, "panel": same}, ["human", "panel"])
    await ReviewDisagreements("ai", "human", "panel", audit=0.2).label(records, ask)
    looks = [way for name, _, way in ask.log if name == "panel"]
    assert 20 <= len(looks) <= 60
    assert all(way.focus == () for way in looks)


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
