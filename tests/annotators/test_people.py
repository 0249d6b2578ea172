"""A panel never answers by itself."""

from assay.annotators.people import Panel
from assay.core.annotation import DecidedBy, Request
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task


async def test_a_panel_yields_nothing() -> None:
    task = Task("t", "which?", Choice(["a", "b"]))
    panel = Panel("experts")
    assert panel.decided_by is DecidedBy.PEOPLE
    assert [
        a async for a in panel.annotate([Request(task, text_record("r", "x"), "experts")])
    ] == []
