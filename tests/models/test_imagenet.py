from pathlib import Path

import numpy as np

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
