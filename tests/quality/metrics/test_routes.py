from assay.core.annotation import DecidedBy, Decision
from assay.quality.metrics.routes import by_route


def decided(record: str, value: str, *route: str) -> Decision:
    return Decision(record, value, decided_by=DecidedBy.MODEL, route=route)


def test_unanimous_and_reviewed_records_are_scored_apart_over_all_stages() -> None:
    decisions = [
        decided("r1", "a", "unanimous", "stage 0"),
        decided("r2", "a", "unanimous", "stage 1"),
        decided("r3", "b", "reviewed", "stage 1", "llm"),
        Decision("r4", None, route=("reviewed", "stage 1", "unparsed")),
        decided("r5", "b", "unanimous", "stage 1"),  # without a reference
    ]
    found = by_route(decisions, {"r1": "a", "r2": "b", "r3": "b", "r4": "b"}, "gold")
    assert list(found) == ["unanimous", "reviewed > llm"]
    assert (found["unanimous"].on_answered.hits, found["unanimous"].on_answered.n) == (1, 2)
    assert found["reviewed > llm"].on_answered.value == 1.0


def test_one_route_is_no_breakdown_and_neither_are_very_many() -> None:
    gold = {f"r{i}": "a" for i in range(20)}
    assert by_route([decided(r, "a", "same") for r in gold], gold, "gold") == {}
    assert by_route([decided(r, "a", r) for r in gold], gold, "gold") == {}
