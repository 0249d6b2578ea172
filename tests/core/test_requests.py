from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assay.core.annotation import Request, RequestOptions
from assay.core.digest import digest
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Example, Task

TASK = Task("t", "which?", Choice(["a", "b"]), "Be kind.")
BASE = Request(TASK, text_record("r", "text"), "m")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values))
def test_a_digest_does_not_depend_on_order(content: dict[str, object]) -> None:
    assert digest(content) == digest(dict(reversed(content.items())))


def test_the_same_request_has_the_same_key() -> None:
    again = Request(Task("t", "which?", Choice(["a", "b"]), "Be kind."), BASE.record, "m")
    assert again.key == BASE.key


def test_whatever_changes_the_answer_changes_the_key() -> None:
    example = Example(text_record("e", "x"), "a")
    record = BASE.record
    others = [
        Request(replace(TASK, guideline="Be strict."), record, "m"),
        Request(replace(TASK, question="what?"), record, "m"),
        Request(replace(TASK, schema=Choice(["a", "c"])), record, "m"),
        Request(TASK, text_record("r", "other"), "m"),
        Request(TASK, text_record("r2", "text"), "m"),
        Request(TASK, record, "n"),
        *(
            Request(TASK, record, "m", options)
            for options in (
                RequestOptions(focus=("a",)), RequestOptions(examples=(example,)),
                RequestOptions(replica=1), RequestOptions(hint="h"),
                RequestOptions(saw=("k",)),
            )
        ),
    ]  # fmt: skip
    keys = {BASE.key, *(request.key for request in others)}
    assert len(keys) == len(others) + 1


def test_what_nobody_is_shown_leaves_the_digest_alone() -> None:
    record = BASE.record
    assert Record("r", record.parts, meta={"k": "v"}).digest == record.digest
