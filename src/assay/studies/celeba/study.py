"""The CelebA study of Lu and Zhong (arXiv 2410.09416), from its two public label files.

A vision-language model answered 40 yes/no questions on 1,000 faces; where it differed from the
original human label a person decided again. Since labels are binary, the original is the model's
label, negated where there is a new one.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.core import within
from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.data.inputs import reading
from assay.quality.agreement.pairs import pairwise

Signs = NDArray[np.int64]  # 1 yes, 0 no; records x attributes

SHIPPED = Path(__file__).parent
FILES = ("ai_annotation.json", "re_annotation.json", "questions.json")

CAVEATS = (
    "With two labels the majority of three is the third vote, so consensus on a disagreement is "
    "the re-annotator's word, and consistency can only rise above agreement.",
    "Cells on which model and original agree were never looked at again: errors they share are "
    "not seen. A sample of agreed cells would show them.",
)


@dataclass(frozen=True, slots=True)
class Attribute:
    agreement: float
    consistency: float
    human_consistency: float
    kappa: float | None
    kappa_consensus: float | None
    baseline: float
    disagreements: int
    for_ai: int
    yes_ai: float
    yes_human: float


@dataclass(frozen=True, slots=True)
class CostInputs:
    """Not in the paper's reachable text, so all are parameters; money in USD."""

    images: int = 200_000
    price_per_label: float = 0.05
    redundancy: int = 1
    seconds_per_query: float = 0.3
    gpu_hour: float = 1.0

    def __post_init__(self) -> None:
        within.count("the number of images", self.images)
        within.count("the redundancy", self.redundancy)
        for name in ("price_per_label", "seconds_per_query", "gpu_hour"):
            within.amount(name.replace("_", " "), getattr(self, name))


@dataclass(frozen=True, slots=True)
class CelebaStudy:
    records: int
    cells: int
    disagreements: int
    sided_with_ai: int
    agreement: float
    consistency: float
    human_consistency: float
    kappa_mean: float
    kappa_consensus_mean: float
    kappa_human_consensus_mean: float
    baseline_mean: float
    below_baseline: int
    preferred: Mapping[str, int]
    cost: Mapping[str, float]
    attributes: Mapping[str, Attribute]

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "caveats": list(CAVEATS)}


def celeba(folder: Path | None = None, cost: CostInputs | None = None) -> CelebaStudy:
    """Every figure from the label files; without a folder, from the shipped ones."""
    names, ai, human, consensus = load_celeba(folder or SHIPPED)
    attributes = {
        name: _attribute(ai[:, j], human[:, j], consensus[:, j]) for j, name in enumerate(names)
    }
    each = list(attributes.values())
    human_kappas = [pairwise(human[:, j], consensus[:, j]).cohen for j in range(len(names))]
    won = sum(a.for_ai for a in each)
    return CelebaStudy(
        records=len(ai),
        cells=ai.size,
        disagreements=sum(a.disagreements for a in each),
        sided_with_ai=won,
        agreement=float((ai == human).mean()),
        consistency=float((ai == consensus).mean()),
        human_consistency=float((human == consensus).mean()),
        kappa_mean=_mean([a.kappa for a in each]),
        kappa_consensus_mean=_mean([a.kappa_consensus for a in each]),
        kappa_human_consensus_mean=_mean(human_kappas),
        baseline_mean=float(np.mean([a.baseline for a in each])),
        below_baseline=sum(a.agreement < a.baseline for a in each),
        preferred={
            "ai": sum(2 * a.for_ai > a.disagreements for a in each),
            "human": sum(2 * a.for_ai < a.disagreements for a in each),
            "tie": sum(2 * a.for_ai == a.disagreements for a in each),
        },
        cost=projected(cost or CostInputs(), len(names)),
        attributes=attributes,
    )


def _attribute(ai: Signs, human: Signs, consensus: Signs) -> Attribute:
    against, settled = pairwise(ai, human), pairwise(ai, consensus)
    differ = ai != human
    assert against.percent is not None
    assert settled.percent is not None
    return Attribute(
        against.percent,
        settled.percent,
        float((human == consensus).mean()),
        against.cohen,
        settled.cohen,
        against.baseline or 0.0,
        int(differ.sum()),
        int((consensus[differ] == ai[differ]).sum()),
        float(ai.mean()),
        float(human.mean()),
    )


def _mean(values: list[float | None]) -> float:
    known = [v for v in values if v is not None]
    return float(np.mean(known))


def projected(inputs: CostInputs, attributes: int) -> dict[str, float]:
    """USD for one label an attribute and image."""
    labels = inputs.images * attributes
    people = labels * inputs.price_per_label * inputs.redundancy
    model = labels * inputs.seconds_per_query * inputs.gpu_hour / 3600
    share = model / people if people else 0.0
    return {**asdict(inputs), "labels": labels, "people": people, "model": model, "share": share}


def load_celeba(folder: Path) -> tuple[list[str], Signs, Signs, Signs]:
    """Attribute names, and yes/no tables of model, original people and consensus."""
    ai_file, re_file, questions = (_read(folder / name) for name in FILES)
    # one file writes "o_clock" where the other, and CelebA itself, write "o_Clock"
    spelt = {n.casefold(): n for changes in re_file.values() for n in _names(changes)}
    names = [spelt.get(name.casefold(), name) for name in questions]
    ids = list(ai_file)
    for said in ai_file.values():
        if not isinstance(said, list) or len(said) != len(names) or not all(map(_sign, said)):
            raise InputError(f"{folder / FILES[0]}: each id needs {len(names)} values of 1 or -1")
    ai = np.array([ai_file[id] for id in ids], np.int64).reshape(len(ids), len(names))
    place = {name.casefold(): j for j, name in enumerate(names)}
    row = {id: i for i, id in enumerate(ids)}
    human, consensus = ai.copy(), ai.copy()
    for id, changes in re_file.items():
        for name, value in _names(changes).items():
            if id not in row or name.casefold() not in place:
                raise InputError(f"{folder / FILES[1]}: no image {id!r} or attribute {name!r}")
            i, j = row[id], place[name.casefold()]
            human[i, j] = -ai[i, j]
            consensus[i, j] = value
    return (
        names,
        (ai > 0).astype(np.int64),
        (human > 0).astype(np.int64),
        (consensus > 0).astype(np.int64),
    )


def _sign(value: object) -> bool:
    return type(value) in (int, float) and value in (-1, 1)


def _names(changes: object) -> dict[str, int]:
    if not isinstance(changes, dict) or not all(map(_sign, changes.values())):
        raise InputError(
            f"{FILES[1]}: each image needs attributes with 1 or -1, not {changes!r:.80}"
        )
    return changes


def _read(path: Path) -> dict[str, object]:
    reading(path)
    try:
        content = loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; the study needs {', '.join(FILES)}") from None
    except ValueError as bad:
        raise InputError(f"{path}: broken JSON ({bad})") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: a JSON object is needed")
    return content
