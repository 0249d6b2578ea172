"""What is thought is no answer, however a server marks it."""

import pytest

from assay.models.reasoning import parted


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("positive", "positive"),
        ("a < b [1]", "a < b [1]"),
        ("<think>negative?</think>positive", "positive"),
        ("<think>\nnegative\n</think>\n\npositive", "positive"),
        ("negative, I think</think>positive", "positive"),
        ("<think>negative", ""),
        ("positive<think>negative", "positive"),
        ("<think>a <think> b</think>positive", "positive"),
        ("<think>a</think>b</think>positive", "positive"),
        ("<THINKING>negative</THINKING> positive", "positive"),
        ("[THINK]negative[/THINK]positive", "positive"),
        ("◁think▷negative◁/think▷positive", "positive"),
        ("<|START_THINKING|>negative<|END_THINKING|><|START_RESPONSE|>positive<|END_RESPONSE|>",
         "positive"),
        ("<|channel>thought\nnegative<channel|>positive", "positive"),
        ("<|channel|>analysis<|message|>negative<|end|><|start|>assistant<|channel|>final"
         "<|message|>positive<|return|>", "positive"),
        ("<|channel|>final <|constrain|>json<|message|>positive", "positive"),
        ("<|channel|>analysis<|message|>negative", ""),
        ('<think>{"label": "negative"}</think>{"label": "positive"}', '{"label": "positive"}'),
        ('{"text": "<think>quoted</think>"}', '{"text": "<think>quoted</think>"}'),
        ('[{"text": "</think>"}]', '[{"text": "</think>"}]'),
    ],
)  # fmt: skip
def test_the_answer_is_what_stands_outside_reasoning(text: str, answer: str) -> None:
    assert parted(text).answer == answer


def test_reasoning_is_kept_apart() -> None:
    assert parted("<think>hm</think>yes") == ("hm", "yes")
    assert parted("<|channel|>analysis<|message|>hm<|end|>") == ("hm", "")
