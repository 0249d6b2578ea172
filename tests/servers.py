"""Real servers on this machine: one that answers well, and one that misbehaves by script."""

import asyncio
import json
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
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
