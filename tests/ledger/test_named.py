"""Annotators under the names that their users gave them."""

from assay.ledger import MemoryLedger, Run
from assay.ledger.named import names_in


def run(id: str, started: float, **named: str) -> Run:
    return Run(id, "t", "s", started, settings={"names": named, "annotators": named})


def test_an_earlier_configuration_of_a_name_is_marked() -> None:
    ledger = MemoryLedger()
    for one in (run("r1", 1.0, gpt="m/1"), run("r2", 2.0, gpt="m/2"), run("r3", 3.0, gpt="m/3")):
        ledger.start_run(one)
    assert names_in(ledger, "t") == {
        "m/3": "gpt", "m/2": "gpt (earlier version)", "m/1": "gpt (earlier version 2)",
    }  # fmt: skip
    assert names_in(ledger, "t", run("r1", 1.0, gpt="m/1"))["m/1"] == "gpt"
