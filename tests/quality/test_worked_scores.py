"""Scores, comparisons and estimates, figure by figure."""

from pathlib import Path

import numpy as np
import pytest

from assay.core.annotation import DecidedBy, Decision
from assay.core.cost import Prices, Usage
from assay.core.value import Box, Span, Value
from assay.quality.agreement import Resampling
from assay.quality.costs import PriceList, Rates, costs
from assay.quality.inference.ppi import by_group, difference, mean_of, prevalence
from assay.quality.metrics.accuracy import accuracy
from assay.quality.metrics.boxes import box_scores, mean_pairwise_f1
from assay.quality.metrics.classes import confusion
from assay.quality.metrics.entities import entity_scores
from assay.quality.metrics.ranks import compare_ranks
from assay.quality.metrics.routes import by_route
from assay.quality.metrics.tagging import Tagged, tagging
from assay.quality.replacement.alt_plan import Grid, Guess, plan_from_guess, plan_from_pilot
from assay.quality.replacement.alt_test import Rules, alt_test
from assay.quality.replacement.compare import Sides, compare
from assay.quality.replacement.reference import Measure, Side, compare_to_reference
from assay.quality.replacement.rejections import one_sided, rejections
from assay.quality.replacement.trinomial import p_value, p_values
from assay.quality.reviewed import Case, reviewed
from assay.strategies.fusion import Counts, fit, learn, shared_errors
from tests.quality.metrics.test_tagging import LABELS, drawn, sets
from tests.quality.test_costs import said
from tests.quality.test_reviewed import FACE, face
from tests.strategies.test_fusion import world
from tests.worked import as_kept

KEPT = Path(__file__).parent / "worked"
Said = dict[str, dict[str, object]]


def panel(n: int, who: int, steps: int, seed: int) -> Said:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, steps, n)
    return {
        f"p{k}": {
            f"r{i}": str(t if rng.random() < 0.7 else rng.integers(steps))
            for i, t in enumerate(truth)
            if rng.random() < 0.9
        }
        for k in range(who)
    }


RULES = {
    "exact": Rules(0.15, records_a_person=20),
    "published": Rules(0.1, test="published", people_a_record=3, records_a_person=50, q=0.2),
    "expert": Rules(0.2, expert="p2"),
    "rmse": Rules(0.2, "neg-rmse"),
}


@pytest.mark.parametrize("name", RULES)
def test_replacement_tests_are_as_they_were(name: str) -> None:
    people = panel(80, 5, 4, 1)
    models = {"good": people.pop("p4"), "coin": panel(80, 1, 4, 2)["p0"]}
    people["p3"] = dict(list(people["p3"].items())[:25])
    found = {who: alt_test(who, labels, people, RULES[name]) for who, labels in models.items()}
    as_kept(KEPT / f"alt_test_{name}.json", found)


@pytest.mark.parametrize("name", ["exact", "published", "rmse"])
def test_plans_of_the_replacement_test_are_as_they_were(name: str) -> None:
    grid = Grid((3, 4), (30, 60), 40, 0.7, 1)
    guess = Guess(0.8, 0.9, 4) if name != "rmse" else Guess(1.0, 0.7)
    people = panel(50, 5, 4, 3)
    model = people.pop("p4")
    rules = RULES[name] if name != "published" else Rules(0.1, test="published")
    found = {
        "guess": plan_from_guess(guess, rules, grid),
        "pilot": plan_from_pilot("m", model, people, rules, grid),
        "too little": plan_from_pilot("m", model, people, rules, Grid((3,), (20, 21), 20)),
    }
    as_kept(KEPT / f"alt_plan_{name}.json", found)


MEASURES = {
    "nominal": Measure(resampling=Resampling(40, 1)),
    "ordinal": Measure("ordinal", ("0", "1", "2", "3"), Resampling(40, 1)),
    "interval": Measure("interval", resampling=Resampling(40, 1)),
}


@pytest.mark.parametrize("name", MEASURES)
def test_comparisons_are_as_they_were(name: str) -> None:
    people = panel(70, 4, 4, 5)
    constant: dict[str, object] = dict.fromkeys(people["p0"], "1")
    models = {"good": people.pop("p3"), "constant": constant}
    slices = {"language": {f"r{i}": ("de", "en", "fr")[min(i // 30, 2)] for i in range(68)}}
    rules = Rules(0.15, "neg-rmse" if name == "interval" else "accuracy", records_a_person=20)
    found = compare(Sides(people, models, MEASURES[name], slices, notes=("a note",)), rules)
    alone = compare_to_reference(Side("x", "person"), {"zz": "1"}, people, MEASURES[name])
    as_kept(KEPT / f"compare_{name}.json", [found, alone])


def test_tests_of_differences_are_as_they_were() -> None:
    cases = [
        (10, 0, 0, 0.1),
        (30, 5, 1, 0.1),
        (60, 2, 20, 0.2),
        (100, 30, 40, 0.02),
        (5, 0, 5, 0.3),
    ]
    n = np.array([c[0] for c in cases])
    plus, minus = (np.array([c[k] for c in cases]) for k in (1, 2))
    found = {
        "exact": [p_value(*case) for case in cases],
        "together": p_values(n, plus, minus, 0.1, 50),
        "student": one_sided(n, (plus - minus).astype(float), (plus + minus).astype(float), 0.1),
        "rejected": [
            rejections(np.array([0.001, 0.02, 0.03, 0.2, np.inf]), q) for q in (0.01, 0.05, 0.2)
        ],
    }
    as_kept(KEPT / "differences.json", found)


def test_accuracy_and_confusions_are_as_they_were() -> None:
    rng = np.random.default_rng(4)
    truth = {f"r{i}": str(rng.choice(list("aaabbc"))) for i in range(90)}
    values: dict[str, Value | None] = {
        r: None if i % 13 == 0 else t if rng.random() < 0.7 else str(rng.choice(list("abcd")))
        for i, (r, t) in enumerate(truth.items())
    }
    found, table = accuracy(values, truth, "gold"), confusion(values, truth, ["c"])
    assert found is not None
    decisions = [
        Decision(r, v, decided_by=DecidedBy.PEOPLE if i % 3 else DecidedBy.MODEL,
                 route=("kept",) if i % 4 else ("sent on", "asked"))
        for i, (r, v) in enumerate(values.items())
        if v is not None
    ]  # fmt: skip
    rare = confusion({"x": "a", "y": "b"}, {"x": "a", "y": "a"})
    as_kept(
        KEPT / "classes.json",
        {
            "accuracy": found, "lines": found.lines("m"), "table": table,
            "classes": table.classes, "f1": table.macro_f1(), "kappa": table.kappa(3),
            "rare": [rare.classes, rare.macro_f1(), rare.kappa()],
            "routes": by_route(decisions, truth, "gold"),
        },
    )  # fmt: skip


def test_tags_are_as_they_were() -> None:
    truth, given, scores = drawn(80, 3)
    unknown = {f"r{i}": frozenset({"t1", "t5"}) for i in range(0, 80, 9)}
    values: dict[str, Value | None] = {**sets(given), "r3": None}
    sure = {
        f"r{i}": {label: float(s) for label, s in zip(LABELS, row, strict=True) if s > -1}
        for i, row in enumerate(scores)
    }
    kept = []
    for found in (
        tagging(Tagged(values, sets(truth), LABELS, sure, unknown), "people", 2),
        tagging(Tagged(sets(~truth), sets(truth), LABELS), "people"),
    ):
        assert found is not None
        kept.append([found, found.lines("m")])
    as_kept(KEPT / "tagging.json", kept)


def spans(rng: np.random.Generator) -> list[Span]:
    return [
        Span(start + int(rng.integers(2)), start + int(rng.integers(4, 8)), "xxy"[rng.integers(3)])
        for start in range(0, 60, 10)
        if rng.random() < 0.5
    ]


def test_entities_are_as_they_were() -> None:
    rng = np.random.default_rng(7)
    truth = {f"r{i}": spans(rng) for i in range(40)}
    marked: dict[str, Value | None] = {
        r: None if i % 11 == 0 else tuple(t if i % 3 else spans(rng))
        for i, (r, t) in enumerate(truth.items())
    }
    found = [
        entity_scores(marked, truth, "gold"),
        entity_scores(marked, truth, "gold", "downstream", 3),
    ]
    as_kept(KEPT / "entities.json", [found, found[0].lines("m")])


def test_boxes_are_as_they_were() -> None:
    rng = np.random.default_rng(8)

    def seen() -> list[Box]:
        return [
            Box(0.1 + 0.05 * float(rng.random()), 0.1, 0.3, 0.3 + 0.1 * float(rng.random()), "cat"),
            Box(0.6, 0.5 + 0.1 * float(rng.random()), 0.2, 0.2, str(rng.choice(["cat", "dog"]))),
        ][: int(rng.integers(0, 3))]

    people = {who: {f"r{i}": seen() for i in range(25)} for who in "abc"}
    found = [box_scores(people["a"], people["b"], "b", least) for least in (0.5, 0.8)]
    as_kept(KEPT / "boxes.json", [*found, mean_pairwise_f1(people)])


def test_ranks_are_as_they_were() -> None:
    rng = np.random.default_rng(9)
    table = rng.normal(0, 1, (8, 4)) + np.array([0, 0.2, 2.5, 2.6])
    found = [
        compare_ranks({f"s{k}": column.tolist() for k, column in enumerate(table[:n].T)})
        for n in (4, 8)
    ]
    tied = compare_ranks({"a": [1.0, 2.0], "b": [1.0, 2.0], "c": [1.0, 2.0]})
    as_kept(KEPT / "ranks.json", [[f, f.lines()] for f in (*found, tied)])


def test_reviewed_cells_are_as_they_were() -> None:
    rng = np.random.default_rng(10)
    cases = []
    for i in range(60):
        first, second, final, look = (
            face(*(str(x) for x in rng.choice(["yes", "no"], 2, p=p)))
            for p in ([0.7, 0.3], [0.6, 0.4], [0.65, 0.35], [0.5, 0.5])
        )
        focus = ((), ("hat",), ("smile",))[i % 3]
        cases.append(Case(first, second, final if i % 4 else None, look if i % 2 else None, focus))
    as_kept(KEPT / "reviewed.json", reviewed(cases, FACE))


def test_shares_from_few_human_labels_are_as_they_were() -> None:
    rng = np.random.default_rng(11)
    truth = {f"r{i}": str(rng.choice(list("aab"))) for i in range(300)}
    model = {
        r: None if i % 40 == 0 else t if rng.random() < 0.85 else "b"
        for i, (r, t) in enumerate(truth.items())
    }
    human = {r: truth[r] for r in list(truth)[:60]}
    cluster = {f"r{i}": f"c{i // 4}" for i in range(300)}
    numbers = {r: float(rng.integers(1, 6)) for r in truth}
    off = {r: min(5.0, v + float(rng.integers(0, 2))) for r, v in numbers.items()}
    own = {r: numbers[r] for r in human}
    groups = by_group(
        human, model, {r: "even" if i % 2 else "odd" for i, r in enumerate(truth)}, "a"
    )
    tags = {r: frozenset(t) for r, t in human.items()}
    found = {
        "shares": prevalence(human, model),
        "clusters": prevalence(human, model, ["a"], cluster),
        "tags": prevalence(tags, {r: frozenset(v or ()) for r, v in model.items()}, ["a"]),
        "mean": mean_of(own, off, (1.0, 5.0)),
        "mean of clusters": mean_of(own, off, None, cluster),
        "groups": groups,
        "apart": difference(groups, *sorted(groups)),
    }
    as_kept(KEPT / "ppi.json", found)


def test_fusions_are_as_they_were() -> None:
    given, log_probs, truth = world(120, 3)
    given[::7] = -1
    hidden = np.where(np.arange(120) % 5, -1, truth)
    log_probs[3, 2] = -np.inf
    cooler = [
        fit(given, log_probs, truth),
        fit(given[:12], log_probs[:12], truth[:12], Counts(1, 3)),
        learn(given, log_probs, hidden),
        learn(given, log_probs, np.full(120, -1), rounds=3),
    ]
    found = [[f, f.fuse(given[:6], log_probs[:6]), f.calibrated(log_probs[:3])] for f in cooler]
    copied = np.where(np.arange(120) % 3, given, log_probs.argmax(axis=1))
    shared = [shared_errors(who, log_probs.argmax(axis=1), truth) for who in (given, copied)]
    described = [[s, s.p, s.warning] for s in shared]
    as_kept(KEPT / "fusion.json", [found, described], rel=1e-4)


def test_bills_are_as_they_were() -> None:
    rates = {
        "m": Rates(Prices(input=2.0, cached=0.5, output=8.0, per_request=0.001, gpu_hour=3.6)),
        "panel": Rates(Prices(human_hour=18.0, human_label=0.02), bonus=1.5, earned=2),
    }
    answers = [said(i, "m", Usage(1_000 + i, 400, 50 + i % 3, attempts=1 + i % 2, gpu_seconds=0.5))
               for i in range(24)]  # fmt: skip
    answers += [
        said(i, "panel", Usage(human_seconds=5.0 + i), by="ann" if i % 2 else "bob")
        for i in range(0, 24, 3)
    ]
    answers += [said(i, "other", cost_nanos=7_000_000, seconds=2.0) for i in range(3)]
    decisions = [
        Decision(f"r{i}", "a", decided_by=DecidedBy.MODEL if i % 3 else DecidedBy.PEOPLE,
                 route=("kept",) if i % 3 else ("kept", "sent on"))
        for i in range(20)
    ]  # fmt: skip
    found = []
    for prices in (PriceList("list", "EUR", rates), PriceList()):
        for decided in (decisions, []):
            bill = costs(answers, decided, prices, frozenset({"other"}))
            found.append([bill, bill.booked, bill.projected(10_000), bill.projected(1)])
    as_kept(KEPT / "costs.json", found)
