"""Killed by signal 9 at any moment and run again, a command does what it does unbroken, and leaves
nothing behind."""

import random
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.ledger import SqlLedger
from tests.cli.commands import LEDGER, TASK, assay, project
from tests.cli.killable import DIES, End, Lived, Place, few_tweets, lived, nothing, toy_model
from tests.project.test_registry import written
from tests.project.test_strategies import folder as tones

__all__ = ["tones"]
MINUTE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
RECORDS = 60
LARGE = 12_000
TEXTS = ["I love it", "I hate it", "It is a table"]
LABELS = ["positive", "negative", "neutral"]
GOLD = TASK + "gold: {label: label, calibration: 0, evaluation: 1}\n"


def files(place: Place) -> dict[str, bytes]:
    """All that was written, beside ledgers; of a page all but the minute of its making."""
    found = (p for p in place.work.rglob("*") if p.is_file() and LEDGER not in p.name)
    return {str(p.relative_to(place.work)): MINUTE.sub(b"", p.read_bytes()) for p in found}


def answers(place: Place) -> object:
    with closing(SqlLedger(str(place.work / LEDGER))) as ledger:
        return sorted((a.key, a.by or "", str(a.value)) for a in ledger.annotations())


def decisions(place: Place) -> object:
    with closing(SqlLedger(str(place.work / LEDGER))) as ledger:
        last = ledger.runs()[-1].id
        return answers(place), {d.record: d for d in ledger.decisions(last)}


def cached(place: Place) -> object:
    return {p.name: p.read_bytes() for p in (place.root / "cache").rglob("*") if p.is_file()}


@dataclass(frozen=True, slots=True)
class Command:
    """Its words, what of its work must be as if unbroken, and what is made ready for it."""

    words: str
    result: Callable[[Place], object] = files
    act: Callable[[], None] = nothing
    learning: bool = False


COMMANDS = {
    "report": Command("report task.yaml -o out.html"),
    "export to csv": Command("export task.yaml -o out.csv"),
    "export to parquet": Command("export task.yaml -o out.parquet"),
    "export to a folder": Command("export task.yaml -o out"),
    "export of annotations": Command("export task.yaml --annotations -o out.jsonl"),
    "aggregate": Command("aggregate task.yaml --out out.csv"),
    "audit": Command("audit draw task.yaml --size 20 -o out.csv"),
    "init": Command("init a.csv -o drafted.yaml"),
    "import": Command(
        "import large.csv --ledger LEDGER --name big".replace("LEDGER", LEDGER), answers
    ),
    "synthesise": Command("synthesise task.yaml --per-label 4 -o out.jsonl"),
    "run": Command("run task.yaml", decisions),
    "specialists": Command("run task.yaml --allow-code", decisions, learning=True),
    "data fetch": Command("data fetch tweets --out made", act=few_tweets),
    "models fetch": Command("models fetch toy", cached, toy_model),
}


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labelled")
    rows = [f"r{i},{TEXTS[i % 3]} {i},{LABELS[i % 3]}" for i in range(RECORDS)]
    project(folder, GOLD, "\n".join(["id,text,label", *rows]).encode())
    said = [f"r{i},ann,{LABELS[i % 3]}\nr{i},bob,{LABELS[i % 2]}" for i in range(LARGE // 2)]
    (folder / "large.csv").write_text("\n".join(["record,annotator,label", *said]))
    done = assay(folder, "run", "task.yaml")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def learning(tones: Path) -> Path:
    """A controller that chooses specialists, one of which is trained in stages."""
    written(tones)
    return tones


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_goes_on_as_if_it_had_not_been(
    name: str, labelled: Path, learning: Path, tmp_path: Path
) -> None:
    command, rng = COMMANDS[name], random.Random(name)
    whole, killed = (Place(tmp_path / kind) for kind in ("whole", "killed"))
    for place in (whole, killed):
        shutil.copytree(learning if command.learning else labelled, place.work)

    def again(place: Place, end: End | None = None) -> Lived:
        return lived(place, command.act, command.words.split(), end)

    unbroken = again(whole)
    assert unbroken.code == 0, unbroken.said
    ends = [End(seconds=rng.uniform(0, unbroken.seconds)), End(events=unbroken.events)]
    ends += [End(events=rng.randint(1, unbroken.events)) for _ in range(2)]
    codes = [again(killed, end).code for end in ends]
    assert set(codes) <= {0, DIES}, "what a kill left made the next one fail"
    assert DIES in codes

    last = again(killed)
    assert last.code == 0, last.said
    assert command.result(killed) == command.result(whole)
    assert not killed.leftovers()
