"""Checks a bare install of the wheel: its size, and that each command works or names its extra.

`python -m tools.check_installed out/installed` takes an environment that holds the wheel and pip
alone; afterwards it runs the README's commands and Python there (which reads a file with pandas).
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.cli.test_worked_commands import PRINTED
from tests.cli.worlds import build, fill
from tests.docs.test_snippets import ADDRESS, ROOT, blocks
from tests.servers import Server, on_a_thread, reviewer

LARGEST = 500  # MB of the packages, compiled files included
OWN = ("pip", "setuptools", "pkg_resources")  # what a new environment holds
BEFORE = ("run task.yaml", "audit draw shipped.csv --size 80 -o answers.csv")
BARE = (
    "agree", "aggregate", "audit_draw", "audit_estimate", "calibrate", "certify", "check",
    "compare", "cost", "export", "golden_contract", "golden_choose", "golden_watch",
    "golden_disguise", "import", "init", "plan", "prevalence", "report", "run", "study_celeba",
)  # fmt: skip
OTHERS = ("demo --records 60", "models list", "synthesise --help", "data --help")
EXTRAS = {"golden_disguise": "learn", "demo --records 60": "demo"}


def size(environment: Path) -> int:
    """MB on disk, as `du` counts them, of what was installed."""
    (packages,) = environment.glob("lib/python*/site-packages")
    folders = (p for p in packages.iterdir() if not p.name.startswith(OWN))
    files = (p for folder in folders for p in (folder, *folder.rglob("*")) if not p.is_dir())
    blocks = (p.lstat().st_blocks for p in files)
    return round(sum(blocks) * 512 / 2**20)


def run(binary: Path, words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PATH": f"{binary}:{os.environ['PATH']}"}
    env.pop("PYTHONPATH", None)
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)


def commands(binary: Path, folder: Path) -> Iterator[str]:
    """What is wrong with the commands, on small files of every kind."""
    build(folder)
    for words in BEFORE:
        yield from command(binary, folder, words, None)
    fill(folder)
    for name in BARE:
        yield from command(binary, folder, PRINTED[name], EXTRAS.get(name))
    for words in OTHERS:
        yield from command(binary, folder, words, EXTRAS.get(words))


def command(binary: Path, folder: Path, words: str, extra: str | None) -> Iterator[str]:
    done = run(binary, [str(binary / "assay"), *words.split()], folder)
    if extra is None and done.returncode:
        yield f"assay {words}: exit code {done.returncode}: {done.stderr.strip()}"
    if extra and (done.returncode != 2 or f"pip install 'assay[{extra}]'" not in done.stderr):
        yield f"assay {words}: does not name the extra {extra}: {done.stderr.strip()}"


def readme(binary: Path, folder: Path) -> Iterator[str]:
    """What is wrong with the README's commands and Python; a model server of the tests answers."""
    (folder / "examples").symlink_to(ROOT / "examples")
    with on_a_thread(Server(reviewer)) as address:
        for kind, code in blocks(ROOT / "README.md"):
            shell = {"bash": ["bash", "-euo", "pipefail"], "python": [str(binary / "python")]}[kind]
            done = run(binary, [*shell, "-c", code.replace(ADDRESS, address)], folder)
            if done.returncode:
                yield f"README, {kind}: {code}\n{done.stdout}{done.stderr}"


def main(environment: str) -> int:
    binary = Path(environment).resolve() / "bin"
    taken = size(binary.parent)
    found = [f"{taken} MB installed, at most {LARGEST}"] if taken > LARGEST else []
    with tempfile.TemporaryDirectory() as folder:
        found += commands(binary, Path(folder))
    subprocess.run([binary / "pip", "install", "--quiet", "pandas"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        found += readme(binary, Path(folder))
    print(
        "\n".join(found) or f"a bare install of {taken} MB; its commands work or name their extra"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
