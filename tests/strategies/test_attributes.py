import pytest

from assay.core.annotation import Annotation, Outcome, Source
from assay.core.errors import SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, Form
from assay.core.task import Task
from assay.strategies.attributes import Attributes, _least
from tests.strategies.recorded_ask import RecordedAsk

YES_NO = Choice(["yes", "no"])
FACE = Task("face", "what is to be seen?", Form(dict.fromkeys(("hat", "smile", "beard"), YES_NO)))
SAID = {"hat": "no", "smile": "yes", "beard": "no"}


async def decided(together: int) -> tuple[list[tuple[str, ...]], list[object]]:
    ask = RecordedAsk(FACE, {"m": {"a": (SAID, None), "b": (None, None)}})
    records = [text_record("a", "1"), text_record("b", "2")]
    decisions = await Attributes("m", together).label(records, ask)
    return [way.focus for _, _, way in ask.log], [d.value for d in decisions]


async def test_each_attribute_is_a_call_or_several_share_one() -> None:
    one, values = await decided(1)
    assert one == [("hat",), ("smile",), ("beard",)] * 2
    assert values == [SAID, None]
    two, values = await decided(2)
    assert two == [("hat", "smile"), ("beard",)] * 2
    assert values == [SAID, None]


async def test_only_a_form_has_attributes() -> None:
    ask = RecordedAsk(Task("t", "?", YES_NO), {"m": {"a": ("yes", None)}})
    with pytest.raises(SpecError, match="needs answers of kind `form`"):
        await Attributes("m").label([text_record("a", "1")], ask)
    with pytest.raises(SpecError, match="at least one"):
        Attributes("m", 0)


async def test_people_are_waited_for() -> None:
    ask = RecordedAsk(FACE, {"crowd": {}}, ["crowd"])
    [decision] = await Attributes("crowd").label([text_record("a", "1")], ask)
    assert decision.waiting_for == "crowd"


def test_a_form_is_as_sure_as_its_least_sure_part() -> None:
    def one(confidence: float | None) -> Annotation:
        source = None if confidence is None else Source.LIKELIHOOD
        return Annotation(
            key="k", task="t", record="r", annotator="m", outcome=Outcome.ANSWERED,
            value=SAID, confidence=confidence, confidence_source=source,
        )  # fmt: skip

    assert _least([one(0.9), one(0.4)]) == (0.4, Source.LIKELIHOOD)
    assert _least([one(0.9), one(None)]) == (None, None)
