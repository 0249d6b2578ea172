"""The 1,000 classes of ImageNet in words, and where a user's labels lie among them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.data.workplace import working
from assay.models.cache import BY_NAME, Cache, default_cache
from assay.models.encoder import WIDTH, MiniLM

Floats = NDArray[np.float32]

CLASSES = 1000


@dataclass(slots=True)
class ImageNet:
    """Names and definitions are WordNet's; vectors are of `names: definition`, of length 1."""

    encoder: MiniLM = field(default_factory=MiniLM)
    cache: Cache = field(default_factory=default_cache)
    _names: tuple[str, ...] = ()
    _vectors: Floats | None = None

    def close(self) -> None:
        self.encoder.close()

    @property
    def id(self) -> str:
        return self.encoder.id

    @property
    def names(self) -> tuple[str, ...]:
        """Short names, for people to read."""
        if not self._names:
            self._names = tuple(lemmas.split(",")[0] for lemmas, _ in self._wordings())
        return self._names

    @property
    def vectors(self) -> Floats:
        """Classes x width; encoded once, then kept next to the model files."""
        if self._vectors is None:
            kept = self.cache.root / "models" / f"imagenet-{self.encoder.id.replace('@', '-')}.npy"
            found = load(kept)
            if found is None:
                wordings = [f"{names}: {meaning}" for names, meaning in self._wordings()]
                found = self.encoder.encode(wordings)
                keep(kept, found)
            self._vectors = found
        return self._vectors

    def nearness(self, wordings: Sequence[str]) -> Floats:
        """Cosine of each class (row) and wording (column)."""
        near: Floats = self.vectors @ self.encoder.encode(wordings).T
        return near

    def _wordings(self) -> list[tuple[str, str]]:
        names, meanings = (self._table(f"imagenet-{what}") for what in ("lemmas", "definitions"))
        synsets = self.cache.fetch(BY_NAME["imagenet-synsets"]).read_text().split()
        return [(names[synset], meanings[synset]) for synset in synsets]

    def _table(self, name: str) -> dict[str, str]:
        lines = self.cache.fetch(BY_NAME[name]).read_text(encoding="utf-8").splitlines()
        return dict(line.split("\t", 1) for line in lines if line)


def load(path: Path) -> Floats | None:
    """None where there is no such file, or not a whole one."""
    try:
        found: Floats = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == (CLASSES, WIDTH) else None


def keep(path: Path, vectors: Floats) -> None:
    with working(path.parent) as place:
        part = place / path.name
        np.save(part, vectors)
        part.replace(path)
