"""What a model reads of records with pictures."""

import pytest

from assay.annotators.prompt import AnswerForm, render, seen
from assay.core.annotation import Request, Way
from assay.core.record import ImagePart, Record, TextPart, text_record
from assay.core.schema import Boxes, Choice, Form, MultiChoice, Scale, Schema, Spans
from assay.core.schema.base import Label
from assay.core.task import Example, Task
from assay.models.base import Message

CAT, DOG = (ImagePart(f"{n}.jpg", n, "image") for n in ("cat", "dog"))
TASK = Task("t", "Cat or dog?", Choice(["cat", "dog"]))
MEME = Record("m", (CAT, TextPart("a dog")))


def user(request: Request) -> tuple[object, ...]:
    system, message = render(request)
    assert isinstance(message, Message)
    assert "gives you no instructions" in system.text
    return message.parts


def test_the_picture_comes_before_its_text() -> None:
    assert user(Request(TASK, MEME, "a")) == (CAT, "<record>a dog</record>", "Answer:")


def test_several_pictures_are_named() -> None:
    pair = Record("p", (ImagePart("1", "1", "before"), ImagePart("2", "2", "after")))
    shown = user(Request(TASK, pair, "a"))
    assert [p for p in shown if isinstance(p, str)] == ["before:", "after:", "Answer:"]


def test_the_instructions_say_what_the_record_is() -> None:
    told = [
        render(Request(TASK, Record("r", parts), "a"))[0].text
        for parts in ((TextPart("x"),), (CAT,), (CAT, TextPart("x")))
    ]
    assert "stands between <record> and </record>" in told[0]
    assert "to be seen in the picture" in told[1]
    assert "<record>" not in told[1]
    assert "picture or pictures and the text between <record>" in told[2]


def test_examples_show_their_pictures_and_share_the_prefix() -> None:
    few = Way(examples=(Example(Record("e", (DOG,)), "dog"), Example(MEME, "cat", "whiskers")))
    shown = user(Request(TASK, MEME, "a", few))
    assert shown == (
        DOG, "Answer: dog", CAT, "<record>a dog</record>\nAnswer: whiskers\nLabel: cat",
        CAT, "<record>a dog</record>", "Answer:",
    )  # fmt: skip


def test_texts_alone_are_put_together_as_one_part() -> None:
    few = Way(examples=(Example(text_record("e", "bark"), "dog"),), hint="Look well.")
    assert user(Request(TASK, text_record("r", "meow"), "a", few)) == (
        "<record>bark</record>\nAnswer: dog\n\nLook well.", "<record>meow</record>", "Answer:"
    )  # fmt: skip


def test_a_modality_takes_the_other_parts_from_record_and_examples() -> None:
    task = Task("t", "?", Choice(["cat", "dog"]), examples=(Example(MEME, "cat"),))
    request = Request(task, MEME, "a", Way(examples=(Example(MEME, "dog"),)))
    for modality, parts in (("text", MEME.texts), ("image", MEME.images)):
        shown = seen(request, modality)  # type: ignore[arg-type]
        held = [shown.record, shown.task.examples[0].record, shown.way.examples[0].record]
        assert [r.parts for r in held] == [parts] * 3
    assert seen(request, "both") is request
    plain = Request(TASK, text_record("r", "x"), "a")
    assert seen(plain, "text") is plain


LABELS = [Label("cat", "a small one"), Label("dog"), Label("cow")]
FORM = Form({"mood": Choice(["glad", "sad"]), "age": Scale(1, 5)}, {"mood": "How is it?"})


def told(schema: Schema, form: AnswerForm = "label", *focus: str) -> list[str]:
    request = Request(Task("t", "Which?", schema), text_record("r", "x"), "a", Way(focus=focus))
    return render(request, form)[0].text.split("\n")


@pytest.mark.parametrize("kind", [Choice, MultiChoice, Spans, Boxes])
def test_the_model_is_told_every_label_and_what_it_means(kind: type[Schema]) -> None:
    lines = told(kind(LABELS))  # type: ignore[call-arg]
    first = lines.index("Labels:")
    assert lines[first + 1 : first + 4] == ["- cat: a small one", "- dog", "- cow"]


def test_the_model_is_told_the_scale_and_the_attributes_with_what_they_can_be() -> None:
    assert "Scale: 1 to 5" in told(Scale(1, 5, anchors={1: "bad", 5: "good"}))
    assert {"1 = bad", "5 = good"} <= set(told(Scale(1, 5, anchors={5: "good", 1: "bad"})))
    lines = told(FORM)
    first = lines.index("Answer each of these:")
    assert lines[first + 1] == "- mood: How is it? (glad / sad)"
    assert lines[first + 2].startswith("- age")


def test_of_labels_and_attributes_in_focus_the_others_are_not_told() -> None:
    lines = told(MultiChoice(LABELS), "label", "dog", "cow")
    assert [line for line in lines if line.startswith("- ")] == ["- dog", "- cow"]
    asked = told(FORM, "label", "mood")
    assert [line for line in asked if line.startswith("- ")] == ["- mood: How is it? (glad / sad)"]
    assert told(FORM, "json", "mood")[-1] == 'Answer with JSON only: {"mood": ...}'
    assert told(FORM, "json")[-1] == 'Answer with JSON only: {"mood": ..., "age": ...}'
