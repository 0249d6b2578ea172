"""Agreement of a set of answers: the coefficients that fit their kind, and warnings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from assay.core.errors import InputError, SpecError
from assay.core.spelling import oddities, shortened
from assay.core.votes import Votes, with_numbers_alike
from assay.data.base import many
from assay.quality.agreement.base import ALIKE, Estimate, Floats, Resampling
from assay.quality.agreement.boxes import BOXES
from assay.quality.agreement.coefficients import Measures, estimates, prevalence
from assay.quality.agreement.distances import LEVELS, numbers
from assay.quality.agreement.multi import NO, YES, as_sets, set_wise, tag
from assay.quality.agreement.pairs import (
    AgreementWithOthers,
    Pair,
    agreement_with_others,
    pairs,
    side_by_side,
    wanted,
    warning,
)
from assay.quality.agreement.rows import Rows, check, once, ordered, rows_of
from assay.quality.agreement.scales import correlations
from assay.quality.agreement.spans import SPANS, Marks, SpanPair, mark_agreement
from assay.quality.finding import Finding

MARKED = ("spans", "boxes")
KINDS = (*LEVELS, "multi", *MARKED)
FEW_ANNOTATORS = 20  # below, simulated intervals over annotators miss more often than they say
FEW_VOTES = 10  # of a label
FEW_COMPARED, SMALL_SHARE = 10, 0.1  # records answered twice, below which that is said
NOTHING = "nothing marked"
MOST_SILENT = 5  # annotators without answers that are named
MOST_PAIRED = 15  # with more annotators pairs are reported only against a reference


@dataclass(frozen=True, slots=True)
class Asked:
    """`kind` is one of KINDS; `order` the labels of an ordinal scale."""

    kind: str = "nominal"
    order: tuple[str, ...] | None = None
    reference: str | None = None  # the annotator that the others are compared with
    resampling: Resampling = field(default_factory=Resampling)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SpecError(f"unknown kind {self.kind!r}; there are {', '.join(KINDS)}")
        if self.resampling.over not in ("records", "annotators"):
            raise SpecError(
                f"intervals are over records or annotators, not {self.resampling.over!r}"
            )


@dataclass(frozen=True, slots=True)
class Overall:
    """All annotators at once, on one question (a tag, or the whole answer)."""

    compared: int  # records with two answers or more
    coefficients: Mapping[str, Estimate]
    prevalence: Mapping[str, float]
    given: Mapping[str, int] = field(default_factory=dict)  # votes of each label
    baseline: float | None = (
        None  # agreement of the majority-class baseline with a random annotator
    )
    baseline_label: str = ""

    @property
    def alpha(self) -> Estimate | None:
        """Krippendorff's, of labels or of whole sets."""
        known = self.coefficients
        return known.get("krippendorff") or known.get("krippendorff_exact")

    @property
    def doubt(self) -> str:
        """Why agreement beyond chance cannot be determined; empty where it can."""
        alpha, percent = self.alpha, self.coefficients.get("percent")
        if alpha is None or alpha.value is None:
            return f"alpha is {alpha}"
        same = None if percent is None else percent.value
        if same is not None and self.baseline is not None and same < self.baseline - ALIKE:
            return (
                f"the majority-class baseline ({shortened(self.baseline_label)}) "
                f"agrees as well, with {self.baseline:.1%}"
            )
        if alpha.low is not None and alpha.high is not None:
            return f"alpha is {alpha}, which holds 0" if alpha.low <= 0 <= alpha.high else ""
        enough = alpha.value > (1 - ALIKE if alpha.why else 0)  # no reason: no interval was wanted
        return "" if enough else f"alpha is {alpha}, without an interval"

    @property
    def beyond_chance(self) -> bool | None:
        alpha = self.alpha
        if self.doubt or alpha is None or alpha.value is None:
            return None
        return alpha.value > 0

    @property
    def warning(self) -> str | None:
        percent = self.coefficients.get("percent") or self.coefficients.get("same_answer")
        kappa = self.coefficients.get("fleiss")
        if percent is None:
            return None
        return warning(percent.value, self.baseline, kappa.value if kappa is not None else None)

    def as_json(self) -> dict[str, object]:
        return {
            "compared": self.compared,
            "coefficients": {k: e.as_json() for k, e in self.coefficients.items()},
            "prevalence": dict(self.prevalence),
            "baseline": self.baseline,
            "baseline_label": self.baseline_label,
            "warning": self.warning,
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    asked: Asked
    records: int
    answers: int
    annotators: tuple[str, ...]
    overall: Overall
    pairs: Sequence[Pair | SpanPair] = ()
    each: Sequence[AgreementWithOthers] = ()
    tags: Mapping[str, Overall] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def beyond_chance(self) -> bool | None:
        """None where it cannot be determined: alpha's interval holds 0, or agreement is below the
        majority-class baseline, or no interval was wanted; also of answers in parts, which have an
        alpha each.
        """
        return None if self.doubt else self.overall.beyond_chance

    @property
    def doubt(self) -> str:
        """Why agreement beyond chance cannot be determined; empty where it can."""
        if self.overall.doubt or self.asked.resampling.resamples:
            return self.overall.doubt
        return f"alpha is {self.overall.alpha}, and no interval was asked for"

    @property
    def verdict(self) -> str | None:
        """The headline; None if the kind of answer knows no chance."""
        alpha = self.overall.alpha
        if alpha is None:
            return None
        if self.beyond_chance is None:
            return Finding(True, (self.doubt,)).headline("they agree beyond chance")
        more = "more" if self.beyond_chance else "less"
        return f"they agree {more} than chance would have them: alpha {alpha}"

    @property
    def warnings(self) -> list[str]:
        found = [self.overall.warning, *self.notes]
        found += [*_rare("", self.overall)]
        found += [line for name, o in self.tags.items() for line in _rare(f"{name}: ", o)]
        found += [*_few(self.overall.compared, self.records)] if self.overall.compared else []
        found += [f"{name}: {o.warning}" for name, o in self.tags.items() if o.warning]
        found += [
            f"{p.first} and {p.second}: {p.warning}"
            for p in self.pairs
            if isinstance(p, Pair) and p.warning
        ]
        return [f for f in found if f]

    def as_json(self) -> dict[str, object]:
        how = self.asked.resampling
        return {
            "kind": self.asked.kind,
            "reference": self.asked.reference or "the other annotators",
            "records": self.records,
            "answers": self.answers,
            "annotators": list(self.annotators),
            "intervals": {"level": 0.95, "resamples": how.resamples, "over": how.over,
                          "seed": how.seed},
            "verdict": self.verdict,
            "beyond_chance": self.beyond_chance,
            "overall": self.overall.as_json(),
            "tags": {name: o.as_json() for name, o in self.tags.items()},
            "pairs": [p.as_json() for p in self.pairs],
            "each": [e.as_json() for e in self.each],
            "warnings": self.warnings,
        }  # fmt: skip


def agree(votes: Votes, asked: Asked | None = None) -> Agreement:
    """InputError if agreement is undefined: one annotator, no common record, invalid labels."""
    asked = asked or Asked()
    check(once(votes))
    if asked.kind in ("ordinal", "interval") and asked.order is None:
        votes = with_numbers_alike(votes)
    if np.bincount(votes.record).max() < 2:
        raise InputError(
            "no record was answered by two annotators: do all of them use the same record ids?"
        )
    there = np.unique(votes.annotator)
    who = tuple(votes.annotators[i] for i in there)
    if asked.reference is not None and asked.reference not in who:
        raise InputError(f"there is no annotator {asked.reference!r}; there are {', '.join(who)}")
    how = asked.resampling
    if how.over == "annotators" and (len(who) < 4 or asked.kind in MARKED):
        raise InputError(
            "intervals over annotators need four annotators or more, and labels, not spans or boxes"
        )
    base = Agreement(
        asked,
        len(np.unique(votes.record)),
        len(votes),
        who,
        _NOTHING,
        notes=_notes(asked, who, votes),
    )
    if len(votes.units) > 1:
        return _units(base, votes)
    if asked.kind in MARKED:
        return _marks(base, votes)
    return _sets(base, votes) if asked.kind == "multi" else _labels(base, votes)


_NOTHING = Overall(0, {}, {})


def _rare(where: str, overall: Overall) -> Iterator[str]:
    """Too little is known of a label that is hardly there."""
    rare = [name for name, n in overall.given.items() if n < FEW_VOTES]
    if rare and overall.coefficients.get("krippendorff"):
        label = min(rare, key=lambda name: overall.given[name])
        more = f" (and {many(len(rare) - 1, 'label has', 'labels have')} too)"
        yield (
            f"{where}label {shortened(label)} has {many(overall.given[label], 'vote', 'votes')}, "
            f"under {FEW_VOTES}{more if len(rare) > 1 else ''}: "
            "intervals of kappa and alpha are wide, and may hold in 90 of 100 cases, not 95"
        )


def _few(compared: int, records: int) -> Iterator[str]:
    if compared < FEW_COMPARED or compared < records * SMALL_SHARE:
        if compared < records:
            of = f"{compared:,} of {records:,} records were answered by two or more"
            yield f"only {of}; agreement on the others is unknown"
        else:
            yield f"only {many(compared, 'record', 'records')} to compare: too few for conclusions"


def _notes(asked: Asked, who: Sequence[str], votes: Votes) -> tuple[str, ...]:
    described = []
    if asked.resampling.over == "annotators" and len(who) < FEW_ANNOTATORS:
        described.append(
            f"intervals over only {len(who)} annotators are too narrow: with 4 or 5 a 95% "
            "interval holds in some 75 to 80 of 100 cases"
        )
    silent = sorted(set(votes.annotators) - set(who))
    if silent:
        more = ", …" if len(silent) > MOST_SILENT else ""
        described.append(f"no answers of {', '.join(silent[:MOST_SILENT])}{more}")
    labels = votes.labels if asked.kind in LEVELS else ()
    return (*described, *oddities(labels, votes.annotators, votes.records))


def _overall(votes: Votes, measures_at: str, order: Sequence[str], how: Resampling) -> Overall:
    rows = rows_of(votes, order)
    shares = prevalence(rows)
    common = max(shares, key=lambda label: shares[label])
    measures = Measures.at(measures_at, rows.labels)
    found = estimates(rows, measures, how, votes)
    return Overall(rows.compared, found, shares, _given(rows), shares[common], common)


def _given(rows: Rows) -> dict[str, int]:
    votes = np.asarray(rows.counts.T @ rows.times, np.float64).ravel()
    return {label: int(n) for label, n in zip(rows.labels, votes, strict=True)}


def _labels(base: Agreement, votes: Votes) -> Agreement:
    asked, how = base.asked, base.asked.resampling
    if not votes.named:
        _unnamed(asked)
    order = _order(votes, asked)
    level = asked.kind
    scale = None
    if level != "nominal":
        scale = numbers(order) if level == "interval" else np.arange(len(order), dtype=np.float64)
    overall = _overall(votes, level, order, how)
    if not votes.named:
        return replace(base, overall=overall)
    found: Sequence[Pair] = ()
    if asked.reference is not None or len(base.annotators) <= MOST_PAIRED:
        found = pairs(votes, order, how, numbers=scale, reference=asked.reference)
    if scale is not None and found:
        found = _with_correlations(found, votes, order, scale, asked)
    each = agreement_with_others(votes) if len(base.annotators) > 2 else ()
    return replace(base, overall=overall, pairs=found, each=each)


def _unnamed(asked: Asked) -> None:
    if asked.reference is not None or asked.resampling.over == "annotators":
        raise InputError(
            "counts of votes do not say who voted, so there is no annotator to compare with or to "
            "draw"
        )


def _order(votes: Votes, asked: Asked) -> tuple[str, ...]:
    """Labels in order: as given, by number, or by name if order has no meaning."""
    if asked.order is not None:
        return ordered(votes, asked.order)[0]
    names, _ = ordered(votes, None)
    if asked.kind == "nominal":
        return names
    try:
        values = numbers(names)
    except InputError:
        if asked.kind == "interval":
            raise
        raise InputError(
            f"unknown order of {', '.join(names[:8])}: use --order, lowest first"
        ) from None
    return tuple(names[i] for i in np.argsort(values, kind="stable"))


def _with_correlations(
    found: Sequence[Pair], votes: Votes, order: Sequence[str], scale: Floats, asked: Asked
) -> list[Pair]:
    names, table = side_by_side(votes, order)
    described: list[Pair] = []
    for pair, (i, j) in zip(found, wanted(names, asked.reference), strict=True):
        first, second = table[[i, j]][:, (table[[i, j]] >= 0).all(axis=0)]
        extra = correlations(scale[first], scale[second], asked.resampling) if len(first) else {}
        described.append(replace(pair, coefficients={**pair.coefficients, **extra}))
    return described


def _sets(base: Agreement, votes: Votes) -> Agreement:
    whole, sets = as_sets(votes)
    asked, how = base.asked, base.asked.resampling
    names = sorted({name for s in sets for name in s})
    by_tag = {name: tag(whole, sets, name) for name in names}
    shares = {name: float((v.label == 1).mean()) for name, v in by_tag.items()}
    tags = {name: _overall(v, "nominal", (NO, YES), how) for name, v in by_tag.items()}
    exact: Sequence[Pair] = ()
    if asked.reference is not None or len(base.annotators) <= MOST_PAIRED:
        exact = pairs(whole, whole.labels, how, reference=asked.reference)
    rows = rows_of(whole)
    constant = prevalence(rows)
    common = max(constant, key=lambda label: constant[label])
    found = set_wise(whole, sets, how)
    overall = Overall(rows.compared, found, shares, {}, constant[common], common)
    return replace(base, overall=overall, tags=tags, pairs=exact)


def _marks(base: Agreement, votes: Votes) -> Agreement:
    asked = base.asked
    marks: Marks[Any] = BOXES if asked.kind == "boxes" else SPANS
    found, each, empty = mark_agreement(votes, marks, asked.resampling, asked.reference)
    compared = int((np.bincount(votes.record) > 1).sum())
    shown = each if len(base.annotators) <= MOST_PAIRED or base.asked.reference else []
    overall = Overall(compared, found, {NOTHING: empty}, {}, empty, NOTHING)
    return replace(base, overall=overall, pairs=shown)


def _units(base: Agreement, votes: Votes) -> Agreement:
    """Answers in parts, as forms are: each attribute as a nominal question of its own."""
    parts: dict[str, Overall] = {}
    for i in np.unique(votes.unit):
        own = votes.unit == i
        part = replace(
            votes, units=("",), record=votes.record[own], annotator=votes.annotator[own],
            label=votes.label[own], unit=np.zeros(int(own.sum()), np.int32), weight=None, saw=None,
        )  # fmt: skip
        order, _ = ordered(part, None)
        parts[votes.units[i]] = _overall(part, "nominal", order, base.asked.resampling)
    compared = max(part.compared for part in parts.values())
    return replace(base, overall=Overall(compared, {}, {}), tags=parts)
