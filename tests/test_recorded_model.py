"""What was said once is said again, without a network."""

from pathlib import Path

import pytest

from assay.core.cost import Usage
from assay.core.errors import InputError, ModelError
from assay.core.record import ImagePart
from assay.models.base import Completion, Message, Options, TokenScore
from tests.recorded_model import RecordedModel, Recorder, call_key, load

HI = [Message("user", ("hi",))]
SAID = Completion(
    "yes \ud83d",
    Usage(10, 4, 3, attempts=2),
    0.5,
    (TokenScore("yes", -0.1, {"yes": -0.1, "no": -2.0}),),
    {"yes": -0.1},
    cut=True,
)


class Once:
    """Says what it is given, and counts."""

    id = "live"
    takes_images = False

    def __init__(self, completion: Completion) -> None:
        self.completion = completion
        self.received: list[tuple[object, Options]] = []
        self.closed = False

    async def complete(self, messages: object, options: Options) -> Completion:
        self.received.append((messages, options))
        return self.completion

    async def aclose(self) -> None:
        self.closed = True


async def test_a_recording_replays_everything_that_was_said(tmp_path: Path) -> None:
    live = Once(SAID)
    recorder = Recorder(live, tmp_path / "heard.jsonl")
    assert (recorder.id, recorder.takes_images) == ("live", False)
    assert await recorder.complete(HI, Options()) == SAID
    await recorder.aclose()
    assert live.closed
    replay = load("replay", tmp_path / "heard.jsonl")
    assert replay.id == "replay"
    assert await replay.complete(HI, Options()) == SAID
    assert live.received == [(HI, Options())]
    assert replay.takes_images
    await replay.aclose()


async def test_a_failure_is_not_recorded(tmp_path: Path) -> None:
    failed = Completion("", error="status 500")
    recorder = Recorder(Once(failed), tmp_path / "heard.jsonl")
    assert await recorder.complete(HI, Options()) == failed
    assert not (tmp_path / "heard.jsonl").exists()


async def test_a_call_that_was_not_recorded_is_named() -> None:
    with pytest.raises(ModelError, match="has no recording of this call"):
        await RecordedModel("m", {}).complete(HI, Options())


def test_a_call_is_named_by_words_pictures_and_options() -> None:
    picture = ImagePart("a.png", "1" * 64)
    same = ImagePart("b.png", "1" * 64)
    other = ImagePart("a.png", "2" * 64)
    base = call_key([Message("user", ("hi", picture))], Options())
    assert call_key([Message("user", ("hi", same))], Options()) == base
    changed = [
        call_key([Message("user", ("hi", other))], Options()),
        call_key([Message("system", ("hi", picture))], Options()),
        call_key([Message("user", ("ho", picture))], Options()),
        call_key([Message("user", ("hi", picture))], Options(seed=1)),
    ]
    assert len({base, *changed}) == 5


@pytest.mark.parametrize("line", ["", "{", "[]", '{"key": "x"}', '{"key": "x", "completion": {}}'])
def test_a_broken_recording_is_named_by_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "heard.jsonl"
    path.write_text(f"\n{line}\n")
    if not line:
        assert load("m", path).received == {}
    else:
        with pytest.raises(InputError, match=r"heard\.jsonl:2: not a recorded completion"):
            load("m", path)
