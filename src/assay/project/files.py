"""The files that a task file names, which no output may overwrite, whether they are read or not."""

from collections.abc import Iterator
from pathlib import Path

from assay.data.inputs import keeping, reading
from assay.data.workplace import clear
from assay.taskfile.annotators import TeamSpec
from assay.taskfile.specs import TaskFile
from assay.taskfile.strategies import SpecialistsSpec, StrategySpec


def protect(file: TaskFile, folder: Path, ledger: str) -> None:
    """InputError if an output of this command would overwrite one of them. Leftovers of a killed
    process in the folder are removed.
    """
    clear(folder)
    keeping(ledger)
    for name in named(file):
        path = folder / name
        # of a folder of pictures, pictures alone are inputs, and those are never replaced
        if path.is_file() or (path.is_dir() and name != file.data.images):
            reading(path)


def named(file: TaskFile) -> Iterator[str]:
    """Data, pictures, gold, recorded answers, registries, and models that are files."""
    yield file.data.path
    yield from filter(None, [file.gold and file.gold.path])
    if file.data.images is not None:
        yield file.data.images
    strategies: list[StrategySpec] = [file.strategy]
    for spec in file.annotators.values():
        yield from filter(None, (getattr(spec, key, None) for key in ("path", "model")))
        strategies += [spec.strategy] if isinstance(spec, TeamSpec) else []
    used = (s for s in strategies if isinstance(s, SpecialistsSpec))
    yield from (s.registry for s in used if s.registry is not None)
