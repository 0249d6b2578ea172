"""Three forms of cooperation on the same records: CIFAR-10H, people's votes and a model's scores.

The forms are those of Huang et al. (ACL 2025, arXiv 2501.05714); nobody compares them on one task.
One person is drawn for each image from its about fifty votes. Triage and joint fusion are measured.
The sequential form cannot be: nobody in these data saw a suggestion. It is simulated, and says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.core.errors import InputError
from assay.core.votes import Floats
from assay.data.inputs import reading
from assay.strategies.conformal import least_probability
from assay.strategies.fusion import Fusion, Labels, SharedErrors, fit, learn, shared_errors

CLASSES = 10
SOURCE = "the repository GavinKerrigan/conf_matrix_and_calibration"
TEST = 3_000
LABELLED = (10, 30, 100, 1_000, 7_000)
LABELLED_EM = (0, 10, 100)
UNLABELLED = 1_000  # images, of the rest, that EM sees without their label
SHARE = 0.1  # of the test images that triage sends to the person
RELIANCE = (0.0, 0.5, 1.0)  # how often a simulated person gives way to the model
ALPHA = 0.05  # of the conformal set
NOTE = (
    "sequential is simulated: a person who disagrees takes the model's label with the given "
    "probability (reliance), or looks again where the own label is outside the conformal set"
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Rows are images: people's votes, the model's probabilities, the truth."""

    votes: Floats
    probs: Floats
    truth: Labels

    @property
    def model(self) -> Labels:
        return np.asarray(self.probs.argmax(axis=1))

    @property
    def log_probs(self) -> Floats:
        return np.log(np.maximum(self.probs, 1e-300))

    def person(self, rng: np.random.Generator) -> Labels:
        """One vote an image, drawn from all."""
        share = (self.votes / self.votes.sum(axis=1, keepdims=True)).cumsum(axis=1)
        share[:, -1] = 1.0
        return np.asarray((rng.random(len(share))[:, None] > share).sum(axis=1))

    def rows(self, which: NDArray[np.int64]) -> "Crowd":
        return Crowd(self.votes[which], self.probs[which], self.truth[which])


@dataclass(frozen=True, slots=True)
class Mean:
    """Over draws of test images and of the person; `error` is the standard error of the mean."""

    value: float
    error: float
    draws: int

    def __str__(self) -> str:
        return f"{self.value:.2%} ± {self.error:.2%}"


@dataclass(frozen=True, slots=True)
class Cifar10hStudy:
    """Accuracies against the true class; `work` is people's labels an image."""

    images: int
    test: int
    votes_per_image: float
    accuracy: Mapping[str, Mean]
    work: Mapping[str, float]
    shared: SharedErrors
    baseline: float  # the most frequent class of the whole set
    seed: int

    def as_json(self) -> dict[str, object]:
        """The main accuracies by name, then each with its error and the human work in it."""
        value = {name: mean.value for name, mean in self.accuracy.items()}
        return {
            "model": value["model"], "one_human": value["one_human"],
            "human_majority": value["human_majority"], "triage": value["triage"],
            "joint": {str(n): value[f"joint_{n}"] for n in LABELLED},
            "joint_em": {str(n): value[f"joint_em_{n}"] for n in LABELLED_EM},
            "images": self.images, "test": self.test,
            "votes_per_image": self.votes_per_image, "baseline": self.baseline,
            "accuracy": {
                name: asdict(mean) | {"work": self.work.get(name, 1.0), "reference": "true class"}
                for name, mean in self.accuracy.items()
            },
            "shared_errors": asdict(self.shared)
            | {"p": self.shared.p, "warning": self.shared.warning},
            "note": NOTE, "seed": self.seed,
        }  # fmt: skip


def cifar10h(folder: Path, draws: int = 20, seed: int = 0) -> Cifar10hStudy:
    crowd = load_cifar10h(folder)
    rngs = np.random.default_rng(seed).spawn(draws)
    tries = [_draw(crowd, rng) for rng in rngs]
    names = tries[0]
    accuracy = {name: _mean([t[name] for t in tries]) for name in names}
    person = crowd.person(np.random.default_rng(seed))
    counts = np.bincount(crowd.truth, minlength=CLASSES)
    votes = float(crowd.votes.sum(axis=1).mean())
    work = {"model": 0.0, "triage": SHARE, "triage_kept": 0.0, "triage_random": SHARE}
    return Cifar10hStudy(
        len(crowd.truth),
        TEST,
        votes,
        accuracy,
        work | {"human_majority": votes},
        shared_errors(person, crowd.model, crowd.truth),
        float(counts.max() / counts.sum()),
        seed,
    )


def _mean(values: list[float]) -> Mean:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return Mean(float(np.mean(values)), spread / len(values) ** 0.5, len(values))


def _draw(crowd: Crowd, rng: np.random.Generator) -> dict[str, float]:
    order = rng.permutation(len(crowd.truth))
    said = crowd.person(rng)
    test, rest = order[:TEST], order[TEST:]
    here, people = crowd.rows(test), said[test]
    found = {
        "model": _right(here.model, here),
        "one_human": _right(people, here),
        "human_majority": _right(here.votes.argmax(axis=1), here),
    }
    found |= _triage(here, people, rng)
    found |= _joint(crowd, said, (test, rest))
    return found | _sequential(crowd, said, (test, rest), rng)


def _right(labels: Labels, crowd: Crowd) -> float:
    return float((labels == crowd.truth).mean())


def _triage(here: Crowd, people: Labels, rng: np.random.Generator) -> dict[str, float]:
    """The smallest margins go to the person; the control sends as many at random."""
    two = np.sort(here.probs, axis=1)[:, -2:]
    order = np.argsort(two[:, 1] - two[:, 0], kind="stable")
    count = round(SHARE * len(order))
    sent, kept = order[:count], order[count:]
    labels, at_random = here.model.copy(), here.model.copy()
    labels[sent] = people[sent]
    anyone = rng.permutation(len(order))[:count]
    at_random[anyone] = people[anyone]
    return {
        "triage": _right(labels, here),
        "triage_kept": _right(labels[kept], here.rows(kept)),
        "triage_sent": _right(labels[sent], here.rows(sent)),
        "triage_random": _right(at_random, here),
    }


Parts = tuple[NDArray[np.int64], NDArray[np.int64]]  # test, rest


def _joint(crowd: Crowd, said: Labels, parts: Parts) -> dict[str, float]:
    test, rest = parts
    log_probs, here = crowd.log_probs, crowd.rows(test)

    def score(found: Fusion) -> float:
        return _right(found.fuse(said[test], log_probs[test]).argmax(axis=1), here)

    result: dict[str, float] = {}
    for n in LABELLED:
        used = rest[:n]
        result[f"joint_{n}"] = score(fit(said[used], log_probs[used], crowd.truth[used]))
    used = rest[:UNLABELLED]
    for n in LABELLED_EM:
        known = np.where(np.arange(len(used)) < n, crowd.truth[used], -1)
        result[f"joint_em_{n}"] = score(learn(said[used], log_probs[used], known))
    return result


def _sequential(
    crowd: Crowd, said: Labels, parts: Parts, rng: np.random.Generator
) -> dict[str, float]:
    test, rest = parts
    here, people = crowd.rows(test), said[test]
    gives_way = rng.random(len(test))
    result = {
        f"sequential_reliance_{r:g}": _right(np.where(gives_way < r, here.model, people), here)
        for r in RELIANCE
    }
    chosen = conformal(here.probs, crowd.rows(rest[:1_000]), ALPHA)
    again = Crowd(np.where(chosen, here.votes, 0.0), here.probs, here.truth)
    some = again.votes.sum(axis=1) > 0
    outside = ~chosen[np.arange(len(test)), people] & some
    looked = people.copy()
    looked[outside] = again.rows(np.flatnonzero(outside)).person(rng)
    return result | {"sequential_set": _right(looked, here)}


def conformal(probs: Floats, calibration: Crowd, alpha: float) -> NDArray[np.bool_]:
    """Sets that hold the truth with probability 1 - alpha or more (split conformal)."""
    of_truth = calibration.probs[np.arange(len(calibration.truth)), calibration.truth]
    held = probs >= least_probability(np.clip(of_truth, 0, 1), alpha)
    held[np.arange(len(probs)), probs.argmax(axis=1)] = True
    return np.asarray(held)


def load_cifar10h(folder: Path) -> Crowd:
    """From `human_model_truth.csv`: ten vote counts, ten probabilities, the class from 1."""
    path = folder / "human_model_truth.csv" if folder.is_dir() else folder
    if not path.exists():
        raise InputError(f"{path} does not exist; it comes with {SOURCE}")
    reading(path)
    try:
        table = np.loadtxt(path, delimiter=",", ndmin=2)
    except ValueError as bad:
        raise InputError(f"{path}: {str(bad).splitlines()[0]}") from None
    width = 2 * CLASSES + 1
    if table.shape[1] != width or len(table) < 2 * TEST:
        raise InputError(
            f"{path} has {len(table):,} rows of {table.shape[1]} columns; {width} columns and at "
            f"least {2 * TEST:,} rows are needed: votes, probabilities, class"
        )
    votes, probs = table[:, :CLASSES], table[:, CLASSES : 2 * CLASSES]
    truth = table[:, -1].astype(np.int64) - 1
    bad_rows = np.flatnonzero(
        (votes.sum(axis=1) <= 0) | (np.abs(probs.sum(axis=1) - 1) > 0.01)
        | (truth < 0) | (truth >= CLASSES)
    )  # fmt: skip
    if len(bad_rows):
        raise InputError(
            f"{path}:{bad_rows[0] + 1}: no votes, probabilities that do not sum to 1, or a class "
            f"outside 1 to {CLASSES}"
        )
    return Crowd(votes, probs, truth)
