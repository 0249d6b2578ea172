import importlib.metadata
import inspect
from typing import cast

import pytest

import assay.annotators.rule as rules
from assay.annotators.rule import Rule, rule, vader, version_of
from assay.core.annotation import Annotation, Outcome, Request, Source
from assay.core.digest import digest_text
from assay.core.errors import SpecError
from assay.core.record import Record, text_record
from assay.core.schema import Choice, MultiChoice
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


@pytest.mark.parametrize("sure", [7.0, -0.5, float("nan"), [1]])
async def test_a_confidence_that_is_none_leaves_the_answer_unparsed(sure: object) -> None:
    def judge(record: Record) -> tuple[str, float]:
        return "negative", cast(float, sure)

    made = await said(Rule("odd", judge, "1"), "hm")
    assert (made.outcome, made.mapping, made.confidence) == (Outcome.UNPARSED, "rule", None)
    assert made.raw == str(("negative", sure))
    assert made.error


async def test_a_rule_reads_two_labels_and_a_label_that_none_knows() -> None:
    both = Task("t", "?", MultiChoice(["a", "b"]))

    def judge(record: Record) -> tuple[str, str]:
        return "a", "b"

    request = Request(both, text_record("1", "hm"), "r")
    made = [a async for a in Rule("both", cast(rules.Judge, judge), "1").annotate([request])]
    assert made[0].value == frozenset({"a", "b"})


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


async def test_an_answer_of_a_rule_says_how_it_was_made() -> None:
    judge = Rule("shouting", shouting, "1")
    loud = await said(judge, "NO")
    assert (loud.confidence_source, loud.raw, loud.mapping) == (Source.STATED, "negative", "rule")
    plain = await said(Rule("plain", lambda record: "Neutral", "2"), "x")
    assert (plain.value, plain.confidence, plain.confidence_source) == ("neutral", None, None)
    assert (plain.raw, plain.mapping) == ("Neutral", "rule")
    assert (await said(judge, "hm")).mapping == "rule"
    assert judge.id == "rule/shouting@1"
    assert judge.facts() == {"name": "shouting", "version": "1"}


def test_the_version_of_a_rule_is_what_it_says_or_its_source() -> None:
    assert version_of(dict) == "builtins"  # type: ignore[arg-type]
    assert version_of(coin) == digest_text(inspect.getsource(coin), 6)
    assert version_of(Dated()) == "7"


class Dated:
    version = 7

    def __call__(self, record: Record) -> str:
        return "x"


def test_a_rule_of_another_package_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        def load(self) -> object:
            return coin

    def entries(group: str, name: str) -> list[Entry]:
        return [Entry()] if (group, name) == ("assay.rules", "theirs") else []

    monkeypatch.setattr(importlib.metadata, "entry_points", entries)
    found = rule("theirs")
    assert (found.judge, found.name, found.says) == (coin, "theirs", ("heads", "tails"))
    with pytest.raises(SpecError, match="no such rule: 'ours'; write module:function, or one"):
        rule("ours")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no.such.module:f", "rule 'no.such.module:f' cannot be loaded"),
        (f"{__name__}:nothing", "cannot be loaded"),
        (f"{__name__}:TASK", "is not a function"),
        ("word", "no such rule: 'word'"),
    ],
)
def test_why_a_rule_is_none_is_said(name: str, why: str) -> None:
    with pytest.raises(SpecError, match=why):
        rule(name)


@pytest.mark.parametrize(
    ("compound", "described"),
    [
        (0.05, ("positive", 0.05)), (-0.05, ("negative", 0.05)), (0.049, ("neutral", 0.5)),
        (-0.049, ("neutral", 0.5)), (0.0, ("neutral", 0.5)), (-1.0, ("negative", 1.0)),
    ],
)  # fmt: skip
def test_the_lexicon_parts_at_a_twentieth(
    compound: float, described: tuple[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lexicon:
        def polarity_scores(self, text: str) -> dict[str, float]:
            return {"compound": compound}

    monkeypatch.setattr(rules, "_lexicon", Lexicon)
    assert vader(text_record("r", "x")) == described
