"""Annotators made from a task file: what each is given, and what is refused before it is made."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from assay.annotators.classifier import Classifier
from assay.annotators.llm import LLM
from assay.annotators.mapping import BY_NAME as BY_MAPPING
from assay.annotators.people import Panel
from assay.annotators.recorded import Recorded
from assay.annotators.scored import Scored
from assay.core.annotation import DecidedBy
from assay.core.cost import to_nanos
from assay.core.errors import ModelError, SpecError
from assay.core.schema import Choice
from assay.models.cache import BY_NAME
from assay.models.encoder import Floats, MiniLM
from assay.project import annotators
from assay.project.annotators import entry_point, picture_model, unknown_labels, weights
from tests.project.opened import opened


def test_answers_of_people_cost_a_label_and_answers_of_models_a_request(tmp_path: Path) -> None:
    prices = "prices: {human_label: 0.2, per_request: 0.05}"
    found = opened(
        tmp_path,
        f"annotators:\n  ann: {{kind: recorded, path: said.csv, people: true, {prices}}}\n"
        f"  gpt: {{kind: recorded, path: said.csv, {prices}}}\n",
    ).annotators
    ann, gpt = found["ann"], found["gpt"]
    assert isinstance(ann, Recorded)
    assert isinstance(gpt, Recorded)
    assert (ann.name, ann.decided_by, ann.price_nanos) == ("ann", DecidedBy.PEOPLE, to_nanos(0.2))
    assert {g.cost_nanos for g in ann.given.values()} == {0}
    assert (gpt.name, gpt.decided_by, gpt.price_nanos) == ("gpt", DecidedBy.MODEL, 0)
    assert {g.cost_nanos for g in gpt.given.values()} == {to_nanos(0.05)}
    assert len(gpt.given) == 4
    assert ann.budget is not None


def test_a_panel_wants_so_many_people(tmp_path: Path) -> None:
    crowd = opened(
        tmp_path, "annotators: {crowd: {kind: panel, annotators_per_record: 3}}\n"
    ).annotators["crowd"]
    assert isinstance(crowd, Panel)
    assert (crowd.name, crowd.annotators_per_record) == ("crowd", 3)


@pytest.mark.parametrize(
    ("kind", "url", "variable"),
    [
        ("anthropic", "https://api.anthropic.com/", "ANTHROPIC_API_KEY"),
        ("gemini", "https://generativelanguage.googleapis.com/", "GEMINI_API_KEY"),
    ],
)
def test_hosts_have_their_address_and_key(
    kind: str, url: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(more: str) -> object:
        spec = f"annotators: {{m: {{kind: {kind}, model: big{more}}}}}\n"
        who = opened(tmp_path, spec).annotators["m"]
        assert isinstance(who, LLM)
        return who.model.url  # type: ignore[attr-defined]

    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ModelError, match=f"the environment variable {variable} with the key"):
        made("")
    monkeypatch.setenv(variable, "k")
    assert str(made("")).startswith(url)
    assert str(made(", base_url: 'http://here'")).startswith("http://here/")
    with pytest.raises(ModelError, match="the environment variable MINE with the key"):
        made(", key_env: MINE")


@pytest.mark.parametrize(("in_flight", "start"), [(64, 16), (4, 4)])
def test_a_server_gets_few_calls_until_it_is_known(
    in_flight: int, start: int, tmp_path: Path
) -> None:
    spec = (
        f"{{kind: openai, model: m, base_url: 'http://h', in_flight: {in_flight}, timeout: 7, "
        "max_tokens: 9, temperature: 0.5, top_p: 0.9, seed: 3, mapping: json, modality: text}"
    )
    who = opened(tmp_path, f"annotators: {{m: {spec}}}\n").annotators["m"]
    assert isinstance(who, LLM)
    limits = who.model.endpoint.limits  # type: ignore[attr-defined]
    assert (limits.most, limits.start, limits.timeout) == (in_flight, start, 7)
    options = who.options
    assert (options.max_tokens, options.temperature, options.top_p, options.seed) == (
        9, 0.5, 0.9, 3,
    )  # fmt: skip
    assert who.modality == "text"


def test_what_a_server_wants_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_KEY", "0123456789")
    spec = (
        "{kind: openai, model: m, base_url: 'http://h/v1?api-version=1', effort: low, "
        "temperature: null, tokens_field: max_completion_tokens, "
        "headers: {api-key: '${AZURE_KEY}'}, extra_body: {service_tier: flex}, seed: 3}"
    )
    who = opened(tmp_path, f"annotators: {{m: {spec}}}\n").annotators["m"]
    assert isinstance(who, LLM)
    o = who.options
    assert (o.effort, o.temperature, o.tokens_field) == ("low", None, "max_completion_tokens")
    assert (o.extra, o.grows) == ({"service_tier": "flex"}, True)
    assert (o.max_tokens, o.more_tokens) == (64 + 2048, 4 * (64 + 2048))
    assert o.firm >= {"seed", "tokens_field"}
    assert "temperature" not in o.firm
    assert who.model.url == "http://h/v1/chat/completions?api-version=1"  # type: ignore[attr-defined]
    plain = opened(tmp_path, f"annotators: {{m: {spec.replace('effort: low, ', '')}}}\n")
    assert plain.annotators["m"].id != who.id
    newer = spec.replace("tokens_field: max_completion_tokens, ", "api: responses, ")
    made = opened(tmp_path, f"annotators: {{m: {newer.replace(', seed: 3', '')}}}\n")
    assert made.annotators["m"].model.path == "/responses"  # type: ignore[union-attr]


def test_weights_are_a_file_or_of_the_catalogue(tmp_path: Path) -> None:
    assert weights(None, tmp_path) is BY_NAME["smollm2-135m-instruct"]
    other = next(name for name in BY_NAME if name != "smollm2-135m-instruct")
    assert weights(other, tmp_path) is BY_NAME[other]
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    assert weights("mine.gguf", tmp_path) == tmp_path / "mine.gguf"
    models = [name for name, entry in BY_NAME.items() if entry.member.endswith(".gguf")]
    assert len(models) < len(BY_NAME)
    said = f"no embedded model 'none': give a GGUF file, or one of {', '.join(models)}$"
    with pytest.raises(SpecError, match=said):
        weights("none", tmp_path)


def test_a_picture_model_is_the_smallest_or_one_that_is_known() -> None:
    from assay.models.efficientnet import SIDES

    assert picture_model(None) == next(iter(SIDES))
    assert picture_model(list(SIDES)[-1]) == list(SIDES)[-1]
    with pytest.raises(SpecError, match=f"no picture model 'x'; there are {', '.join(SIDES)}"):
        picture_model("x")


def test_only_words_that_are_no_label_or_alias_are_unknown() -> None:
    assert unknown_labels(["good", "Bad", "odd"], Choice(["good", "bad"])) == ["odd"]


def test_a_plugin_that_is_not_installed_is_told_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SpecError, match="no plugin 'mine'; there are: none installed"):
        entry_point("mine")
    there = [EntryPoint(name, "x:y", "assay.annotators") for name in ("b", "a")]
    monkeypatch.setattr(annotators, "entry_points", lambda group: there)
    assert entry_point("a") is there[1]
    with pytest.raises(SpecError, match="there are: a, b"):
        entry_point("mine")


def test_an_inner_strategy_names_others_and_not_itself(tmp_path: Path) -> None:
    for inner in ("{kind: vote}", "{kind: vote, annotators: [m, s]}"):
        more = f"annotators:\n  m: {{kind: panel}}\n  s: {{kind: strategy, strategy: {inner}}}\n"
        with pytest.raises(SpecError, match=r"annotators\.s\.strategy`: list the `annotators`"):
            _ = opened(tmp_path, more).annotators


@pytest.mark.parametrize(
    ("more", "writes"),
    [
        (", calibrate: false", False),
        (", calibrate: false, mapping: likelihood", False),
        (", mapping: json, max_tokens: 9", True),
    ],
)
def test_a_model_that_runs_here_scores_labels_or_writes(
    more: str, writes: bool, tmp_path: Path
) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    spec = f"{{kind: embedded, model: mine.gguf, prices: {{per_request: 0.5}}{more}}}"
    who = opened(tmp_path, f"annotators: {{m: {spec}}}\n").annotators["m"]
    assert isinstance(who, LLM if writes else Scored)
    assert who.modality == "both"
    if isinstance(who, LLM):
        assert who.mapping is BY_MAPPING["json"]
        assert who.options.max_tokens == 9
        assert who.billing.prices.per_request == 0.5
    else:
        assert isinstance(who, Scored)
        assert who.prices.per_request == 0.5


@pytest.mark.parametrize(
    ("more", "writes"),
    [
        (", calibrate: false", False),
        (", calibrate: false, mapping: likelihood", False),
        (", mapping: json, max_tokens: 9", True),
    ],
)
def test_a_model_that_sees_pictures_scores_labels_or_writes(
    more: str, writes: bool, tmp_path: Path
) -> None:
    spec = (
        f"{{kind: transformers, model: some/model@abc, modality: text, view: {{side: 99}}{more}}}"
    )
    who = opened(tmp_path, f"annotators: {{m: {spec}}}\n").annotators["m"]
    assert isinstance(who, LLM if writes else Scored)
    assert who.modality == "text"
    assert "some/model" in who.id
    assert "abc" in who.id
    if isinstance(who, LLM):
        assert who.mapping is BY_MAPPING["json"]
        assert (who.options.max_tokens, who.options.view.side) == (9, 99)


@pytest.mark.parametrize("features", ["minilm", "ngrams"])
def test_a_classifier_learns_from_calibration_gold(
    features: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def encode(_: MiniLM, texts: Sequence[str]) -> Floats:
        return np.array([[len(text), int(text[-1]) % 2] for text in texts], np.float32)

    monkeypatch.setattr(MiniLM, "encode", encode)
    opened(tmp_path)
    (tmp_path / "gold.csv").write_text(
        "record,label\n" + "".join(f"r{i},{('good', 'bad')[i % 2]}\n" for i in range(10))
    )
    more = f"annotators: {{m: {{kind: classifier, features: {features}}}}}\n"
    gold = "gold: {path: gold.csv, calibration: 0.8, evaluation: 0.2}\n"
    who = opened(tmp_path, more + gold).annotators["m"]
    assert isinstance(who, Classifier)
    assert who.labels == ("bad", "good")
    assert ("minilm" in who.id) == (features == "minilm")
    again = opened(tmp_path, more + gold + "seed: 1\n").annotators["m"]
    assert again.id != who.id
