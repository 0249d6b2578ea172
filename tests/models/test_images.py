"""Pictures on their way to a model: resized, clean, made once, and named where they fail."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assay.annotators.llm import LLM, Billing
from assay.core.annotation import Annotation, Outcome, Request, RequestOptions
from assay.core.cost import Budget, Prices, Usage
from assay.core.record import ImagePart, Record, TextPart
from assay.core.schema import Choice
from assay.core.task import Task
from assay.data.base import Columns, Findings
from assay.data.images.column import pictures
from assay.data.read import read_records
from assay.models import gemini
from assay.models.anthropic import Anthropic
from assay.models.base import Message, Options, View
from assay.models.gemini import Gemini
from assay.models.hosted import Address
from assay.models.image_tokens import (
    anthropic_tokens,
    gemini_tokens,
    most_tokens,
    openai_tokens,
)
from assay.models.images import Gallery, encode
from assay.models.openai import OpenAI, usage_of
from tests.data.images.hostile import SECRET, SVG, hostile, photo, saved, with_gps
from tests.servers import Server, serving

TASK = Task("t", "Positive or negative?", Choice(["positive", "negative"]))


def part(folder: Path, content: bytes, name: str = "a.jpg") -> ImagePart:
    (folder / name).write_bytes(content)
    found = pictures(("image",), folder).parts({"image": name}, "x:1", Findings())
    assert found
    return found[0]


@pytest.fixture
def large(tmp_path: Path) -> ImagePart:
    return part(tmp_path, saved(photo(400, 200), "JPEG"))


def asked(*parts: str | ImagePart) -> list[Message]:
    return [Message("user", parts)]


def opened(data: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(data)))


@asynccontextmanager
async def openai(server: Server, gallery: Gallery | None = None) -> AsyncIterator[OpenAI]:
    async with serving(server) as url:
        model = OpenAI("m", Address(url), gallery)
        try:
            yield model
        finally:
            await model.aclose()


async def drain(llm: LLM, requests: Sequence[Request]) -> list[Annotation]:
    return [a async for a in llm.annotate(requests)]


def sent(body: dict[str, Any]) -> list[str]:
    """The data URLs in what the server got."""
    content = body["messages"][-1]["content"]
    found = content if isinstance(content, list) else []
    return [p["image_url"]["url"] for p in found if p["type"] == "image_url"]


async def test_what_is_sent_is_the_resized_picture_and_nothing_else(large: ImagePart) -> None:
    server, view = Server(), View(side=224, detail="low")
    async with openai(server) as model:
        said = await model.complete(asked("look", large), Options(view=view))
    [body] = server.bodies
    assert body["messages"][0]["content"][1]["image_url"]["detail"] == "low"
    [url] = sent(body)
    assert url == encode(large, view).url
    picture = opened(url.removeprefix("data:image/jpeg;base64,"))
    assert picture.size == (224, 112)
    assert said.usage.image_tokens == 85


def test_every_provider_is_told_in_its_own_words(
    large: ImagePart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_KEY", "k")
    address = Address("http://127.0.0.1:1", "ASSAY_TEST_KEY")
    shown = encode(large, View(side=64))
    known = {large.sha256: shown}
    claude = Anthropic("m", address).body(asked("look", large), Options(), known)
    source = {"type": "base64", "media_type": "image/jpeg", "data": shown.base64}
    assert claude["messages"][0]["content"][1] == {"type": "image", "source": source}
    google = Gemini("m", address).body(asked("look", large), Options(), known)
    inline = {"mimeType": "image/jpeg", "data": shown.base64}
    assert google["contents"][0]["parts"][1] == {"inlineData": inline}


async def test_a_picture_is_made_once_a_view_however_many_questions_are_asked(
    large: ImagePart,
) -> None:
    gallery, small, tiny = Gallery(), View(side=100), View(side=50)
    for view in (small, tiny, small):
        shown = await asyncio.gather(*(gallery.shown(asked(large), view) for _ in range(40)))
        assert all(s[large.sha256] == encode(large, view) for s in shown)
    assert gallery.encoded == 2


async def test_beyond_its_memory_pictures_are_kept_on_disk_and_beyond_that_made_again(
    tmp_path: Path,
) -> None:
    parts = [part(tmp_path, saved(photo(60 + i), "JPEG"), f"{i}.jpg") for i in range(12)]
    view = View(side=32)
    size = max(len(encode(p, view).base64) for p in parts)
    for disk, times in ((2**20, 12), (0, 24)):
        gallery = Gallery(memory=2 * size, disk=disk)
        for p in [*parts, *parts]:
            shown = await gallery.shown(asked(p), view)
            assert shown[p.sha256] == encode(p, view)
        assert gallery.encoded == times


async def test_who_gives_up_does_not_take_the_picture_from_others(large: ImagePart) -> None:
    gallery = Gallery()
    first, second = (
        asyncio.ensure_future(gallery.shown(asked(large), View())) for _ in range(2)
    )  # fmt: skip
    await asyncio.sleep(0)
    first.cancel()
    assert large.sha256 in await second


def test_private_exif_never_leaves_and_the_picture_stands_upright(tmp_path: Path) -> None:
    turned = part(tmp_path, with_gps())
    for view in (View(side=32), View(side=32, format="png")):
        content = base64.b64decode(encode(turned, view).base64)
        assert SECRET not in content
        assert b"Exif" not in content
        picture = Image.open(io.BytesIO(content))
        assert picture.size == (24, 32)
        assert not picture.getexif()
    assert SECRET in (tmp_path / "a.jpg").read_bytes()


def test_a_small_picture_is_not_enlarged(tmp_path: Path) -> None:
    shown = encode(part(tmp_path, saved(photo(20, 10), "PNG"), "a.png"), View(side=768))
    assert (shown.width, shown.height) == (20, 10)


async def test_hostile_pictures_stop_no_run_and_reach_no_model_as_they_were(
    tmp_path: Path,
) -> None:
    for picture in hostile():
        (tmp_path / picture.name).write_bytes(picture.content)
    findings = Findings()
    columns = Columns((), id="file", pictures=pictures(("image",), tmp_path))
    found = list(read_records(tmp_path, columns, findings))
    server = Server()
    async with openai(server) as model:
        llm = LLM(model, options=Options(view=View(side=64)))
        said = await drain(llm, [Request(TASK, r, llm.id) for r in found])
    failed = {a.record: a.error or "" for a in said if a.outcome is Outcome.FAILED}
    assert set(failed) == {p.name for p in hostile() if p.fate == "late"}
    assert all(name in error and "\n" not in error for name, error in failed.items())
    assert len(server.bodies) == len(found) - len(failed)
    originals = {base64.b64encode(p.content).decode() for p in hostile()}
    for body in server.bodies:
        [url] = sent(body)
        content = base64.b64decode(url.removeprefix("data:image/jpeg;base64,"))
        assert url.partition(",")[2] not in originals
        assert not any(secret in content for secret in (SECRET, SVG, b"Exif", b"PK\x03\x04"))
        assert max(Image.open(io.BytesIO(content)).size) <= 64


@pytest.fixture
def meme(large: ImagePart) -> Record:
    return Record("r", (large, TextPart("so it goes")))


@pytest.mark.parametrize(
    ("modality", "images", "texts"), [("both", 1, 1), ("text", 0, 1), ("image", 1, 0)]
)
async def test_modality_is_a_switch_of_the_annotator(
    meme: Record, modality: Any, images: int, texts: int
) -> None:
    server = Server()
    async with openai(server) as model:
        llm = LLM(model, modality=modality)
        [said] = await drain(llm, [Request(TASK, meme, llm.id)])
    assert said.answered
    assert said.record == "r"
    [body] = server.bodies
    assert len(sent(body)) == images
    assert ("so it goes" in json.dumps(body)) == bool(texts)
    assert llm.id.endswith(modality) == (modality != "both")


async def test_a_record_without_what_the_annotator_reads_is_not_sent(large: ImagePart) -> None:
    server = Server()
    async with openai(server) as model:
        llm = LLM(model, modality="text")
        [said] = await drain(llm, [Request(TASK, Record("r", (large,)), llm.id)])
    assert said.outcome is Outcome.FAILED
    assert said.error == "the record has no text, and nothing else is shown to this model"
    assert server.bodies == []


async def test_a_cap_on_money_counts_pictures_before_they_are_sent(meme: Record) -> None:
    server, prices = Server(), Prices(input=1000.0)
    async with openai(server) as model:
        view = View(side=224)
        llm = LLM(model, options=Options(view=view), billing=Billing(prices, Budget.of_nanos(None)))
        plain = LLM(model, billing=Billing(prices, Budget.of_nanos(None)), modality="text")
        request = Request(TASK, meme, llm.id)
        more = llm.ceiling(request) - plain.ceiling(request)
        assert more >= prices.nanos(Usage(most_tokens(view)))
        [said] = await drain(llm, [request])
        assert 0 < said.usage.image_tokens <= said.usage.input_tokens
        assert said.cost_nanos <= llm.ceiling(request)


def test_the_view_is_part_of_the_annotators_id_where_pictures_are_seen(large: ImagePart) -> None:
    model = OpenAI("m", Address("http://127.0.0.1:1"))
    small = Options(view=View(side=224))
    assert LLM(model).id != LLM(model, options=small).id
    assert LLM(model, modality="text").id == LLM(model, options=small, modality="text").id


@pytest.mark.parametrize(("side", "tokens"), [(512, 255), (1024, 765), (4096, 765)])
def test_openai_counts_tiles(side: int, tokens: int) -> None:
    assert openai_tokens(side, side, "high") == tokens
    assert openai_tokens(side, side, "low") == 85
    assert openai_tokens(side, side, "low", "gpt-4o-mini") == 2_833


def test_a_tall_picture_is_first_fitted_into_2048() -> None:
    assert openai_tokens(2048, 4096, "high") == 1105


def test_other_providers_count_by_area_and_by_tile() -> None:
    assert anthropic_tokens(1000, 1000) == 1334
    assert gemini_tokens(384, 384) == 258
    assert gemini_tokens(768, 768) == 1032


@pytest.mark.parametrize("side", [64, 224, 512, 768, 1_568, 4_000])
def test_no_shape_costs_more_than_is_foreseen(side: int) -> None:
    most = most_tokens(View(side=side))
    for other in range(1, side + 1, max(1, side // 97)):
        assert openai_tokens(side, other, "auto") <= most
        assert anthropic_tokens(side, other) <= most
        assert gemini_tokens(side, other) <= most


async def test_what_the_server_says_of_image_tokens_is_believed(large: ImagePart) -> None:
    details = [{"modality": "TEXT", "tokenCount": 5}, {"modality": "IMAGE", "tokenCount": 258}]
    reply = {
        "candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 263, "promptTokensDetails": details},
    }
    assert gemini.parse(reply).usage.image_tokens == 258
    usage = {"prompt_tokens": 90, "prompt_tokens_details": {"image_tokens": 85}}
    assert usage_of(usage).image_tokens == 85


def test_replicas_and_ways_do_not_change_what_is_shown(meme: Record) -> None:
    llm = LLM(OpenAI("m", Address("http://127.0.0.1:1")))
    messages = [
        llm.call(Request(TASK, meme, llm.id, RequestOptions(replica=i)))[0] for i in range(2)
    ]  # fmt: skip
    assert messages[0] == messages[1]
