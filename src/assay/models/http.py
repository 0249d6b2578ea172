"""One JSON call over HTTP, tried again where that can help, every attempt counted."""

import asyncio
import math
import os
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from assay.core.cost import NO_USAGE, Usage
from assay.core.errors import AssayError, ModelError
from assay.core.jsons import loads
from assay.core.redact import hidden, hide, remember, scrubbed
from assay.core.spelling import whole_letters
from assay.models.base import Completion, Keeping
from assay.models.bodies import body_of
from assay.models.finish import Unanswered
from assay.models.limits import Endpoint, retry_after
from assay.models.proxy import proxy_for
from assay.models.rejection import Rejection, rejection_of

Parse = Callable[[Any], Completion]
"""The completion in a reply's JSON; raises KeyError, TypeError or ValueError if it is not one."""

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
OVERLOAD = frozenset({429, 503, 529})
KEY_TROUBLE = frozenset({401, 403})
MOST_TOKENS = 10**8  # of one call; what a broken server counts must not become a bill
NO_COMPLETION = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Call:
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: a completion, or an error that is final or worth another try."""

    completion: Completion | None = None
    error: str = ""
    final: bool = False
    wait: float | None = None
    overload: bool = False
    absent: bool = False  # no model was reached at all
    rejection: Rejection | None = None


@dataclass(slots=True)
class Line:
    """The connections of one event loop; once it has ended, the last call closes them."""

    session: aiohttp.ClientSession
    calls: int = 0
    ended: bool = False

    async def close_if_idle(self) -> None:
        if self.ended and not self.calls:
            await self.session.close()


class Http:
    """Connections live on the event loop of who calls: each loop, and so each thread, has its own.

    They are made when first needed; `aclose` ends those of the running loop, and a later call
    makes new ones.
    """

    def __init__(self, endpoint: Endpoint, key: str | None = None) -> None:
        self.endpoint = endpoint
        if key:  # a server may echo it, and replies are kept and reported
            remember(key)
        self._lines: dict[asyncio.AbstractEventLoop, Line] = {}
        self._lock = threading.Lock()

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[aiohttp.ClientSession]:
        line = self._line()
        line.calls += 1
        try:
            yield line.session
        finally:
            line.calls -= 1
            await line.close_if_idle()

    def _line(self) -> Line:
        loop = asyncio.get_running_loop()
        with self._lock:
            for other in [o for o in self._lines if o.is_closed()]:
                del self._lines[other]
            line = self._lines.get(loop)
            if line is None or line.session.closed:
                connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
                timeout = aiohttp.ClientTimeout(total=self.endpoint.limits.timeout)
                session = aiohttp.ClientSession(
                    connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
                )
                line = self._lines[loop] = Line(session)
            return line

    async def aclose(self) -> None:
        with self._lock:
            line = self._lines.pop(asyncio.get_running_loop(), None)
        if line is not None:
            line.ended = True
            await line.close_if_idle()
        self.endpoint.rest()

    async def ask(self, call: Call, parse: Parse, keeping: Keeping | None = None) -> Completion:
        """The completion, or one with `error` where every attempt failed. Its place is given to the
        next call when it is kept.

        ModelError for what no later request can fix either: a refused key, an unknown model or
        address, an open circuit.
        """
        began = time.perf_counter()
        endpoint, error = self.endpoint, ""
        for number in range(1, endpoint.limits.attempts + 1):
            async with endpoint:
                if keeping is not None:
                    keeping.check()
                attempt = await self._attempt(call, parse)
                if attempt.completion is not None:
                    said = _counted(attempt.completion, number, began)
                    if keeping is not None:
                        await keeping.keep(said)
            if attempt.completion is not None:
                endpoint.succeeded()
                return said
            error = attempt.error
            if (attempt.wait or 0.0) > endpoint.limits.longest_asked:
                raise ModelError(
                    f"{endpoint.name} asks to be left alone for {attempt.wait:,.0f} s ({error}); "
                    "run again after that"
                )
            if attempt.overload:
                endpoint.overloaded(attempt.wait, error)
            else:
                endpoint.failed(error)
            if attempt.final:
                break
            if number < endpoint.limits.attempts:
                await asyncio.sleep(max(attempt.wait or 0.0, endpoint.pause(number)))
        if attempt.absent and endpoint.successes == 0:
            raise ModelError(
                f"{endpoint.name} never answered in {endpoint.failures} calls ({error}); check "
                "base_url, and that the server is up"
            )
        failed = Completion("", error=error, rejection=attempt.rejection)
        return _counted(failed, number, began)

    async def _attempt(self, call: Call, parse: Parse) -> Attempt:
        try:
            return await self._sent(call, parse)
        except AssayError:
            raise
        except TimeoutError:
            return Attempt(error=f"no answer within {self.endpoint.limits.timeout:g} s")
        except aiohttp.InvalidURL:
            raise ModelError(f"{hidden(call.url)!r} is not a URL; check base_url") from None
        except aiohttp.ClientConnectorError as bad:
            said = bad.os_error.strerror or bad.os_error
            return Attempt(error=f"cannot connect ({said})", absent=True)
        except (aiohttp.ClientError, OSError) as bad:
            return Attempt(error=f"connection cut ({type(bad).__name__})")
        except Exception as bad:  # a server can say anything; none of it may end a run
            why = hide(f"unreadable reply ({type(bad).__name__}: {bad})")
            return Attempt(error=whole_letters(why[:200]))

    async def _sent(self, call: Call, parse: Parse) -> Attempt:
        async with (
            self._session() as session,
            session.post(
                call.url,
                data=call.body,
                headers=call.headers,
                allow_redirects=False,
                proxy=proxy_for(call.url),
            ) as reply,
            body_of(reply, self.endpoint.limits.most_bytes) as body,
        ):
            if body is None:
                return Attempt(error=self._too_long(), final=True)
            return self._judge(reply, body, parse)

    def _too_long(self) -> str:
        return f"the reply is longer than {self.endpoint.limits.most_bytes:,} bytes; not read on"

    def _judge(self, reply: aiohttp.ClientResponse, body: bytes, parse: Parse) -> Attempt:
        status, headers = reply.status, reply.headers
        if status == 200:
            return _parsed(headers, body, parse)
        said = message_of(body)
        error, no = f"status {status}: {said}", rejection_of(status, body, said)
        if status in RETRIED:
            wait = retry_after(headers.get("Retry-After"))
            return Attempt(error=error, wait=wait, overload=status in OVERLOAD, rejection=no)
        if status in KEY_TROUBLE:
            raise ModelError(f"{self.endpoint.name} refuses the key ({error})")
        if status == 404:
            raise ModelError(
                f"{self.endpoint.name} knows no such model or address ({error}); check model and "
                "base_url"
            )
        if 300 <= status < 400:
            raise ModelError(f"{self.endpoint.name} redirects elsewhere; give the final base_url")
        return Attempt(error=error, final=True, rejection=no)


def _parsed(headers: Mapping[str, str], body: bytes, parse: Parse) -> Attempt:
    kind = headers.get("Content-Type", "")
    if "html" in kind or body[:15].lstrip().lower().startswith((b"<!doctype", b"<html")):
        return Attempt(error="answered with a web page, not JSON: is base_url right?", absent=True)
    try:
        content = scrubbed(loads(body))
    except ValueError:
        return Attempt(error=f"broken JSON of {len(body)} bytes")
    try:
        return Attempt(_sane(parse(content)))
    except Unanswered as bad:
        return Attempt(error=whole_letters(f"not the expected reply: {bad}"[:200]))
    except NO_COMPLETION as bad:
        return Attempt(
            error=whole_letters(f"not the expected reply ({type(bad).__name__}: {bad})"[:200])
        )


def _sane(completion: Completion) -> Completion:
    """Usable numbers: a log-probability that is none makes a fault, more tokens than there can be
    are as if none were counted; a negative count is 0, and neither more were cached than came in
    nor were there more of pictures."""
    fault = completion.fault or _flaw(completion)
    u = completion.usage
    if max(u.input_tokens, u.output_tokens, u.reasoning_tokens, u.image_tokens) > MOST_TOKENS:
        u = NO_USAGE
    given = max(0, u.input_tokens)
    usage = replace(
        u,
        input_tokens=given,
        cached_tokens=min(given, max(0, u.cached_tokens)),
        image_tokens=min(given, max(0, u.image_tokens)),
        output_tokens=max(0, u.output_tokens),
        reasoning_tokens=max(0, u.reasoning_tokens),
    )
    text, thought = whole_letters(completion.text), whole_letters(completion.reasoning)
    return replace(completion, text=text, reasoning=thought, usage=usage, fault=fault)


def _flaw(completion: Completion) -> str | None:
    for token in completion.tokens:
        if not all(isinstance(piece, str) for piece in (token.token, *token.top)):
            return "a token is no text"
        if not all(map(math.isfinite, (token.logprob, *token.top.values()))):
            return "a log-probability is no finite number"
    return None


def _counted(completion: Completion, attempts: int, began: float) -> Completion:
    usage: Usage = replace(completion.usage, attempts=attempts)
    return replace(completion, usage=usage, seconds=time.perf_counter() - began)


def message_of(body: bytes) -> str:
    """What a server says of its error, one short line."""
    try:
        content = loads(body)
        error = content.get("error", content) if isinstance(content, dict) else content
        text = error.get("message", error) if isinstance(error, dict) else error
    except ValueError:
        text = body.decode("utf-8", "replace")
    return whole_letters(hide(" ".join(str(text).split()))[:200])


def key_from(variable: str | None) -> str | None:
    """The key in an environment variable; keys come from nowhere else."""
    if variable is None:
        return None
    if not re.fullmatch(r"[A-Za-z_]\w*", variable):  # not repeated: it may be the key itself
        raise ModelError("key_env is the name of an environment variable, never the key itself")
    key = os.environ.get(variable, "").strip()
    if not key:
        raise ModelError(f"the environment variable {variable} with the key is not set")
    if not (key.isascii() and key.isprintable()):
        raise ModelError(f"the key in {variable} holds characters that no key has; copy it again")
    return key
