"""Promises, plans, audits and calibration, figure by figure."""

from pathlib import Path

import numpy as np
import pytest

from assay.core.annotation import DecidedBy, Decision, Source
from assay.quality.calibration.calibrators import fit_arrays, temperature_of_classes
from assay.quality.calibration.reliability import reliability
from assay.quality.guarantees.boundary import limits
from assay.quality.guarantees.bounds import errors_allowed, lower, p_value, smallest_sample, upper
from assay.quality.guarantees.by_class import accepted_classes
from assay.quality.guarantees.certificate import certify, certify_chain, certify_each, sizes_to_test
from assay.quality.guarantees.promise import Promise
from assay.quality.inference.audit import (
    Drawn,
    Stratum,
    allocated,
    draw,
    draw_clusters,
    estimate,
    estimate_clusters,
    stratify,
)
from assay.quality.inference.audit_sheet import judge, read_sheet, write_sheet
from assay.quality.inference.stopping import sequence, stop
from assay.quality.inference.stratified import Counts
from assay.quality.inference.stratified import limits as limits_of
from assay.quality.metrics.accuracy import wilson
from assay.quality.planning import Answers, Trial, logistic, plan
from assay.quality.verdicts import Constant, Verdict, columns
from assay.strategies.conformal import least_probability
from tests.worked import as_kept

KEPT = Path(__file__).parent / "worked"
PROMISES = {
    "tenth": Promise(0.1, 0.1),
    "twentieth": Promise(0.05, 0.05),
    "hundredth": Promise(0.01, 0.1),
    "output": Promise(0.1, 0.1, "output"),
    "output_strict": Promise(0.02, 0.05, "output"),
}


def sample(n: int, seed: int = 0, steps: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    sure = np.round(rng.random(n) * steps) / steps
    return sure, rng.random(n) < 0.6 + 0.4 * sure**0.5


def decisions(n: int, seed: int) -> list[Decision]:
    rng = np.random.default_rng(seed)
    return [
        Decision(
            f"r{i:03}", "abc"[int(rng.choice(3, p=[0.6, 0.3, 0.1]))],
            None if i % 11 == 0 else float(np.round(rng.random(), 3)), Source.STATED,
            DecidedBy.MODEL, ("cheap", "dear")[: 1 + i % 2],
        )
        for i in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize("name", PROMISES)
def test_certificates_are_as_they_were(name: str) -> None:
    promise = PROMISES[name]
    found = {
        f"{n}": certify(*sample(n, seed), promise, "experts")
        for n, seed in ((40, 1), (150, 2), (600, 3))
    }
    found["none"] = certify(np.array([0.5, -np.inf]), np.array([True, False]), promise)
    found["all right"] = certify(np.linspace(0, 1, 90), np.ones(90, bool), promise)
    found["all wrong"] = certify(np.linspace(0, 1, 90), np.zeros(90, bool), promise)
    found["flat"] = certify(np.full(200, 0.7), np.arange(200) % 25 > 0, promise)
    found |= {
        f"each {k}": v
        for k, v in certify_each({"a": sample(200, 4), "b": sample(80, 5)}, promise).items()
    }
    first, right = sample(400, 6)
    second, also = sample(400, 7)
    silent = np.where(np.arange(400) % 9 == 0, -np.inf, second)
    chained = certify_chain(np.array([first, silent]), np.array([right, also]), promise)
    as_kept(KEPT / f"certificate_{name}.json", found | {"chain": chained})


def test_exact_bounds_are_as_they_were() -> None:
    as_kept(
        KEPT / "bounds.json",
        {
            "upper": upper([0, 3, 10, 10], [10, 50, 100, 10], 0.05),
            "lower": [lower(k, n, 0.05) for k, n in ((0, 10), (3, 50), (10, 10))],
            "p": p_value([0, 3, 10], [10, 50, 100], 0.1),
            "allowed": errors_allowed([10, 50, 100, 1_000], 0.1, 0.05),
            "smallest": [smallest_sample(a, d) for a, d in ((0.1, 0.1), (0.01, 0.05))],
            "wilson": [wilson(k, n) for k, n in ((0, 10), (3, 10), (10, 10), (2.5, 7.5))],
            "tested": {name: sizes_to_test(900, p) for name, p in PROMISES.items()},
            "boundary": {str(n): vars_of(limits(n, 0.1, 0.1)) for n in (30, 90, 400)},
            "conformal": [least_probability(np.linspace(0.01, 1, 60), a) for a in (0.1, 0.3)],
        },
    )


def vars_of(found: object) -> list[object]:
    return [getattr(found, name) for name in ("steps", "in_turn", "alone")]


def test_classes_among_the_accepted_are_as_they_were() -> None:
    rng = np.random.default_rng(3)
    verdicts = []
    for i in range(120):
        truth, said = rng.choice(list("aabc"), 2)
        said = truth if rng.random() < 0.8 else said
        sure = None if i % 10 == 0 else float(rng.random())
        answered = i % 15 > 0
        verdicts.append(
            Verdict(f"r{i}", "m", "", said if answered else "", sure, said == truth and answered,
                    answered, reference=truth)
        )  # fmt: skip
    found = certify(*columns(verdicts), Promise(0.3, 0.1))
    as_kept(KEPT / "by_class.json", [found, *accepted_classes(verdicts, found)])


def models(n: int) -> dict[str, Answers]:
    made = {}
    for name, seed, cost in (("cheap", 1, 0.001), ("dear", 2, 0.06)):
        sure, right = sample(n, seed)
        made[name] = Answers(sure, right | (sure > 0.7), np.full(n, cost))
    made["flat"] = Answers(np.full(n, 0.5), np.arange(n) % 30 > 0, np.full(n, 0.02))
    return made


@pytest.mark.parametrize("name", ["tenth", "twentieth", "output"])
def test_plans_are_as_they_were(name: str) -> None:
    chains = [("cheap",), ("dear",), ("flat",), ("cheap", "dear"), ("cheap", "flat")]
    found = {
        str(n): plan(
            Trial(models(n), 0.1, "experts", Constant("yes", 0.92, n), ("a note",)),
            chains,
            PROMISES[name],
        )
        for n in (60, 400)
    }
    as_kept(KEPT / f"plan_{name}.json", found)


def test_curves_for_plans_and_confidences_are_as_they_were() -> None:
    sure, right = sample(200, 8)
    inner = np.clip(sure, 0.02, 0.98)
    logit = np.log(inner / (1 - inner))
    rng = np.random.default_rng(1)
    classes = rng.dirichlet(np.ones(4), 80)
    points = np.linspace(0, 1, 9)
    found: dict[str, object] = {
        "logistic": [
            logistic(logit, right),
            logistic(-logit, right),
            logistic(logit[:9], right[:9]),
        ],
        "temperature": temperature_of_classes(classes, rng.integers(0, 4, 80).tolist()),
    }
    for method in ("temperature", "platt", "isotonic", "histogram"):
        fitted = fit_arrays(inner, right, method)
        found[method] = [fitted(points), dict(fitted.parameters)]
    for method in ("temperature", "platt", "isotonic"):
        whole = fit_arrays(sure, right, method)
        found[f"{method} at the ends"] = whole(points)
    margins = np.append(logit, [np.inf, -np.inf])
    described = np.append(right, [True, False])
    for method in ("platt", "isotonic", "histogram"):
        curve = fit_arrays(margins, described, method, Source.MARGIN)
        found[f"{method} of margins"] = curve(
            [-np.inf, -9.0, -4.2, -1.0, 0.0, 2.0, 4.2, 9.0, np.inf]
        )
    as_kept(KEPT / "calibration.json", found, rel=1e-4)


def test_reliability_is_as_it_was() -> None:
    found = []
    for n, seed in ((30, 1), (200, 2), (900, 3)):
        sure, right = sample(n, seed)
        described = reliability(sure, right, "experts", seed=seed)
        found.append(
            [described, list(described.lines()) if callable(described.lines) else described.lines]
        )
    as_kept(KEPT / "reliability.json", found)


STRATA = [Stratum("a", 5_000, 60, 2), Stratum("b", 900, 30, 7), Stratum("c", 100, 10, 0)]


def records(drawn: list[Drawn]) -> str:
    return " ".join(d.record for d in drawn)


def test_audits_are_as_they_were() -> None:
    shipped = decisions(150, 1)
    strata = {by: stratify(shipped, by) for by in ("none", "confidence", "value", "route")}
    cluster = {d.record: f"c{int(d.record[1:]) // 6}" for d in shipped}
    wrong = {d.record: int(d.record[1:]) % 7 == 0 for d in shipped[:90]}
    found: dict[str, object] = {
        "estimate": estimate(STRATA, "experts"),
        "one": estimate(STRATA[:1]),
        "clusters": estimate_clusters(wrong, cluster, 150, "experts"),
        "stops": {str(t): stop(STRATA, t) for t in (0.01, 0.05, 0.09, 0.2, 0.5)},
        "stops alone": {str(t): stop(STRATA[:1], t) for t in (0.005, 0.03, 0.1, 0.15)},
        "sequences": [
            sequence(*each)
            for each in ((100, 10, 1, 0.05), (5_000, 100, 0, 0.1), (7, 3, 3, 0.05),
                         (60, 59, 4, 0.05))
        ],
        "strata": {by: " ".join(s.values()) for by, s in strata.items()},
        "allocated": [
            allocated(np.array(share), np.array(sizes), total)
            for share, sizes, total in (
                ([5.0, 3, 2], [5, 300, 200], 40), ([1.0, 1, 1], [2, 300, 200], 41),
                ([900.0, 90, 10], [900, 90, 10], 30), ([1.0, 1], [1, 9], 10),
            )
        ],
        "drawn by": {by: records(draw(s, 30, 2)) for by, s in strata.items()},
        "drawn equally": records(draw(strata["value"], 30, equal=True)),
        "drawn clusters": [records(draw_clusters(cluster, 20, s)) for s in (0, 1)],
        "drawn as usual": records(draw_clusters(cluster, 20)),
        "drawn": draw(strata["value"], 6, 1),
    }  # fmt: skip
    as_kept(KEPT / "audit.json", found)


def test_limits_over_strata_are_as_they_were() -> None:
    cases = (
        ([500], [40], [3]), ([500, 100], [40, 20], [0, 5]), ([90, 60, 20], [10, 10, 10], [1, 0, 9]),
        ([20, 30], [20, 5], [2, 1]),
    )  # fmt: skip
    found = [limits_of(Counts(*(np.array(c) for c in case)), level)
             for case in cases for level in (0.9, 0.95)]  # fmt: skip
    as_kept(KEPT / "stratified.json", found)


def test_a_judged_sheet_is_as_it_was(tmp_path: Path) -> None:
    shipped = decisions(150, 1)
    found = []
    for by in ("value", "none"):
        drawn = draw(stratify(shipped, by), 40, 3)
        path = tmp_path / f"{by}.csv"
        write_sheet(path, drawn, {}, shipped, by)
        lines = path.read_text(encoding="utf-8").splitlines()
        truth = {d.record: str(d.value) for d in shipped}
        for i, line in enumerate(lines[1:36], 1):
            record = line.split(",")[0]
            answer = "A" if i == 5 else "" if i == 9 else "c" if i % 6 == 0 else truth[record]
            lines[i] = line.replace(",,,", f",,{answer},", 1)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found.append(judge(read_sheet(path), shipped, str))
        cluster = {d.record: f"c{int(d.record[1:]) // 6}" for d in shipped}
        if by == "none":
            found.append(judge(read_sheet(path), shipped, str, cluster=cluster))
    as_kept(KEPT / "judged_sheet.json", found)
