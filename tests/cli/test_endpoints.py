"""What a user sees of an endpoint that is down, is something else, or misbehaves."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from assay.models.limits import Endpoint
from tests.cli.commands import LEDGER, Done, assay, names, project, remote, validation_error
from tests.servers import Server, good, html, serving, status, truncated

ROWS = b"id,text\n" + b"".join(b"%d,text %d\n" % (i, i) for i in range(12))
Step = Callable[[str], web.StreamResponse]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries, and nothing else, are shortened."""
    monkeypatch.setattr(Endpoint, "pause", lambda self, attempt: 0.001)


async def run(folder: Path, server: Server, *words: str) -> Done:
    async with serving(server) as url:
        project(folder, rows=ROWS, who=remote(url))
        return await asyncio.to_thread(assay, folder, "run", "task.yaml", *words)


def body(content: bytes, **headers: str) -> Step:
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return lambda _: web.Response(body=content, content_type="application/json", headers=named)


def always(step: Step) -> Server:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return step(text)

    return Server(answer)


def test_a_server_that_is_down_is_named_and_nothing_is_decided(tmp_path: Path) -> None:
    project(tmp_path, rows=ROWS, who=remote("http://127.0.0.1:9/v1"))
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 3
    assert done.stderr == ""
    described = "stopped: a model cannot be used: http://127.0.0.1:9/v1 never answered in"
    assert described in done.stdout
    assert "cannot connect" in done.stdout
    assert "12 records: 0 decided" in done.stdout
    assert "next:" not in done.stdout
    export = assay(tmp_path, "export", "task.yaml", "-o", "x.csv")
    assert "no run has made decisions yet" in validation_error(export)
    assert names(tmp_path) == {"task.yaml", "a.csv", LEDGER}


WRONG: dict[str, tuple[Step, str]] = {
    "a web page": (html, "is base_url right?"),
    "a redirect": (status(302, Location="http://127.0.0.1:9/x"), "give the final base_url"),
    "a refused key": (status(401), "refuses the key (status 401: made up 401)"),
    "an unknown model": (status(404), "knows no such model or address"),
    "equal refusals": (status(400), "refused 5 times in a row for one reason (status 400: made up"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_every_call_would_meet_stops_the_run(case: str, tmp_path: Path) -> None:
    step, described = WRONG[case]
    done = await run(tmp_path, always(step))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "stopped: a model cannot be used" in done.stdout
    assert described in done.stdout


FAULTY: dict[str, tuple[Step, int, str]] = {
    "500": (status(500), 5, "status 500: made up 500 (12)"),
    "429": (status(429), 5, "status 429: made up 429 (12)"),
    "truncated": (truncated, 5, "broken JSON of"),
    "empty": (body(b""), 5, "broken JSON of 0 bytes (12)"),
    "bottomless": (body(b"[" * 100_000), 5, "broken JSON of 100000 bytes (12)"),
    "another shape": (body(b"[]"), 5, "not the expected reply"),
    "other bytes": (body(b"\xff\xfe\x00"), 5, "broken JSON of 3 bytes (12)"),
    "no gzip": (body(b"\x1f\x8bnothing", Content_Encoding="gzip"), 5, "connection cut"),
}


@pytest.mark.parametrize("case", FAULTY)
async def test_a_server_that_only_fails_ends_with_counts_and_reasons(
    case: str, tmp_path: Path
) -> None:
    step, tries, described = FAULTY[case]
    server = always(step)
    done = await run(tmp_path, server)
    assert done.returncode == 3
    assert done.stderr == ""
    assert set(server.calls.values()) == {tries}
    assert "one: 0 answered, 12 failed\ncost unknown (no `prices` for one)" in done.stdout
    retries = 12 * (tries - 1)
    assert (f"{retries} retries" in done.stdout) is (retries > 0)
    assert "failed, to be retried in the next run: " in done.stdout
    assert described in done.stdout


async def test_the_next_run_asks_what_failed_and_only_that(tmp_path: Path) -> None:
    async def answer(request: web.Request, text: str) -> web.StreamResponse:
        return (status(500) if text in broken else good)(text)

    broken = {"text 3", "text 7"}
    server = Server(answer)
    async with serving(server) as url:
        project(tmp_path, rows=ROWS, who=remote(url))
        first = await asyncio.to_thread(assay, tmp_path, "run", "task.yaml", "--json")
        broken.clear()
        server.calls.clear()
        second = await asyncio.to_thread(assay, tmp_path, "run", "task.yaml")
    described = json.loads(first.stdout)
    assert first.returncode == 0  # all records were gone through, and some are decided
    assert (described["decided"], described["undecided"], described["retries"]) == (10, 2, 8)
    assert described["annotators"]["one"]["errors"] == {"status 500: made up 500": 2}
    assert server.calls == {"text 3": 1, "text 7": 1}
    assert "12 decided" in second.stdout
    assert "10 from cache" in second.stdout
