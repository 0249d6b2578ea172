import pytest

from assay.core.annotation import Annotation, DecidedBy, Outcome, Request, Source, Waiting, answer
from assay.core.errors import SpecError
from assay.core.record import text_record
from assay.core.schema import Choice, Form
from assay.core.task import Task
from assay.strategies.attributes import Attributes, _least
from tests.strategies.recorded_ask import Given, RecordedAsk

YES_NO = Choice(["yes", "no"])
FACE = Task("face", "what is to be seen?", Form(dict.fromkeys(("hat", "smile", "beard"), YES_NO)))
SAID = {"hat": "no", "smile": "yes", "beard": "no"}


async def decided(together: int) -> tuple[list[tuple[str, ...]], list[object]]:
    ask = RecordedAsk(FACE, {"m": {"a": (SAID, None), "b": (None, None)}})
    records = [text_record("a", "1"), text_record("b", "2")]
    decisions = await Attributes("m", together).label(records, ask)
    return [options.focus for _, _, options in ask.log], [d.value for d in decisions]


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


HAT = {"hat": "yes"}


async def test_what_was_not_asked_is_not_taken_and_silence_is_left_out_and_counted() -> None:
    class Talker(RecordedAsk):
        """Says more than it was asked, and nothing about beards."""

        def _answer(self, request: Request) -> Annotation | Waiting:
            if request.options.focus == ("beard",):
                return answer(request, Outcome.UNPARSED, raw="?")
            said = {"hat": "yes", "smile": "no"} if request.options.focus == ("hat",) else SAID
            return answer(request, Outcome.ANSWERED, value=said)

    [made] = await Attributes("m").label([text_record("a", "1")], Talker(FACE, {}))
    assert made.value == {"hat": "yes", "smile": "yes"}
    assert made.route == ("attributes", "m", "1 calls unanswered")
    assert (made.confidence, made.decided_by) == (None, DecidedBy.MODEL)


async def test_people_decide_forms_and_their_silence_leaves_a_record_open() -> None:
    given: dict[str, Given] = {"crowd": {"a": (SAID, {"x": 0.5}), "b": (None, None)}}
    ask = RecordedAsk(FACE, given, ["crowd"])
    records = [text_record("a", "1"), text_record("b", "2")]
    made, silent = await Attributes("crowd", 3).label(records, ask)
    assert (made.value, made.decided_by) == (SAID, DecidedBy.PEOPLE)
    assert (made.confidence, made.confidence_source) == (0.5, Source.LIKELIHOOD)
    assert made.route == ("attributes", "crowd")
    assert (silent.value, silent.decided_by) == (None, None)
    assert silent.route == ("attributes", "crowd", "1 calls unanswered")


async def test_one_open_question_keeps_the_whole_form_waiting() -> None:
    class Half(RecordedAsk):
        def _answer(self, request: Request) -> Annotation | Waiting:
            if "smile" in request.options.focus:
                return Waiting(request.key, request.record.id, request.annotator)
            return answer(request, Outcome.ANSWERED, value=SAID)

    [made] = await Attributes("crowd").label([text_record("a", "1")], Half(FACE, {}, ["crowd"]))
    assert (made.value, made.waiting_for) == (None, "crowd")


def test_confidences_of_several_sources_or_of_the_silent_are_not_mixed() -> None:
    def one(outcome: Outcome, confidence: float, source: Source) -> Annotation:
        request = Request(FACE, text_record("r", "1"), "m")
        value = HAT if outcome is Outcome.ANSWERED else None
        return answer(
            request, outcome, value=value, confidence=confidence, confidence_source=source
        )

    sure = one(Outcome.ANSWERED, 0.9, Source.LIKELIHOOD)
    assert _least([sure, one(Outcome.ANSWERED, 0.4, Source.STATED)]) == (None, None)
    assert _least([sure, one(Outcome.UNPARSED, 0.1, Source.STATED)]) == (0.9, Source.LIKELIHOOD)
    assert _least([one(Outcome.UNPARSED, 0.1, Source.STATED)]) == (None, None)
