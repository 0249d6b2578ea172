from hypothesis import given
from hypothesis import strategies as st

from assay.annotators.mapping.jsons import Json, first_json
from assay.core.annotation import Outcome, Request
from assay.core.record import text_record
from assay.core.schema import Choice
from assay.core.task import Task
from assay.models.base import Completion


def test_a_code_fence_and_prose_around_json_do_no_harm() -> None:
    task = Task("t", "?", Choice(["a", "b"]))
    request = Request(task, text_record("r", "x"), "m")
    said = Completion('Sure!\n```json\n{"label": "B"}\n```')
    assert Json().read(request, said).value == "b"
    for bad in ('{"label": "c"}', '{"label": ', "b"):
        assert Json().read(request, Completion(bad)).outcome is Outcome.UNPARSED


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    content = first_json(text)
    assert content is None or isinstance(content, dict | list)
