"""Can golden questions be distinguished from ordinary records by their looks?

If they can, a strategic annotator is committed there alone, and the estimate says nothing about the
work. A ridge classifier of gold against ordinary is fitted on surface features and scored on
records it was not fitted on: the AUC should be near 0.5. Attention checks ("choose A here") fail by
design. Whether an AUC is above chance is tested by permuting which records are gold, since the
folds of a cross-validation are not independent.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import rankdata

from assay.core.distributions import normal_quantile
from assay.core.errors import InputError
from assay.core.extras import from_extra
from assay.core.record import Record
from assay.core.votes import Floats

Bools = NDArray[np.bool_]

FOLDS = 5
PERMUTATIONS = 199
LEAST = 10  # golden questions, and ordinary records
MOST = 2_000  # records compared; more would not narrow the interval much
NEAR = 0.6  # an AUC surely below this is near 0.5
LEVEL = 0.95
CHANCE = 0.01  # an AUC that comes about less often than this without a cause is no accident
PERIODS = range(2, 13)  # "every tenth record is gold"
RIDGE = 1.0  # against features of mean square 1 a record

Verdict = Literal["hidden", "visible", "open"]


@dataclass(frozen=True, slots=True)
class Look:
    """How well one kind of feature tells gold apart, on records not used in fitting."""

    features: str
    auc: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Disguise:
    gold: int
    ordinary: int
    looks: tuple[Look, ...]
    p: float  # of the largest AUC under chance, all kinds of features taken together

    @property
    def worst(self) -> Look:
        return max(self.looks, key=lambda look: look.auc)

    @property
    def verdict(self) -> Verdict:
        """`hidden` where every kind of feature is surely near 0.5, `visible` where some kind does
        better than chance, `open` where there is too little gold to say."""
        if all(look.interval[1] < NEAR for look in self.looks):
            return "hidden"
        return "visible" if self.p <= CHANCE else "open"

    @property
    def statement(self) -> str:
        w = self.worst
        described = f"AUC {w.auc:.2f} [{w.interval[0]:.2f}, {w.interval[1]:.2f}] from {w.features}"
        return {
            "visible": f"gold can be distinguished from ordinary records: {described}; "
            f"an annotator who "
            "notices is committed only there, so pay and monitoring on this gold mean little",
            "hidden": f"gold looks like ordinary records: at most {described}",
            "open": f"too few records to say whether gold can be distinguished: at "
            f"most {described}; "
            f"{self.gold:,} golden questions were compared with {self.ordinary:,} records",
        }[self.verdict]

    def as_json(self) -> dict[str, object]:
        return {
            "gold": self.gold, "ordinary": self.ordinary, "auc": self.worst.auc,
            "interval": self.worst.interval, "features": self.worst.features, "p": self.p,
            "verdict": self.verdict, "statement": self.statement,
            "looks": [asdict(look) for look in self.looks],
        }  # fmt: skip


def disguise(records: Sequence[Record], gold: Collection[str], seed: int = 0) -> Disguise:
    """`records` in the order in which annotators get them, golden questions among them.

    The intervals hold for each kind of feature by itself; `p` is for all of them together.
    """
    names = set(gold)
    is_gold = np.array([r.id in names for r in records], dtype=bool)
    counts = int(is_gold.sum()), int((~is_gold).sum())
    if min(counts) < LEAST:
        raise InputError(
            f"{counts[0]:,} golden questions among {counts[1]:,} ordinary records: "
            f"the comparison needs at least {LEAST} of each"
        )
    rng = np.random.default_rng(seed)
    kept = _kept(is_gold, rng)
    y = is_gold[kept]
    folded = _sklearn("model_selection").StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    folds = list(folded.split(y, y))
    assigned = _permuted(y, [test for _, test in folds], rng)
    kinds = {name: x[kept] for name, x in _numbers(records).items()}
    alike = {name: _likeness(x) for name, x in kinds.items() if np.ptp(x, axis=0).any()}
    if any(r.text.strip() for r in records):
        alike["wording"] = _wording([records[i].text for i in kept])
    looked = {name: _look(k, assigned, folds) for name, k in alike.items()}
    return _describe(counts, looked)


def _kept(is_gold: Bools, rng: np.random.Generator) -> NDArray[np.intp]:
    golden, ordinary = np.flatnonzero(is_gold), np.flatnonzero(~is_gold)
    golden = _drawn(golden, MOST // 3, rng)
    return np.sort(np.concatenate([golden, _drawn(ordinary, MOST - len(golden), rng)]))


def _drawn(part: NDArray[np.intp], most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return rng.choice(part, most, replace=False) if len(part) > most else part


def _permuted(y: Bools, parts: Sequence[NDArray[np.intp]], rng: np.random.Generator) -> Bools:
    """Records x (truth, permutations); each fold keeps its number of golden questions."""
    assigned = np.repeat(y[:, None], PERMUTATIONS + 1, axis=1)
    for part in parts:
        assigned[part, 1:] = rng.permuted(assigned[part, 1:], axis=0)
    return assigned


@dataclass(frozen=True, slots=True)
class _Found:
    auc: Floats  # of the truth, then of each permutation
    error: float


def _look(
    likeness: Floats, assigned: Bools, folds: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]
) -> _Found:
    """AUC within folds, so that scores of different fits are never compared."""
    above = np.empty(assigned.shape)  # share of the other class of its fold that a record beats
    for fit, test in folds:
        target = assigned[fit].astype(float)
        target -= target.mean(axis=0)
        inner = likeness[np.ix_(fit, fit)]
        ridge = cho_factor(inner + RIDGE * np.eye(len(fit)))
        score = likeness[np.ix_(test, fit)] @ cho_solve(ridge, target)
        above[test] = _placements(score, assigned[test])
    truth = assigned[:, 0]
    auc = (above * assigned).sum(axis=0) / truth.sum()
    first = above[:, 0]
    spread = first[truth].var(ddof=1) / truth.sum() + first[~truth].var(ddof=1) / (~truth).sum()
    by_chance = np.sqrt((len(truth) + 1) / (12 * truth.sum() * (~truth).sum()))
    wider = max(1.0, float(auc[1:].std() / by_chance))  # since folds share what they are fitted on
    return _Found(auc, float(np.sqrt(spread)) * wider)


def _placements(score: Floats, y: Bools) -> Floats:
    """For each record the share of the other class that it ranks right against; ties are half.

    Scores and classes are records x deals; every deal has the same number of golden questions.
    """
    rank = rankdata(np.round(score, 9), axis=0)
    own = np.empty_like(rank)
    golden = int(y[:, 0].sum())
    columns = np.arange(score.shape[1])
    for part, size in ((y, golden), (~y, len(y) - golden)):
        rows = np.argsort(~part, axis=0, kind="stable")[:size]
        own[rows, columns] = rankdata(rank[rows, columns], axis=0)
    other = np.where(y, len(y) - golden, golden)
    below = (rank - own) / other
    return np.where(y, below, 1 - below)


def _describe(counts: tuple[int, int], looked: dict[str, _Found]) -> Disguise:
    reach = float(normal_quantile((1 + LEVEL) / 2))
    looks = []
    for name, f in looked.items():
        auc = float(f.auc[0])
        low, high = max(0.0, auc - reach * f.error), min(1.0, auc + reach * f.error)
        looks.append(Look(name, auc, (low, high)))
    largest = np.max([f.auc for f in looked.values()], axis=0)
    p = float((largest >= largest[0] - 1e-12).mean())  # the truth counts as one permutation
    return Disguise(*counts, tuple(looks), p)


def _likeness(x: Floats) -> Floats:
    """Inner products of standardised columns, of mean square 1 a record."""
    spread = x.std(axis=0)
    z = (x - x.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    inner: Floats = z @ z.T / z.shape[1]
    return inner


def _wording(texts: Sequence[str]) -> Floats:
    """The same of character n-grams."""
    vectorizer = _sklearn("feature_extraction.text").TfidfVectorizer
    grams = vectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2)
    try:
        x = grams.fit_transform(texts)
    except ValueError:  # no n-gram occurs in two texts
        return np.zeros((len(texts), len(texts)))
    inner: Floats = (x @ x.T).toarray()
    means = inner.mean(axis=0)
    centred: Floats = inner - means - means[:, None] + means.mean()
    return centred / max(float(np.trace(centred)) / len(texts), 1e-12)


def _sklearn(part: str) -> Any:
    return from_extra(f"sklearn.{part}", "learn", "tests of how golden questions are disguised")


def _numbers(records: Sequence[Record]) -> dict[str, Floats]:
    """Columns of each kind of feature, one row a record."""
    texts = [r.text for r in records]
    seen = Counter(" ".join(t.casefold().split()) for t in texts)
    pictures = Counter(p.sha256 for r in records for p in r.images)
    repeats = [
        [
            seen[" ".join(r.text.casefold().split())],
            max((pictures[p.sha256] for p in r.images), default=0),
        ]
        for r in records
    ]
    return {
        "form": np.array([_form(r) for r in records]),
        "order": _order(len(records)),
        "repeats": np.array(repeats, dtype=float),
    }


def _form(record: Record) -> list[float]:
    text = record.text
    words = text.split()
    length = max(len(text), 1)
    shares = [
        sum(map(str.isdigit, text)), sum(map(str.isupper, text)),
        sum(not c.isalnum() and not c.isspace() for c in text),
        sum(not c.isascii() for c in text),
    ]  # fmt: skip
    return [
        np.log1p(len(text)), np.log1p(len(words)), text.count("\n"),
        len(text) / max(len(words), 1), *(s / length for s in shares),
        text.rstrip().endswith("?"), text.rstrip().endswith((".", "!")),
        bool(re.search(r"https?://|www\.", text)), len(record.texts), len(record.images),
        *(any(p.uri.lower().endswith(end) for p in record.images) for end in (".png", ".webp")),
    ]  # fmt: skip


def _order(n: int) -> Floats:
    """Place in the deal, and place within each short period."""
    place = np.arange(n)
    within = [place % period == k for period in PERIODS for k in range(period)]
    share = place / max(n - 1, 1)
    return np.column_stack([share, share**2, *within]).astype(float)
