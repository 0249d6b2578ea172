from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assay.models.cache import Cache, Entry
from assay.models.encoder import WIDTH, MiniLM
from assay.models.imagenet import CLASSES, ImageNet, keep, load
from tests.needs import needs_models


def test_vectors_are_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npy"
    assert load(path) is None
    given = np.random.default_rng(0).normal(size=(CLASSES, WIDTH)).astype(np.float32)
    keep(path, given)
    found = load(path)
    assert found is not None
    np.testing.assert_array_equal(found, given)
    path.write_bytes(path.read_bytes()[:5000])
    assert load(path) is None
    np.save(path, given[:3])
    assert load(path) is None


def test_everyday_words_lie_near_their_classes(minilm: MiniLM) -> None:
    needs_models("imagenet-synsets", "imagenet-lemmas", "imagenet-definitions")
    classes = ImageNet(minilm)
    assert (len(classes.names), classes.names[22]) == (1000, "bald eagle")
    near = classes.nearness(["dog", "musical instrument", "fruit"])
    best = [classes.names[i] for i in near.argmax(axis=0)]
    dogs = {classes.names[i] for i in range(151, 269)}
    assert best[0] in dogs
    assert near[949, 2] > near[949, 0]  # strawberry: fruit rather than dog


class Tables(Cache):
    """WordNet's tables of made-up classes."""

    def fetch(self, entry: Entry) -> Path:
        names = [f"n{i:04}" for i in range(CLASSES)]
        lines = {
            "imagenet-synsets": names,
            "imagenet-lemmas": [f"{n}\tname {n}, other" for n in reversed(names)] + [""],
            "imagenet-definitions": [f"{n}\ta thing\tof {n}" for n in names],
        }[entry.name]
        path = self.root / f"{entry.name}.txt"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path


@dataclass(slots=True)
class Encoder(MiniLM):
    asked: list[str] = field(default_factory=list)
    closed: bool = False

    def encode(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        return np.eye(len(texts), WIDTH, dtype=np.float32) + len(texts[0]) / 100

    def close(self) -> None:
        self.closed = True


def test_classes_are_encoded_once_by_their_names_and_meanings(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    encoder = Encoder()
    classes = ImageNet(encoder, Tables(tmp_path))
    assert classes.names[:2] == ("name n0000", "name n0001")
    assert (len(classes.names), classes.id) == (CLASSES, encoder.id)
    vectors = classes.vectors
    assert classes.vectors is vectors
    assert encoder.asked[7] == "name n0007, other: a thing\tof n0007"
    assert len(encoder.asked) == CLASSES
    again = ImageNet(Encoder(), Tables(tmp_path))
    assert np.array_equal(again.vectors, vectors)
    assert again.encoder.asked == []  # type: ignore[attr-defined]
    near = classes.nearness(["dog", "cat"])
    assert near.shape == (CLASSES, 2)
    assert np.allclose(near, vectors @ Encoder().encode(["dog", "cat"]).T)
    classes.close()
    assert encoder.closed
