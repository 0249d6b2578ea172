"""What users hold shows itself shortly, tells no key, and is safe to put on a page."""

import pytest

from assay import Address, Budget, Choice, Form, FreeText, MultiChoice, OpenAI, Scale, Task
from assay.annotators.llm import LLM
from assay.annotators.recorded import Given, Recorded
from assay.core.annotation import DecidedBy, Decision, Outcome, Request, answer
from assay.core.record import ImagePart, Record, text_record
from assay.core.shown import Shown, html_table, plain, short
from assay.models.hosted import Hosted

HOSTILE = "<script>alert(1)</script>&\"'"
TASK = Task(HOSTILE, HOSTILE, Choice(["a", HOSTILE]))
RECORD = text_record(HOSTILE, HOSTILE + "x" * 100_000)
MANY = Recorded(HOSTILE, {f"r{i}": Given("a") for i in range(10_000)})

HELD: dict[str, Shown] = {
    "a record": RECORD,
    "a picture": Record("r", (ImagePart(HOSTILE, "0" * 64),)),
    "a task": TASK,
    "a choice": TASK.schema,  # type: ignore[dict-item]  # every schema of ours is Shown
    "many labels": MultiChoice([f"label {i}" for i in range(1000)]),
    "a scale": Scale(1, 5),
    "a form": Form({"<script>": FreeText(), "b": Scale(0, 1)}),
    "a decision": Decision(HOSTILE, HOSTILE, 0.0, decided_by=DecidedBy.MODEL, route=(HOSTILE,)),
    "an annotation": answer(
        Request(TASK, RECORD, HOSTILE), Outcome.FAILED, error=HOSTILE, raw="x" * 10**6
    ),
    "many answers": MANY,
}


@pytest.mark.parametrize("thing", HELD.values(), ids=HELD)
def test_it_is_short_and_escaped(thing: Shown) -> None:
    assert len(repr(thing)) < 600
    shown = thing._repr_html_()
    assert len(shown) < 3_000
    assert "<script" not in shown
    assert shown.startswith("<table>")


def test_nothing_that_counts_is_left_out_because_it_is_zero() -> None:
    said = Decision("r", 0.0, 0.0, decided_by=DecidedBy.MODEL)
    assert repr(said) == "Decision(record='r', value=0.0, confidence=0.0, decided_by='model')"
    empty = Decision("r", frozenset(), decided_by=DecidedBy.MODEL)
    assert "value=frozenset()" in repr(empty)


def test_cells_are_escaped_in_head_body_and_title() -> None:
    made = html_table("<i>", ["<b>"], [["<u>", None, 3]])
    assert made == (
        "<table><caption>&lt;i&gt;</caption><thead><tr><th>&lt;b&gt;</th></tr></thead>"
        "<tbody><tr><td>&lt;u&gt;</td><td>None</td><td>3</td></tr></tbody></table>"
    )


def test_no_key_and_no_password_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret-1")
    address = Address("http://me:pass-2@127.0.0.1:1/v1", "MY_KEY")
    model = OpenAI("gpt", address)
    for thing in (address, model, LLM(model), LLM(model)._repr_html_()):
        assert "sk-secret-1" not in repr(thing)
        assert "pass-2" not in repr(thing)
    assert "sk-9" not in repr(Address("http://h/v1", "sk-9"))
    assert isinstance(model, Hosted)


def test_a_budget_is_given_and_shown_in_currency() -> None:
    budget = Budget(2.5, "EUR")
    assert budget.cap_nanos == 2_500_000_000
    assert "2.50 EUR" in repr(budget)
    assert Budget(None).cap_nanos is None


def test_what_is_longer_than_sixty_characters_is_cut() -> None:
    assert plain("x" * 60) == "x" * 60
    assert plain("x" * 61) == "x" * 59 + "…"
    assert short("x" * 58) == f"'{'x' * 58}'"
    assert short("x" * 59) == f"'{'x' * 58}…"
    assert short("x" * 10**6) == f"'{'x' * 58}…"
    assert short(range(10)) == plain(range(10)) == "range(0, 10)"
    assert short([1] * 40) == ("[" + "1, " * 40)[:59] + "…"
    assert plain([1] * 40) == ("[" + "1, " * 40)[:59] + "…"


def test_what_says_nothing_is_left_out() -> None:
    class Thing(Shown):
        def facts(self) -> dict[str, object]:
            return {"a": None, "b": "", "c": (), "d": 0, "e": False, "f": "x"}

    assert repr(Thing()) == "Thing(d=0, e=False, f='x')"
    assert Thing()._repr_html_() == (
        "<table><caption>Thing</caption><tbody><tr><td>d</td><td>0</td></tr>"
        "<tr><td>e</td><td>False</td></tr><tr><td>f</td><td>x</td></tr></tbody></table>"
    )
