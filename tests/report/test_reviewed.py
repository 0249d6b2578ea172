"""The review of disagreements, from a ledger: whose labels were compared, and what it cost."""

import pytest

from assay.core.annotation import (
    Annotation,
    DecidedBy,
    Decision,
    Outcome,
    Request,
    RequestOptions,
    answer,
)
from assay.core.cost import to_nanos
from assay.core.record import text_record
from assay.core.schema import Choice, Form
from assay.core.task import Task
from assay.core.value import Value
from assay.ledger import MemoryLedger, Run
from assay.report import ReportContext, gather
from assay.report.reviewed import Bill, Roles, review_of
from assay.report.table import lines

YES_NO = Choice(["yes", "no"])
TASK = Task("face", "What?", Form({"hat": YES_NO, "smile": YES_NO}))
ROLES = Roles("old", "model", "people")
IDS = {"old": "id-old", "model": "id-model", "people": "id-people"}


def face(hat: str, smile: str) -> dict[str, str]:
    return {"hat": hat, "smile": smile}


def said(
    who: str, record: str, value: Value | None, focus: tuple[str, ...] = (), **more: object
) -> Annotation:
    request = Request(TASK, text_record(record, record), IDS[who], RequestOptions(focus=focus))
    outcome = Outcome.ABSTAINED if value is None else Outcome.ANSWERED
    return answer(request, outcome, value=value, **more)


def ledger(*more: Annotation) -> MemoryLedger:
    """Three records; on `b` the two differ about the hat, where two of three people say yes."""
    held = MemoryLedger()
    held.add_task(TASK)
    held.add_records([text_record(id, id) for id in "abcd"])
    held.start_run(Run("run", TASK.id, "review", 0.0, settings={"annotators": IDS}))
    both = [
        said("old", "a", face("yes", "no")), said("model", "a", face("yes", "no")),
        said("old", "b", face("yes", "no")), said("model", "b", face("no", "no")),
        said("old", "c", face("no", "no")), said("model", "c", face("no", "no")),
        said("old", "d", face("no", "no")), said("model", "d", None),
    ]  # fmt: skip
    looks = [
        said("people", "b", {"hat": hat}, ("hat",), by=who, cost_nanos=to_nanos(0.1))
        for who, hat in (("ann", "yes"), ("bob", "no"), ("cem", "yes"))
    ]
    held.add([*both, *looks, said("people", "a", None, by="ann"), *more])
    decisions = [face("yes", "no"), face("yes", "no"), face("no", "no"), None]
    held.add_decisions(
        "run",
        [
            Decision(id, value, decided_by=DecidedBy.PEOPLE if value else None)
            for id, value in zip("abcd", decisions, strict=True)
        ],
    )
    return held


def test_whole_answers_are_compared_and_a_panel_speaks_as_one() -> None:
    found = review_of(ledger(), TASK, ROLES, IDS, "run")
    assert found is not None
    assert (found.found.records, found.found.looked, found.found.all.agreement.n) == (3, 1, 6)
    hat = found.found.attributes["hat"]
    assert (hat.agreement.hits, hat.agreement.n) == (2, 3)
    assert (hat.sided_with_first.hits, hat.sided_with_first.n) == (1, 1)
    assert (hat.first_consistency.hits, hat.second_consistency.hits) == (3, 2)
    assert found.found.shared_errors is None


def test_the_bill_is_beside_what_people_alone_would_cost() -> None:
    found = review_of(ledger(), TASK, ROLES, IDS, "run")
    assert found is not None
    assert found.bill == Bill(to_nanos(0.3), to_nanos(0.3), to_nanos(1.8))  # 6 cells, 0.3 each
    described = found.as_json()
    assert (described["first"], described["second"], described["reviewer"]) == (
        "old",
        "model",
        "people",
    )
    assert described["cost"] == described["cost_of_reviewer"] == pytest.approx(0.3)
    assert described["cost_of_people_alone"] == pytest.approx(1.8)
    assert described["cost_share"] == pytest.approx(1 / 6)
    assert described["records"] == 3


def test_free_people_have_no_price_and_no_share() -> None:
    held = MemoryLedger()
    held.add([said("old", "a", face("yes", "no")), said("model", "a", face("yes", "no"))])
    held.add([said("people", "a", face("yes", "yes"))])
    held.start_run(Run("run", TASK.id, "review", 0.0))
    held.add_decisions("run", [Decision("a", face("yes", "no"), decided_by=DecidedBy.MODEL)])
    found = review_of(held, TASK, ROLES, IDS, "run")
    assert found is not None
    assert (found.bill.people_alone, found.bill.share) == (None, None)
    assert found.as_json()["cost_of_people_alone"] is None
    assert (found.found.all.rejected.hits, found.found.all.rejected.n) == (1, 2)


def test_an_answer_to_a_part_is_no_answer_to_compare() -> None:
    held = MemoryLedger()
    held.add([said("old", "a", face("yes", "no")), said("model", "a", {"hat": "no"}, ("hat",))])
    held.start_run(Run("run", TASK.id, "review", 0.0))
    held.add_decisions("run", [Decision("a", face("yes", "no"), decided_by=DecidedBy.MODEL)])
    assert review_of(held, TASK, ROLES, IDS, "run") is None


def test_annotators_without_a_name_are_found_by_their_id() -> None:
    roles = Roles("id-old", "id-model", "id-people")
    found = review_of(ledger(), TASK, roles, {}, "run")
    assert found is not None
    assert (found.found.records, found.found.looked) == (3, 1)


def test_the_table_tells_the_review_attribute_by_attribute() -> None:
    report_context = ReportContext(TASK, review=ROLES, currency="EUR")
    described = lines(gather(ledger(), "run", report_context))
    start = next(i for i, line in enumerate(described) if line.startswith("attribute"))
    cells = [[c.strip() for c in line.split("  ") if c.strip()] for line in described[start:]]
    assert cells[0] == [
        "attribute", "old agrees with model", "baseline", "kappa", "people sided with old",
        "old with final", "model with final", "agreed but wrong",
    ]  # fmt: skip
    assert cells[1] == ["all", "83.3% of 6", "83.3%", "0.40", "100.0% of 1", "100.0% of 6",
                        "83.3% of 6", "–"]  # fmt: skip
    assert cells[2][:2] == ["hat", "66.7% of 3"]
    assert cells[3] == ["smile", "100.0% of 3", "100.0%", "–", "–", "100.0% of 3", "100.0% of 3",
                        "–"]  # fmt: skip
    assert described[start + 4 :] == [
        "no agreed cell was audited, so errors shared by both are not seen",
        "people looked at 1 cells; 0.300 EUR spent in all; people labelling all 6 once: 1.80 EUR",
        "1 record is open",
    ]


def test_audited_cells_tell_of_errors_that_both_share() -> None:
    audit = said("people", "c", face("yes", "no"), by="ann")
    described = lines(gather(ledger(audit), "run", ReportContext(TASK, review=ROLES)))
    [shared] = [line for line in described if "audited" in line]
    assert shared.startswith("2 agreed cells were audited: 2 errors are expected among 5")
