import pickle
from pathlib import Path

import numpy as np
import pytest

from assay.core.errors import ModelError
from assay.models.torch_weights import MAGIC, read_weights
from tests.models.checkpoints import write_checkpoint


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("it ran",)


def test_tensors_come_back_with_their_names_shapes_and_order(tmp_path: Path) -> None:
    given = {
        "a.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        "b.bias": np.array([1.5], np.float32),
    }
    found = read_weights(write_checkpoint(tmp_path / "w.pth", given))
    assert list(found) == list(given)
    for name, array in given.items():
        np.testing.assert_array_equal(found[name], array)


def test_a_checkpoint_that_would_run_code_is_refused_unrun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil.pth"
    pickled: list[object] = [MAGIC, 1001, {}, Evil()]
    path.write_bytes(b"".join(pickle.dumps(x, protocol=2) for x in pickled))
    with pytest.raises(ModelError, match=r"print is not part of a state dict"):
        read_weights(path)
    path.write_bytes(pickle.dumps(Evil(), protocol=2))
    with pytest.raises(ModelError, match="not a checkpoint"):
        read_weights(path)
    assert capsys.readouterr().out == ""


def test_a_tensor_that_leaves_its_storage_is_refused(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / "w.pth", {"a": np.ones(4, np.float32)}, offset=1)
    with pytest.raises(ModelError, match="leaves its storage"):
        read_weights(path)


@pytest.mark.parametrize("keep", [0, 10, 200, -4])
def test_a_cut_or_foreign_file_is_one_clear_line(tmp_path: Path, keep: int) -> None:
    path = write_checkpoint(tmp_path / "w.pth", {"a": np.ones(400, np.float32)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"w\.pth is not a checkpoint"):
        read_weights(path)


def test_a_transposed_tensor_comes_back_by_its_strides(tmp_path: Path) -> None:
    given = np.arange(12, dtype=np.float32).reshape(3, 4)
    named = {"flat": given.ravel(), "turned": given.T}
    path = write_checkpoint(tmp_path / "w.pth", named)
    found = read_weights(path)
    assert found["turned"].shape == (4, 3)
    assert found["turned"].strides == (4, 16)


def test_a_checkpoint_of_another_magic_number_or_storage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    headers: dict[str, list[object]] = {
        "no PyTorch magic number": [MAGIC + 1, 1001, {}, {}, []],
        "not a checkpoint": [MAGIC, 1001, {}, {}, ["lost"]],
    }
    for described, parts in headers.items():
        path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
        with pytest.raises(ModelError, match=described):
            read_weights(path)
