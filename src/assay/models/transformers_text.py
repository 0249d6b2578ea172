"""Text classifiers through transformers, by hub name or local folder: asked and fine-tuned.

Fine-tuning is that of AutoAnnotator (Lu et al., arXiv 2506.16393; section 4(a) of our notes): all
parameters, AdamW with a rate that falls to zero, few epochs.
"""

import copy
import hashlib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.core.digest import digest
from assay.core.errors import ModelError, SpecError

Floats = NDArray[np.float64]

EXTRA = "local text classifiers need the extra `hub`: pip install 'assay[hub]'"
WEIGHTS = ("*.safetensors", "*.bin", "config.json")


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a model is fine-tuned; the defaults are the paper's."""

    rate: float = 2e-5
    epochs: int = 3
    batch: int = 16
    decay: float = 0.01
    longest: int = 128  # tokens


@dataclass(frozen=True, slots=True)
class Loaded:
    model: Any
    tokenizer: Any


@dataclass(slots=True)
class TextClassifier:
    """Weights are loaded when first needed. `revision` pins them on the hub and belongs to the id;
    of a folder the id carries the digest of its weights. `heads`: the labels of a new last layer,
    in place of the one the model comes with. `device` is `cuda` where there is one, else `cpu`.
    """

    name: str
    revision: str | None = None
    device: str | None = None
    longest: int = 512  # tokens of a text that are read
    heads: tuple[str, ...] = ()
    seed: int = 0  # of new heads
    _loaded: Loaded | None = field(default=None, repr=False)
    _only_here: bool = field(default=False, repr=False)  # fine-tuned weights are nowhere else

    @property
    def id(self) -> str:
        folder = Path(self.name)
        if folder.is_dir():
            return f"{folder.name}@{_content(*_files(folder))}"
        return f"{self.name}@{self.revision}" if self.revision else self.name

    @property
    def loaded(self) -> Loaded:
        loaded = self._loaded
        if loaded is None:
            loaded = self._loaded = load(self)
        return loaded

    def close(self) -> None:
        """Frees weights that can be loaded again, as the next text does."""
        if not self._only_here:
            self._loaded = None

    @property
    def labels(self) -> tuple[str, ...]:
        """What the model says, in the order of its outputs."""
        config = self.loaded.model.config
        return tuple(str(config.id2label[i]) for i in range(config.num_labels))

    @property
    def on_gpu(self) -> bool:
        return bool(self.loaded.model.device.type == "cuda")

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Shape (texts, labels)."""
        with imported("torch").inference_mode():
            inputs = self._inputs(texts, self.longest)
            logits = self.loaded.model(**inputs).logits.double()
            return np.asarray(logits.softmax(-1).cpu().numpy(), dtype=np.float64)

    def with_heads(self, labels: tuple[str, ...], seed: int) -> "TextClassifier":
        """The same body with a new last layer for these labels, drawn by seed."""
        return replace(self, heads=labels, seed=seed, _loaded=None, _only_here=False)

    def tuned(
        self, texts: Sequence[str], targets: Sequence[int], tuning: Tuning, seed: int
    ) -> "TextClassifier":
        """A copy fine-tuned on texts and the numbers of their labels."""
        torch = imported("torch")
        model = copy.deepcopy(self.loaded.model).train()
        made = replace(self, _loaded=Loaded(model, self.loaded.tokenizer), _only_here=True)
        steps = tuning.epochs * -(-len(texts) // tuning.batch)
        adam = torch.optim.AdamW(model.parameters(), lr=tuning.rate, weight_decay=tuning.decay)
        falling = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: 1 - step / steps)
        rng = np.random.default_rng(seed)
        with torch.random.fork_rng(devices=[model.device] if self.on_gpu else []):
            torch.manual_seed(seed)
            for _ in range(tuning.epochs):
                order = rng.permutation(len(texts)).tolist()
                for start in range(0, len(order), tuning.batch):
                    batch = order[start : start + tuning.batch]
                    inputs = self._inputs([texts[i] for i in batch], tuning.longest)
                    wanted = torch.tensor([targets[i] for i in batch], device=model.device)
                    loss = torch.nn.functional.cross_entropy(model(**inputs).logits, wanted)
                    adam.zero_grad()
                    loss.backward()
                    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    adam.step()
                    falling.step()
        model.eval()
        return made

    def _inputs(self, texts: Sequence[str], longest: int) -> Any:
        loaded = self.loaded
        return loaded.tokenizer(
            list(texts), truncation=True, max_length=longest, padding=True, return_tensors="pt"
        ).to(loaded.model.device)


def load(spec: TextClassifier) -> Loaded:
    """ModelError if the extra is missing, or the hub or folder has no such model; SpecError
    for a model that gives several labels at once."""
    torch, transformers = imported("torch"), imported("transformers")
    device = spec.device or ("cuda" if torch.cuda.is_available() else "cpu")
    how: dict[str, Any] = {"revision": spec.revision}
    if spec.heads:
        names = dict(enumerate(spec.heads))
        how |= {"num_labels": len(names), "id2label": names, "ignore_mismatched_sizes": True}
        how |= {"label2id": {name: i for i, name in names.items()}}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec.seed)
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                spec.name, revision=spec.revision
            )
            model = transformers.AutoModelForSequenceClassification.from_pretrained(
                spec.name, **how
            )
        except (OSError, ValueError) as bad:
            said = " ".join(str(bad).split())[:200]
            raise ModelError(f"cannot load {spec.name!r}: {said}") from None
    if model.config.problem_type == "multi_label_classification" and not spec.heads:
        raise SpecError(
            f"{spec.name!r} gives several labels at once; a task of one label needs one"
        )
    return Loaded(model.to(device).eval(), tokenizer)


def _files(folder: Path) -> list[tuple[Path, int]]:
    """With the moment each was written, so that a folder that was saved over is read again."""
    found = sorted(path for pattern in WEIGHTS for path in folder.glob(pattern))
    return [(path, path.stat().st_mtime_ns) for path in found]


@lru_cache(maxsize=64)
def _content(*files: tuple[Path, int]) -> str:
    sums = []
    for path, _ in files:
        with path.open("rb") as file:
            sums.append([path.name, hashlib.file_digest(file, "sha256").hexdigest()])
    return digest(sums, 6)


def imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as missing:
        raise ModelError(EXTRA) from missing
