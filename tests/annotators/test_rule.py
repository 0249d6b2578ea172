import pytest

from assay.annotators.rule import Rule, rule, vader
from assay.core.annotation import Annotation, Outcome, Request
from assay.core.errors import SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice
from assay.core.task import Task
from tests.needs import needs_extra

TASK = Task("t", "?", Choice(["negative", "neutral", "positive"]))


def shouting(record: Record) -> tuple[str, float] | str | None:
    if record.text == "?":
        return None
    if record.text == "boom":
        raise ValueError("no such thing")
    return ("negative", 0.9) if record.text.isupper() else "calm"


async def said(judge: Rule, text: str) -> Annotation:
    requests = [Request(TASK, text_record("1", text), judge.id)]
    made = [a async for a in judge.annotate(requests)]
    assert len(made) == 1
    return made.pop()


async def test_label_confidence_and_silence_are_kept_apart() -> None:
    judge = Rule("shouting", shouting, "1")
    loud = await said(judge, "NO")
    assert (loud.value, loud.confidence) == ("negative", 0.9)
    assert (await said(judge, "?")).outcome is Outcome.ABSTAINED


async def test_a_label_outside_the_schema_stays_unparsed_with_its_raw_text() -> None:
    made = await said(Rule("shouting", shouting, "1"), "hm")
    assert (made.outcome, made.raw) == (Outcome.UNPARSED, "calm")


async def test_a_rule_that_breaks_fails_its_record() -> None:
    made = await said(Rule("shouting", shouting, "1"), "boom")
    assert made.error == "rule shouting: ValueError: no such thing"


@needs_extra("vader", "vaderSentiment")
async def test_vader_labels_by_its_thresholds() -> None:
    vader = rule("vader")
    texts = {"I love this, great!": "positive", "I hate it": "negative", "A table.": "neutral"}
    for text, label in texts.items():
        assert (await said(vader, text)).value == label


def test_a_rule_is_found_by_module_and_function() -> None:
    assert rule("assay.annotators.rule:vader").id.startswith("rule/assay.annotators.rule:vader@")


@pytest.mark.parametrize("name", ["nothing", "no.such.module:f", "assay.annotators.rule:none"])
def test_a_rule_that_is_not_there_is_one_clear_line(name: str) -> None:
    with pytest.raises(SpecError, match="rule"):
        rule(name)


def test_the_lexicon_is_as_sure_as_the_feeling_is_strong() -> None:
    said = [vader(text_record("1", text)) for text in ("good", "really great, I love it", "chair")]
    sure = [given[1] for given in said if isinstance(given, tuple)]
    assert sure[2] == 0.5
    assert 0.05 <= sure[0] < sure[1] <= 1.0


async def test_a_rule_may_tell_which_labels_it_gives() -> None:
    assert rule("vader").says == ("positive", "neutral", "negative")
    assert rule(f"{__name__}:shouting").says == ()
    assert rule(f"{__name__}:coin").says == ("heads", "tails")


def coin(record: Record) -> str:
    return coin.labels[len(record.text) % 2]  # type: ignore[attr-defined, no-any-return]


coin.labels = ("heads", "tails")  # type: ignore[attr-defined]
