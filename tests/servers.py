"""Real servers on this machine: one that answers well, and one that misbehaves by script."""

import asyncio
import json
import re
import threading
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request, str], Awaitable[web.StreamResponse]]


def record_text(body: dict[str, Any]) -> str:
    """What stands between the record delimiters of the last message."""
    content = body["messages"][-1]["content"]
    text = content if isinstance(content, str) else " ".join(p.get("text", "") for p in content)
    return text.rpartition("<record>")[2].partition("</record>")[0]


def completion(text: str, **more: Any) -> dict[str, Any]:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop", **more}
    usage = {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102}
    return {"choices": [choice], "usage": usage}


def label_of(text: str) -> str:
    return ("positive", "negative")[zlib.crc32(text.encode()) % 2]


class Server:
    """Counts every call by record; `answer` makes the reply."""

    def __init__(self, answer: Handler | None = None, delay: float = 0.0) -> None:
        self.calls: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.under_way = 0
        self._answer = answer
        self._delay = delay

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        text = record_text(body) if "messages" in body else ""
        self.calls[text] += 1
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        self.under_way += 1
        try:
            if self._delay:
                await asyncio.sleep(self._delay)
            if self._answer is not None:
                return await self._answer(request, text)
            return web.json_response(completion(label_of(text)))
        finally:
            self.under_way -= 1


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[str]:
    """The base URL while the server runs."""
    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_post("/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        await runner.cleanup()


def scripted(steps: list[Callable[[str], web.StreamResponse]]) -> Handler:
    """Each record's n-th call gets the n-th step; after the last, a good answer."""
    seen: Counter[str] = Counter()

    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        n = seen[text]
        seen[text] += 1
        return steps[n](text) if n < len(steps) else good(text)

    return answer


def good(text: str) -> web.StreamResponse:
    return web.json_response(completion(label_of(text)))


def status(code: int, **headers: str) -> Callable[[str], web.StreamResponse]:
    content = {"error": {"message": f"made up {code}"}}
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return lambda _: web.json_response(content, status=code, headers=named)


def html(_: str) -> web.StreamResponse:
    return web.Response(text="<!DOCTYPE html><p>hello</p>", content_type="text/html")


def truncated(_: str) -> web.StreamResponse:
    whole = json.dumps(completion("positive"))
    return web.Response(text=whole[: len(whole) // 2], content_type="application/json")


def wrong_shape(_: str) -> web.StreamResponse:
    return web.json_response({"choices": []})


GLAD = ("love", "great", "wonderful", "best", "happy", "perfect", "zufrieden")
SAD = ("died", "awful", "horrible", "hate", "broke", "waste", "kaputt", "money back")


async def reviewer(request: web.Request, text: str) -> web.StreamResponse:
    """Answers as a model would that knows a few words of praise and complaint: the first label
    that begins so, or the first of all; with log-probabilities where these are asked for."""
    body = await request.json()
    lines = body["messages"][0]["content"].splitlines()
    if fields := [line for line in lines if re.match(r"- .+ \(.+ / .+\)$", line)]:
        return web.json_response(completion("\n".join(_field(line, text) for line in fields)))
    labels = [line[2:].partition(":")[0] for line in lines if line.startswith("- ")]
    label = _felt(labels, text)
    if not body.get("logprobs"):
        return web.json_response(completion(label))
    top = [{"token": name, "logprob": -0.1 if name == label else -3.0} for name in labels]
    token = {"token": label, "logprob": -0.1, "top_logprobs": top}
    return web.json_response(completion(label, logprobs={"content": [token]}))


def _felt(labels: list[str], text: str) -> str:
    glad, sad = (any(word in text.lower() for word in words) for words in (GLAD, SAD))
    feeling = "pos" if glad and not sad else "neg" if sad else "neu"
    return next((name for name in labels if name.startswith(feeling)), labels[0])


def _field(line: str, text: str) -> str:
    name = re.split(r": | \(", line[2:])[0]
    options = line.rpartition("(")[2].rstrip(")").split(" / ")
    return f"{name}: {_felt(options, text)}"


@contextmanager
def on_a_thread(server: Server) -> Iterator[str]:
    """The base URL; for tests that start programs of their own."""
    found, done, up = list[str](), threading.Event(), threading.Event()

    async def serve() -> None:
        async with serving(server) as url:
            found.append(url)
            up.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert up.wait(30)
        yield found[0]
    finally:
        done.set()
        thread.join()
