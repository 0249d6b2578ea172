"""Feeds damaged inputs to every reader of foreign bytes, and keeps those that break one.

    python -m tests.fuzz --seconds 60 [--seed 1] [--target arrow] [--input out/fuzz/arrow-1.bin]

Readers run in children, many inputs in each, so that one that ends the process, or never comes
back, is noticed. Exit code 1 where anything broke.
"""

import argparse
import faulthandler
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from assay.core.errors import AssayError
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS

OUT = Path("out/fuzz")
IN_A_CHILD = 100
LONGEST = 10  # seconds for one input


def broken(target: str, content: bytes) -> str | None:
    """What went wrong, other than that the input was refused in one line."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            TARGETS[target](content, Path(folder))
        except AssayError as bad:
            return None if len(str(bad)) < 2_000 else f"a message of {len(str(bad)):,} characters"
        except Exception:
            return traceback.format_exc(limit=-6)
    return None


def child(target: str, sound: list[bytes], seed: int, place: Path) -> int:
    """How many inputs this child was through; it ends where one breaks, and leaves that one."""
    for number in range(IN_A_CHILD):
        rng = random.Random(f"{seed} {target} {number}")
        content = mutated(rng.choice(sound), rng)
        place.write_bytes(content)
        signal.alarm(LONGEST)
        said = broken(target, content)
        signal.alarm(0)
        if said is not None:
            place.with_suffix(".txt").write_text(said, encoding="utf-8", errors="replace")
            return 1
    place.unlink()
    return 0


def in_child(target: str, sound: list[bytes], seed: int) -> str | None:
    """None where all went well; else what broke, with its input kept."""
    OUT.mkdir(parents=True, exist_ok=True)
    place = OUT / f"{target}-{seed}.bin"
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        faulthandler.disable()
        os._exit(child(target, sound, seed, place))
    status = os.waitpid(pid, 0)[1]
    if status == 0:
        return None
    described = place.with_suffix(".txt")
    if os.WIFSIGNALED(status):
        described.write_text(f"ended by {signal.Signals(os.WTERMSIG(status)).name}\n")
    said = (
        described.read_text(encoding="utf-8", errors="replace")
        if described.exists()
        else "no report"
    )
    return f"{said}again: python -m tests.fuzz --target {target} --input {place}"


def fuzz(seconds: float, seed: int, names: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        sound = corpus(Path(folder))
    end, turn, found = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        name = names[turn % len(names)]
        said = in_child(name, sound[name], seed + turn // len(names))
        turn += 1
        if said is not None:
            found += 1
            print(f"{name}: {said}\n", flush=True)
    print(f"seed {seed}: {turn * IN_A_CHILD:,} inputs at most, {found} broke a reader")
    return min(found, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10**6)
    parser.add_argument("--target", choices=TARGETS, action="append")
    parser.add_argument("--input", type=Path, help="one input again, in this process")
    asked = parser.parse_args()
    names = asked.target or list(TARGETS)
    if asked.input is not None:
        said = broken(names[0], asked.input.read_bytes())
        print(said or "not broken")
        return int(said is not None)
    return fuzz(asked.seconds, asked.seed, names)


if __name__ == "__main__":
    sys.exit(main())
