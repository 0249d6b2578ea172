import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from assay.core.errors import InputError, SpecError
from assay.core.record import ImagePart
from assay.models.efficientnet import EfficientNetLite, network, pixels
from tests.needs import needs_models

Weights = dict[str, NDArray[np.float32]]
Doubles = NDArray[np.float64]

SMALL = 8  # pixels a side of the test network
STAGES = ((8, 1), (12, 2), (16, 1))  # width, blocks


def small_weights() -> Weights:
    """A network of the same build, small; strides of its stages are 1, 2, 2."""
    rng = np.random.default_rng(0)
    weights: Weights = {}

    def layer(name: str, norm: str, *shape: int) -> None:
        weights[f"{name}.weight"] = rng.normal(0, 0.5, shape).astype(np.float32)
        for part in ("weight", "bias", "running_mean", "running_var"):
            weights[f"{norm}.{part}"] = rng.uniform(0.5, 1.5, shape[0]).astype(np.float32)

    layer("_conv_stem", "_bn0", 4, 3, 3, 3)
    width, block = 4, 0
    for out, count in STAGES:
        for _ in range(count):
            at, wide = f"_blocks.{block}.", width * (2 if block else 1)
            if block:
                layer(f"{at}_expand_conv", f"{at}_bn0", wide, width, 1, 1)
            layer(f"{at}_depthwise_conv", f"{at}_bn1", wide, 1, 3, 3)
            layer(f"{at}_project_conv", f"{at}_bn2", out, wide, 1, 1)
            width, block = out, block + 1
    layer("_conv_head", "_bn1", 1280, width, 1, 1)
    weights["_fc.weight"] = rng.normal(0, 0.1, (1000, 1280)).astype(np.float32)
    weights["_fc.bias"] = rng.normal(0, 0.1, 1000).astype(np.float32)
    return weights


def conv(weights: Weights, x: Doubles, names: str, stride: int = 1, relu: bool = True) -> Doubles:
    """Convolution with the padding of TensorFlow, then normalisation; `names` of both, spaced."""
    name, norm = names.split()
    kernel = weights[f"{name}.weight"].astype(np.float64)
    out, inward, k, _ = kernel.shape
    size = -(-x.shape[1] // stride)
    pad = max((size - 1) * stride + k - x.shape[1], 0)
    x = np.pad(x, [(0, 0), (pad // 2, pad - pad // 2), (pad // 2, pad - pad // 2)])
    y = np.zeros((out, size, size))
    for i, j in np.ndindex(size, size):
        patch = x[:, i * stride : i * stride + k, j * stride : j * stride + k]
        each = inward == 1  # a filter for each channel
        y[:, i, j] = (kernel[:, 0] * patch if each else kernel * patch).reshape(out, -1).sum(1)
    scale, shift, mean, variance = (
        weights[f"{norm}.{part}"].astype(np.float64)[:, None, None]
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    y = (y - mean) / np.sqrt(variance + 1e-3) * scale + shift
    return np.clip(y, 0, 6) if relu else y


def by_hand(weights: Weights, x: Doubles) -> Doubles:
    """The same network in plain numpy, nothing folded; features of one picture."""
    x = conv(weights, x, "_conv_stem _bn0", 2)
    block = 0
    for stride, (_, count) in zip((1, 2, 2), STAGES, strict=True):
        for nth in range(count):
            at, entered = f"_blocks.{block}.", x
            if block:
                x = conv(weights, x, f"{at}_expand_conv {at}_bn0")
            x = conv(weights, x, f"{at}_depthwise_conv {at}_bn1", 1 if nth else stride)
            x = conv(weights, x, f"{at}_project_conv {at}_bn2", relu=False)
            x = x + entered if nth else x
            block += 1
    features: Doubles = conv(weights, x, "_conv_head _bn1").mean(axis=(1, 2))
    return features


def test_the_network_computes_what_the_layers_say() -> None:
    import onnxruntime

    weights = small_weights()
    options = onnxruntime.SessionOptions()
    model = network(dict(weights), SMALL)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    given = np.random.default_rng(1).normal(0, 1, (2, 3, SMALL, SMALL)).astype(np.float32)
    features, logits = session.run(["features", "logits"], {"pixels": given})
    expected = np.stack([by_hand(weights, one.astype(np.float64)) for one in given])
    np.testing.assert_allclose(features, expected, atol=1e-4)
    np.testing.assert_allclose(
        logits, expected @ weights["_fc.weight"].T + weights["_fc.bias"], atol=1e-3
    )


def jpeg(size: tuple[int, int], colour: tuple[int, int, int] = (255, 0, 0)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", quality=95)
    return out.getvalue()


@pytest.mark.parametrize("size", [(1000, 300), (40, 40), (31, 900), (224, 224)])
def test_pixels_have_the_networks_size_and_range(size: tuple[int, int]) -> None:
    found = pixels(jpeg(size), 224)
    assert found.shape == (3, 224, 224)
    assert found.dtype == np.float32
    red, green, blue = found.mean(axis=(1, 2))
    assert (red, green, blue) == pytest.approx((1.0, -0.99, -0.99), abs=0.03)


def test_what_cannot_be_read_is_told_picture_by_picture(tmp_path: Path) -> None:
    import hashlib

    good, bad = tmp_path / "a.jpg", tmp_path / "b.jpg"
    good.write_bytes(jpeg((50, 50)))
    bad.write_bytes(b"no picture")
    parts = [ImagePart(str(p), hashlib.sha256(p.read_bytes()).hexdigest()) for p in (good, bad)]
    first, second = EfficientNetLite(threads=1).read(parts)
    assert not isinstance(first, InputError)
    assert isinstance(second, InputError)


def test_an_unknown_size_names_the_known_ones() -> None:
    with pytest.raises(SpecError, match="efficientnet-lite2"):
        _ = EfficientNetLite("efficientnet-lite9").id


def test_the_real_weights_see_a_difference_and_give_the_same_again() -> None:
    needs_models("efficientnet-lite0")
    eye = EfficientNetLite()
    red, blue = (pixels(jpeg((300, 200), c), 224) for c in ((255, 0, 0), (0, 0, 255)))
    once, again = eye.look([red, blue]), eye.look([red, blue])
    np.testing.assert_array_equal(once.logits, again.logits)
    assert once.features.shape == (2, 1280)
    assert np.abs(once.features[0] - once.features[1]).max() > 0.1


class Session:
    """Features and logits that tell the pictures; keeps the size of every batch."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, wanted: list[str], fed: dict[str, NDArray[np.float32]]) -> list[object]:
        assert wanted == ["features", "logits"]
        seen = fed["pixels"].mean(axis=(1, 2, 3))
        self.batches.append(len(seen))
        return [np.tile(seen[:, None], (1, 1280)), np.tile(-seen[:, None], (1, 1000))]


def test_pictures_are_looked_at_in_batches_of_four_and_keep_their_order() -> None:
    session = Session()
    eye = EfficientNetLite(threads=1, _session=session)
    looked = eye.look([np.full((3, 4, 4), i, np.float32) for i in range(10)])
    assert looked.features[:, 0].tolist() == list(range(10))
    assert looked.logits[:, 999].tolist() == [-i for i in range(10)]
    assert (looked.features.shape, looked.logits.shape) == ((10, 1280), (10, 1000))
    assert session.batches == [4, 4, 2]


def test_a_picture_model_is_named_by_its_weights_and_knows_its_side() -> None:
    sides = [EfficientNetLite(f"efficientnet-lite{i}").side for i in range(3)]
    assert sides == [224, 240, 260]
    assert EfficientNetLite().id == "efficientnet-lite0@579344248a93"
    eye = EfficientNetLite(_session=Session())
    eye.close()
    assert eye == EfficientNetLite()


def test_the_middle_of_a_picture_is_cut_out() -> None:
    striped = np.zeros((256, 512, 3), np.uint8)
    striped[:, 256 - 112 : 256 + 112] = 255
    out = io.BytesIO()
    Image.fromarray(striped).save(out, "PNG")
    found = pixels(out.getvalue(), 224)
    assert found.min() == found.max() == 1.0
