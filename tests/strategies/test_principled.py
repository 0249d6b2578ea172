from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import DecidedBy, Source
from assay.core.record import text_record
from assay.core.task import Example
from assay.quality.principles import Limits
from assay.strategies.principled import Principled
from assay.testing import check_strategy

RECORDS = [text_record(f"r{i}", "a text") for i in range(4)]
LIMITS = Limits(rationale=False)


def test_only_what_keeps_the_principles_is_let_through() -> None:
    given = {
        "r0": Given("a", 0.9, source=Source.CALIBRATED),
        "r1": Given("a", 0.9, source=Source.STATED),
        "r2": Given(None),
        "r3": Given("b"),
    }
    decisions = check_strategy(Principled("m", LIMITS), {"m": Recorded("m", given)}, RECORDS)
    assert [d.value for d in decisions] == ["a", None, None, None]
    assert decisions[0].decided_by is DecidedBy.MODEL
    assert decisions[1].route == (
        "sincerity: the confidence is not calibrated but stated by the annotator",
    )
    assert decisions[3].route == ("sincerity: no confidence is given",)


def test_limits_are_part_of_the_id() -> None:
    assert Principled("m").id != Principled("m", LIMITS).id


def test_a_confidence_is_calibrated_on_gold_where_there_is_some() -> None:
    gold = [text_record(f"g{i}", "a text") for i in range(40)]
    given = {r.id: Given("a", 0.9) for r in (*gold, *RECORDS)}
    examples = tuple(Example(r, "a" if i % 4 else "b") for i, r in enumerate(gold))
    strategy = Principled("m", LIMITS, examples)
    decisions = check_strategy(strategy, {"m": Recorded("m", given)}, RECORDS)
    assert {d.confidence_source for d in decisions} == {Source.CALIBRATED}
    assert all(0.65 < (d.confidence or 0) < 0.85 for d in decisions)
