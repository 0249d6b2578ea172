"""A key is in the environment and in the header of a call, and nowhere else."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web

from assay.core import redact
from assay.core.redact import hidden
from tests.cli.commands import TASK, assay, project, remote, validation_error
from tests.servers import Server, completion, serving

KEY = "sk-0123456789abcdef"
ROWS = "id,text,label\n" + "".join(f"{i},text {i},positive\n" for i in range(9))


async def echo(request: web.Request, text: str) -> web.StreamResponse:
    """A server that says the key wherever a server can: in texts, errors, and broken replies."""
    key = request.headers.get("Authorization", "") + request.headers.get("x-api-key", "")
    number = int(text.rsplit(maxsplit=1)[-1])
    if number % 3 == 0:
        return web.json_response({"error": {"message": f"bad key {key}"}}, status=400)
    if number % 3 == 1:
        return web.json_response(completion(f"negative, says {key}"))
    return web.Response(text=f"{{{key}", status=500, headers={"X-Key": key})


def described(folder: Path) -> bytes:
    """Every byte of every file but the data."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != "a.csv"]
    assert len(files) > 5
    return b"\0".join(p.read_bytes() for p in files)


async def test_a_key_is_in_no_ledger_log_report_or_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_KEY", KEY)
    async with serving(Server(echo)) as url:
        who = remote(url, ", key_env: ASSAY_TEST_KEY")
        project(tmp_path, task=TASK + "gold: {label: label}\n", rows=ROWS.encode(), who=who)
        commands = [
            ["check", "task.yaml"], ["run", "task.yaml"], ["run", "task.yaml", "--json"],
            ["report", "task.yaml"], ["export", "task.yaml", "-o", "x.csv"],
            ["export", "task.yaml", "-o", "x.jsonl", "--annotations"],
            ["export", "task.yaml", "-o", "x.parquet", "--annotations"],
        ]  # fmt: skip
        said = b""
        for words in commands:
            done = await asyncio.to_thread(assay, tmp_path, *words)
            assert done.returncode == 0, done.stderr
            said += (done.stdout + done.stderr).encode()
    everything = described(tmp_path) + said
    assert KEY.encode() not in everything
    assert b"bad key Bearer ***" in everything
    answers = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert any(a["raw"] == "negative, says Bearer ***" for a in answers)


@pytest.mark.parametrize("kind", ["openai", "anthropic", "gemini"])
async def test_a_refused_key_is_not_repeated(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_KEY", KEY)

    async def refuse(request: web.Request, text: str) -> web.StreamResponse:
        answered_votes.append(KEY in str(dict(request.headers)))
        return web.json_response({"error": {"message": f"no such key: {KEY}"}}, status=401)

    answered_votes: list[bool] = []
    async with serving(Server(refuse)) as url:
        who = remote(url, ", key_env: ASSAY_TEST_KEY").replace("openai", kind)
        project(tmp_path, who=who)
        done = await asyncio.to_thread(assay, tmp_path, "run", "task.yaml")
    assert done.returncode == 3
    assert all(answered_votes)
    assert answered_votes
    assert "refuses the key" in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_passwords_in_urls_are_hidden_from_messages(tmp_path: Path) -> None:
    secret = "http://user:hunter2@127.0.0.1:9/v1"
    project(tmp_path, who=remote(secret))
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 3
    assert "http://user:***@127.0.0.1:9/v1" in done.stdout
    place = "postgresql+nothing://user:hunter2@127.0.0.1:9/x"
    done_too = assay(tmp_path, "run", "task.yaml", "--ledger", place)
    assert "hunter2" not in done.stdout + validation_error(done_too)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("postgresql://me:pass@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:p:a@host/db", "postgresql://me:***@host/db"),
        ("http://host:8080/v1", "http://host:8080/v1"),
        ("/home/me/l.sqlite", "/home/me/l.sqlite"),
        ("C:\\me@home\\l.sqlite", "C:\\me@home\\l.sqlite"),
    ],
)
def test_only_a_password_is_hidden(place: str, shown: str) -> None:
    assert hidden(place) == shown


@pytest.mark.parametrize("key", ["clé", "two\nlines", "\x7f"])
def test_a_key_that_no_header_can_carry_is_named_by_its_variable(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_KEY", key)
    project(tmp_path, who=remote("http://127.0.0.1:9/v1", ", key_env: ASSAY_TEST_KEY"))
    said = validation_error(assay(tmp_path, "run", "task.yaml"))
    assert "ASSAY_TEST_KEY" in said
    assert key not in said


SLASHED = "sk/te+st/0123456789abcdef"
SPELT = [
    SLASHED.replace("/", "\\/"),
    "".join(f"\\u{ord(c):04x}" for c in SLASHED),
    SLASHED.replace("s", "\\u0073"),
]


@pytest.mark.parametrize("spelt", SPELT)
@pytest.mark.parametrize("status", [200, 400, 401, 500])
async def test_a_key_that_a_server_spells_otherwise_is_hidden(
    spelt: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_KEY", SLASHED)

    async def say(request: web.Request, text: str) -> web.StreamResponse:
        described = (
            completion("negative KEY") if status == 200 else {"error": {"message": "no KEY"}}
        )
        body = json.dumps(described).replace("KEY", spelt)
        return web.Response(text=body, status=status, content_type="application/json")

    async with serving(Server(say)) as url:
        project(tmp_path, who=remote(url, ", key_env: ASSAY_TEST_KEY, timeout: 5"))
        said = ""
        for words in (
            ["run", "task.yaml", "--json"], ["run", "task.yaml"],
            ["export", "task.yaml", "--annotations", "-o", "x.jsonl"],
        ):  # fmt: skip
            done = await asyncio.to_thread(assay, tmp_path, *words)
            said += done.stdout + done.stderr
    exported = tmp_path / "x.jsonl"
    rows = exported.read_text() if exported.exists() else ""
    assert SLASHED not in said + rows + str(json.loads(f"[{','.join(rows.splitlines())}]"))
    ledger = b"".join(p.read_bytes() for p in tmp_path.glob("*.sqlite*"))
    for way in (SLASHED, *SPELT, SLASHED.replace("/", "\\\\/")):
        assert way.encode() not in ledger
        assert way not in said
    assert "***" in said + rows


@pytest.mark.parametrize(
    "place",
    [
        "postgresql+psycopg://user:hunter22@127.0.0.1:9/x",
        "postgresql+psycopg://user:hunter22/ss@127.0.0.1:9/x",
        "postgresql+psycopg://user:a:hunter22?x@127.0.0.1:9/x",
        "postgresql+psycopg://user:hunter22%2Fss@127.0.0.1:9/x",
        "postgresql+psycopg://user@127.0.0.1:9/x?password=hunter22",
        "postgresql+psycopg://127.0.0.1:9/x?user=me&password=hunter22&sslmode=disable",
        "postgresql+psycopg://127.0.0.1:9/x?%70assword=hunter22",
        "postgresql+psycopg://user:hunter22@127.0.0.1:port/x",
        "mysql://user:hunter22@127.0.0.1:9/x",
        "sqlite://user:hunter22@/",
    ],
)
def test_no_command_repeats_the_password_of_a_database(place: str, tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "own.yaml").write_text(
        (tmp_path / "task.yaml").read_text() + f"ledger: {json.dumps(place)}\nbudget: {place}\n"
    )
    (tmp_path / "v.csv").write_text("record,annotator,label\n1,a,positive\n")
    for words in (
        ["run", "task.yaml", "--ledger", place], ["run", "task.yaml", f"--ledger={place}"],
        ["report", "task.yaml", "--ledger", place], ["export", place, "-o", "x.csv"],
        ["export", place, "--ledger", "x", "-o", "x.csv"], ["check", "own.yaml"],
        ["audit", "draw", place, "-o", "x.csv"], ["cost", place], ["aggregate", place],
        ["import", "v.csv", "--ledger", place], ["agree", place], ["compare", place],
        ["study", "lesion", ".", "--ledger", place], ["calibrate", place], ["init", place],
    ):  # fmt: skip
        redact._PLACES.clear()  # a command knows what it was given, not what others were
        done = assay(tmp_path, *words)
        assert done.returncode, words
        assert "hunter22" not in done.stdout + done.stderr, words
