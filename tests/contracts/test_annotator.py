"""Every annotator keeps the same contract; a new one is a row here."""

from collections.abc import Callable

import pytest

from assay.annotators.base import Annotator
from assay.annotators.people import Panel
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import DecidedBy, Request, RequestOptions
from assay.core.record import text_record
from assay.testing import TASK, check_annotator

SAID = {"r0": Given("a", 0.7), "r1": Given("b"), "r2": Given(None)}

ANNOTATORS: dict[str, Callable[[], Annotator]] = {
    "recorded model": lambda: Recorded("old", SAID),
    "recorded people": lambda: Recorded("ann", SAID, DecidedBy.PEOPLE),
    "panel": lambda: Panel("experts"),
}


@pytest.mark.parametrize("made", ANNOTATORS.values(), ids=ANNOTATORS)
def test_an_annotator_keeps_its_contract(made: Callable[[], Annotator]) -> None:
    annotator = made()
    records = [text_record(f"r{i}", f"text {i}") for i in range(4)]
    request_options = (
        RequestOptions(),
        RequestOptions(replica=1),
        RequestOptions(hint="look closely", saw=("k",)),
    )
    check_annotator(
        annotator, [Request(TASK, r, annotator.id, w) for r in records for w in request_options]
    )
