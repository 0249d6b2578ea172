"""Who may answer: models by name over HTTP, functions, annotators, several of these."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import pytest

import assay
from assay.annotators.recorded import Given, Recorded
from assay.api.annotators import Endpoint, annotators_of
from assay.api.questions import parts, schema_of
from assay.core.errors import InputError, ModelError, SpecError
from assay.strategies.single import Single
from tests.servers import Server, label_of, on_a_thread, reviewer

LABELS = ["positive", "negative"]
CHOICE = assay.Choice(LABELS)
TEXTS = [f"text {i}" for i in range(8)]


@pytest.fixture
def server() -> Iterator[tuple[Server, str]]:
    made = Server()
    with on_a_thread(made) as url:
        yield made, url


def test_a_model_by_name_is_asked_at_the_endpoint(
    server: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, url = server
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-others")
    frame = assay.label(
        pd.DataFrame({"comment": TEXTS}), text="comment", labels={"positive": "praise"} | {
            "negative": "complaint"}, question="What does the writer feel?", guideline="Be kind.",
        model="gpt-4o-mini", base_url=url, seed=7,
    ).frame  # fmt: skip
    assert frame["label"].tolist() == [label_of(text) for text in TEXTS]
    assert made.calls == dict.fromkeys(TEXTS, 1)
    body = made.bodies[0]
    assert (body["model"], body["seed"]) == ("gpt-4o-mini", 7)
    prompt = body["messages"][0]["content"]
    for words in ("What does the writer feel?", "Be kind.", "- positive: praise"):
        assert words in prompt
    assert not any("Authorization" in headers for headers in made.headers)


def test_the_key_is_read_from_the_variable_that_is_named(
    server: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, url = server
    monkeypatch.setenv("MY_KEY", "sk-mine")
    how: dict[str, Any] = {"labels": LABELS, "model": "m", "base_url": url}
    assay.label(TEXTS[:1], **how, key_env="MY_KEY")
    assert made.headers[0]["Authorization"] == "Bearer sk-mine"
    for wrong, said in (("NO_KEY", "NO_KEY with the key is not set"), ("sk-x", "never the key")):
        with pytest.raises(ModelError, match=said):
            assay.label(TEXTS[:1], **how, key_env=wrong)


def test_without_an_address_it_is_openai_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match="variable OPENAI_API_KEY with the key is not set"):
        assay.label(TEXTS, labels=LABELS, model="gpt-4o-mini")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    for url in (None, "https://api.openai.com/v1/"):
        made: Any = annotators_of("gpt-4o-mini", Endpoint(url), CHOICE)["gpt-4o-mini"]
        assert made.model.url == "https://api.openai.com/v1/chat/completions"
        assert made.model._headers["Authorization"] == "Bearer sk-mine"
    other: Any = annotators_of("m", Endpoint("https://api.openai.com.evil.org/v1"), CHOICE)["m"]
    assert "Authorization" not in other.model._headers


def test_log_probabilities_are_confidence() -> None:
    with on_a_thread(Server(reviewer)) as url:
        frame = assay.label(
            ["I love it", "It broke"], labels=LABELS, model="m", base_url=url, mapping="likelihood"
        ).frame
    assert [row["label"] for row in frame] == LABELS
    assert all(0.9 < row["confidence"] < 1 for row in frame)


def test_answers_carry_the_names_given_and_a_cost_without_prices_is_none(
    server: tuple[Server, str],
) -> None:
    _, url = server
    result = assay.label(TEXTS, labels=LABELS, annotators={"small": "m"}, base_url=url)
    answers = result.annotations()
    assert set(answers["annotator"]) == {"small"}
    assert all(id.startswith("m/pattern/") for id in answers["annotator_id"])
    assert result.cost is None
    assert "unknown (no `prices` for small)" in str(result)
    free = assay.label(TEXTS, labels=LABELS, model="m", base_url=url, prices=assay.Prices())
    assert free.cost == 0


def test_money_is_counted_and_capped(server: tuple[Server, str]) -> None:
    made, url = server
    how: dict[str, Any] = {"labels": LABELS, "model": "m", "base_url": url}
    prices = assay.Prices(input=1.0, output=5.0)
    whole = assay.label(TEXTS, **how, prices=prices)
    assert whole.cost == pytest.approx(8 * (100 * 1.0 + 2 * 5.0) / 1e6)
    made.calls.clear()
    many = [f"another {i}" for i in range(40)]
    some = assay.label(many, **how, prices=prices, budget=0.002)
    assert some.cost is not None
    assert 0 < some.cost <= 0.002
    assert 0 < made.calls.total() < 40
    outcomes = [row["outcome"] for row in some.frame]
    assert set(outcomes) == {"answered", "not_asked"}
    reasons = {row["reason"] for row in some.frame if row["outcome"] == "not_asked"}
    assert reasons == {"the run stopped: the budget is exhausted"}
    with pytest.raises(SpecError, match="a budget needs prices"):
        assay.label(TEXTS, **how, budget=1)


def test_a_budget_caps_annotators_that_hold_none(server: tuple[Server, str]) -> None:
    _, url = server
    prices = assay.Prices(per_request=1.0)
    llm = assay.LLM(assay.OpenAI("m", assay.Address(url)), billing=assay.Billing(prices))
    result = assay.label(TEXTS, labels=LABELS, annotators=llm, budget=assay.Budget(25, "EUR"))
    assert result.cost is not None
    assert result.cost <= 25
    assert (result.currency, llm.billing.budget) == ("EUR", None)
    given = {str(i): Given("positive", cost_nanos=10**9) for i in range(8)}
    rows = [{"id": str(i), "text": text} for i, text in enumerate(TEXTS)]
    paid = assay.label(rows, labels=LABELS, annotators=Recorded("ann", given), budget=3)
    assert (paid.cost, paid.summary.decided) == (3.0, 3)


def test_with_a_ledger_nothing_is_asked_twice(server: tuple[Server, str], tmp_path: Any) -> None:
    made, url = server
    how: dict[str, Any] = {"labels": LABELS, "model": "m", "base_url": url}
    for count in (4, 8, 8):
        result = assay.label(TEXTS[:count], **how, ledger=tmp_path / "kept.sqlite")
        assert result.labels == [label_of(text) for text in TEXTS[:count]]
    assert made.calls == dict.fromkeys(TEXTS, 1)


def test_what_goes_wrong_is_the_reason_of_its_row() -> None:
    def judge(text: str) -> str | None:
        if text == "odd":
            return "purple"
        if text == "none":
            return None
        raise KeyError(text)

    frame = assay.label(["odd", "none", "x"], labels=LABELS, annotators=judge).frame
    assert [(row["outcome"], row["reason"]) for row in frame] == [
        ("unparsed", "'purple' is not a label; the labels are positive, negative"),
        ("abstained", None),
        ("failed", "KeyError: 'x'"),
    ]


def test_several_of_every_kind_vote(server: tuple[Server, str]) -> None:
    _, url = server

    def first(text: str) -> str:
        return "positive"

    async def second(text: str) -> str:
        await asyncio.sleep(0)
        return "positive" if text.endswith("1") else "negative"

    result = assay.label(TEXTS, labels=LABELS, annotators=["m", first, second], base_url=url)
    want = []
    for text in TEXTS:
        votes = [label_of(text), "positive", "positive" if text.endswith("1") else "negative"]
        want.append(max(LABELS, key=votes.count))
    assert result.labels == want
    assert set(result.summary.tallies) == {"m", "first", "second"}


def test_a_tie_is_undecided_and_says_who() -> None:
    both = {"a": lambda text: "positive", "b": lambda text: "negative"}
    [row] = assay.label(["x"], labels=LABELS, annotators=both).frame
    assert (row["label"], row["outcome"], row["decided_by"]) == (None, "undecided", None)


def test_annotators_in_a_list_are_named_apart() -> None:
    def judge(text: str, word: str = "a") -> str:
        return "positive" if word in text else "negative"

    class Fixed:
        def __call__(self, text: str) -> str:
            return "positive"

    given: list[Any] = [
        judge,
        partial(judge, word="b"),
        lambda t: "positive",
        lambda t: "negative",
        Fixed(),
    ]
    made = annotators_of(given, Endpoint(), CHOICE)
    assert list(made) == ["judge", "partial", "lambda", "lambda_2", "Fixed"]
    assert len({who.id for who in made.values()}) == 5


def test_a_strategy_says_otherwise() -> None:
    both = {"a": lambda text: "positive", "b": lambda text: "negative"}
    result = assay.label(["x"], labels=LABELS, annotators=both, strategy=Single("b"))
    assert result.labels == ["negative"]


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "nobody": ({}, InputError, "name an annotator: model='gpt-4o-mini', or annotators="),
    "none in the list": ({"annotators": []}, InputError, "no annotator is given"),
    "a number": ({"annotators": [5]}, InputError, "is of type int: give the name of a model, a fu"),
    "a class": ({"annotators": Recorded}, InputError, "is of type type"),
    "an empty name": ({"model": " "}, SpecError, "the name of a model is empty"),
    "both": ({"model": "m", "annotators": len}, SpecError, "a model or annotators, not both"),
    "no name": ({"model": len}, SpecError, "give what is of type builtin_function_or_method as"),
    "one twice": ({"annotators": ["m", "m"]}, InputError, "'m' and 'm_2' are one"),
    "no mapping": ({"model": "m", "mapping": "patern"}, SpecError, "did you mean 'pattern'"),
    "a budget of words": ({"model": "m", "budget": "5"}, InputError, "budget is an amount of mon"),
    "a debt": ({"model": "m", "budget": -1}, InputError, "budget is an amount of money"),
    "minutes": ({"annotators": len, "minutes": "5"}, InputError, "minutes is a number, not '5'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_annotators_are_one_line(case: str) -> None:
    how, kind, said = WRONG[case]
    with pytest.raises(kind, match=said) as found:
        assay.label(TEXTS, labels=LABELS, base_url="http://127.0.0.1:9/v1", **how)
    assert "\n" not in str(found.value)
    assert isinstance(found.value, ValueError)


LABELLED: dict[str, tuple[Any, str]] = {
    "a text": ("a, b", "labels is a list, as in labels=\\['a', 'b'\\], not the text 'a, b'"),
    "a number": (5, "labels is of type int; give a list of labels"),
    "a class": (assay.Choice, "labels is of type type"),
    "none": ([], "a schema needs at least one label"),
    "one twice": (["a", "a"], "two labels have the same name"),
    "an object": ([object()], "is not a label: give texts, numbers, or assay.Label"),
    "definitions beside questions": (
        {"a": "what a is", "b": ["x", "y"]},
        "labels is a list, as in .*, not the text 'what a is'",
    ),
    "an empty form": ({"a": []}, "a schema needs at least one label"),
}


@pytest.mark.parametrize("case", LABELLED)
def test_wrong_labels_are_one_line(case: str) -> None:
    labels, said = LABELLED[case]
    with pytest.raises(ValueError, match=said):
        assay.label(TEXTS, labels=labels, annotators=len)


def test_questions_are_of_the_labels() -> None:
    how: dict[str, Any] = {"annotators": len}
    for labels, question, said in (
        (assay.FreeText(), None, "answers of kind text need a question"),
        (LABELS, {"a": "?"}, "question is a text, unless labels is a dict"),
        ({"a": LABELS}, {"b": "?"}, "question has 'b'; labels has a"),
    ):
        with pytest.raises(SpecError, match=said):
            assay.label(TEXTS, labels=labels, question=question, **how)
    task = assay.Task("t", "Which?", CHOICE)
    for more in ({"labels": LABELS}, {"question": "?"}, {"guideline": "g"}):
        with pytest.raises(SpecError, match=f"give {next(iter(more))} or a task, not both"):
            assay.label(TEXTS, task=task, **more, **how)
    no_task: dict[str, Any] = {"task": "t"}
    with pytest.raises(SpecError, match="task is of type str, not an"):
        assay.label(TEXTS, **no_task, **how)
    schema: Any = assay.label(TEXTS, labels={"b", "a", "c"}, **how).task.schema
    assert schema.names == ("a", "b", "c")


async def test_async_calls_go_on_side_by_side(server: tuple[Server, str]) -> None:
    _, url = server
    how: dict[str, Any] = {"labels": LABELS, "model": "m", "base_url": url}
    both = await asyncio.gather(*(assay.alabel(TEXTS, **how) for _ in range(3)))
    assert [r.labels for r in both] == [[label_of(text) for text in TEXTS]] * 3
    assert assay.label(TEXTS, **how).labels == both[0].labels, "also where a loop is running"


def test_threads_label_at_once_with_models_and_functions(server: tuple[Server, str]) -> None:
    _, url = server
    done: list[list[object]] = []

    def work() -> None:
        how: dict[str, Any] = {"labels": LABELS, "base_url": url}
        done.append(assay.label(TEXTS, annotators={"m": "m"}, **how).labels)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [[label_of(text) for text in TEXTS]] * 4


def test_labels_and_questions_become_schemas() -> None:
    tags = assay.MultiChoice(["a", "b"])
    both = schema_of({"mood": LABELS, "tags": tags})
    assert isinstance(both, assay.Form)
    assert both.fields["tags"] is tags
    assert isinstance(mood := both.fields["mood"], assay.Choice)
    assert mood.names == tuple(LABELS)
    first, second = assay.Label("a", "first"), assay.Label("b", "second")
    defined = schema_of({"a": "first", "b": "second"})
    assert isinstance(defined, assay.Choice)
    assert defined.labels == (first, second)
    mixed = schema_of([first, 2, None])
    assert isinstance(mixed, assay.Choice)
    assert mixed.labels == (first, assay.Label("2"))
    assert list(parts(both)) == ["mood", "tags"]
    assert parts(CHOICE) == {"": CHOICE}
    form = assay.label(
        TEXTS, labels={"mood": LABELS, "long": ["no", "yes"]},
        question={"mood": "Which mood?"}, annotators=lambda text: None,
    ).task.schema  # fmt: skip
    assert isinstance(form, assay.Form)
    assert form.questions == {"mood": "Which mood?"}
    assert list(form.fields) == ["mood", "long"]
