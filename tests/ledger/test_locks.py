"""One holder of a name at a time, on every ledger, and a dead holder is none."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.ledger import Ledger, SqlLedger
from tests.ledger.places import DURABLE, EVERY, Place, own_schema

HOLDER = """
import sys, time
from assay.ledger import SqlLedger
assert SqlLedger(sys.argv[1]).lock("name") is not None
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(params=EVERY, ids=lambda place: place.__name__)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    place: Place = request.param
    yield from place(tmp_path)


def test_a_name_is_held_by_one_until_given_back(ledger: Ledger) -> None:
    release = ledger.lock("name")
    assert release is not None
    assert ledger.lock("name") is None
    other = ledger.lock("other")
    assert other is not None
    release()
    again = ledger.lock("name")
    assert again is not None
    again()
    other()


@pytest.mark.parametrize("kind", [place.__name__ for place in DURABLE])
def test_who_is_killed_holds_nothing(kind: str, tmp_path: Path) -> None:
    if kind == "sqlite":
        _killed(str(tmp_path / "l.sqlite"))
        return
    with own_schema() as url:
        _killed(url)


def _killed(place: str) -> None:
    ledger = SqlLedger(place)
    command = [sys.executable, "-c", HOLDER, place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert ledger.lock("name") is None
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    release = None
    for _ in range(200):  # a server takes a moment to see that its client is gone
        if (release := ledger.lock("name")) is not None:
            break
    assert release is not None
    release()
    ledger.close()


def test_nothing_lies_beside_the_ledger_afterwards(tmp_path: Path) -> None:
    ledger = SqlLedger(str(tmp_path / "l.sqlite"))
    release = ledger.lock("name")
    assert release is not None
    release()
    ledger.close()
    assert [p.name for p in tmp_path.iterdir()] == ["l.sqlite"]
