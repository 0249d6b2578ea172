"""The code that a task file names, known without importing it, and run only where it is trusted.

A task file may come from somebody else, and naming a function is enough to run it. So what an
annotator names (a rule `module:function`, an entry point) runs only with `--allow-code`, or after
it was allowed once; a digest over its name and its sources is kept for that in the user's
configuration folder, so code that has changed since is asked about again.
"""

import hashlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path

from platformdirs import user_cache_path, user_config_path

from assay.annotators.rule import GROUP as RULES
from assay.annotators.rule import SHIPPED
from assay.core.errors import SpecError
from assay.taskfile.annotators import AnnotatorSpec, PluginSpec, RuleSpec
from assay.taskfile.specs import TaskFile

PLUGINS = "assay.annotators"
NOWHERE = "no such module"
allowed: ContextVar[bool] = ContextVar("allowed", default=False)
looking: ContextVar[bool] = ContextVar("looking", default=False)


@dataclass(frozen=True, slots=True)
class Code:
    """What one annotator of a task file would run."""

    annotator: str
    what: str  # `rule mine:judge`
    where: str
    digest: str

    @property
    def trusted(self) -> bool:
        return self.digest in _trusted()

    def __str__(self) -> str:
        return f"annotator {self.annotator!r} runs code, {self.what} ({self.where})"


@contextmanager
def saying(which: ContextVar[bool], value: bool = True) -> Iterator[None]:
    """A block in which code is allowed, or only inspected."""
    before = which.set(value)
    try:
        yield
    finally:
        which.reset(before)


def code_of(file: TaskFile) -> list[Code]:
    """All code that the file names; nothing of it is imported."""
    found = (code_in(name, spec) for name, spec in file.annotators.items())
    return [code for code in found if code is not None]


def code_in(name: str, spec: AnnotatorSpec) -> Code | None:
    if isinstance(spec, PluginSpec):
        return _code(name, f"plugin {spec.plugin}", _entry(PLUGINS, spec.plugin))
    if not isinstance(spec, RuleSpec) or spec.rule in SHIPPED:
        return None
    value = _entry(RULES, spec.rule) or spec.rule
    return _code(name, f"rule {spec.rule}", value) if ":" in value else None


def _entry(group: str, name: str) -> str | None:
    found = importlib.metadata.entry_points(group=group, name=name)
    return next((entry.value for entry in found), None)


def _code(annotator: str, what: str, value: str | None) -> Code:
    spec = _found((value or "").partition(":")[0].strip())
    digest = hashlib.sha256(f"{what}\n{value}\n".encode("utf-8", "surrogateescape"))
    for path in _sources(spec):
        digest.update(f"{path.name}\n".encode("utf-8", "surrogateescape"))
        with suppress(OSError):
            digest.update(path.read_bytes())
    if spec is None:
        where = NOWHERE
    elif spec.origin is None or not Path(spec.origin).is_file():
        where = "part of Python"
        digest.update(sys.version.encode())
    else:
        where = spec.origin
    return Code(annotator, what, where, digest.hexdigest())


def _found(module: str) -> ModuleSpec | None:
    """The location of a module, found without importing it or its package."""
    spec, path, parts = None, None, module.split(".")
    for i in range(len(parts)):
        name = ".".join(parts[: i + 1])
        found = (f.find_spec(name, path) for f in sys.meta_path if hasattr(f, "find_spec"))
        spec = next((s for s in found if s is not None), None) if name else None
        if spec is None:
            return None
        path = spec.submodule_search_locations
        if path is None and i + 1 < len(parts):
            return None
    return spec


def _sources(spec: ModuleSpec | None) -> list[Path]:
    """The module's file; of a package the code of all that is in it, since it may be imported."""
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return []
    top = spec.name.partition(".")[0]
    package = _found(top)
    places = (package and package.submodule_search_locations) or ()
    files = [p for place in places for p in Path(place).rglob("*.py")]
    return sorted({Path(spec.origin), *files})


def permit(code: Code, allow: bool) -> None:
    """Says what is about to run; SpecError unless it is trusted, or allowed now."""
    if not code.trusted:
        if not allow:
            raise SpecError(
                f"{code}, which is not trusted yet; review it, then allow it with "
                "--allow-code (in Python: load(…, allow_code=True))"
            )
        trust(code)
    print(f"note: {code}", file=sys.stderr)


def trust(code: Code) -> None:
    place = _store()
    with suppress(OSError):  # then it is asked about again next time
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a", encoding="utf-8") as file:
            file.write(f"{code.digest} {code.what!r} {code.where!r}\n")


def _store() -> Path:
    return user_config_path("assay") / "trusted-code"


def _trusted() -> set[str]:
    try:
        lines = _store().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return {line.partition(" ")[0] for line in lines}


@contextmanager
def from_source() -> Iterator[None]:
    """A block whose imports ignore compiled code next to the reviewed sources: a
    foreign folder could contain a different one."""
    before = sys.pycache_prefix
    sys.pycache_prefix = os.fspath(user_cache_path("assay") / "bytecode")
    try:
        yield
    finally:
        sys.pycache_prefix = before
