"""A short, seeded part of `make fuzz`: no reader of foreign bytes breaks on any of it."""

import random
from pathlib import Path

import pytest

from tests.fuzz.__main__ import broken
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS

INPUTS = 12
PLAIN = [name for name in TARGETS if name not in ("arrow", "parquet", "ledger")]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    return corpus(tmp_path_factory.mktemp("corpus"))


def test_each_reader_reads_what_its_writer_writes(
    sound: dict[str, list[bytes]], tmp_path: Path
) -> None:
    for name, inputs in sound.items():
        for number, content in enumerate(inputs):
            folder = tmp_path / f"{name}{number}"
            folder.mkdir()
            TARGETS[name](content, folder) if name not in ("heard", "registry") else None


@pytest.mark.parametrize("name", PLAIN)
def test_damaged_input_is_refused_in_one_line_or_read(
    name: str, sound: dict[str, list[bytes]]
) -> None:
    for number in range(INPUTS):
        rng = random.Random(f"0 {name} {number}")
        content = mutated(rng.choice(sound[name]), rng)
        assert broken(name, content) is None, content[:200]
