"""What a kind of strategy or annotator does not use is refused, with its line."""

import re
from pathlib import Path

import pytest

from assay.core.errors import SpecError
from assay.taskfile.annotators import AnnotatorSpec, PluginSpec
from assay.taskfile.kinds import kinds, options
from assay.taskfile.reader import load
from assay.taskfile.strategies import StrategySpec

PAGE = (Path(__file__).parents[2] / "docs" / "task-file.md").read_text(encoding="utf-8")
TASK = """\
name: tone
data: {path: a.csv}
question: Which tone?
answer: {kind: choice, labels: [good, bad]}
annotators:
  one: {kind: KIND}
strategy:
  kind: WAY
"""


def said(folder: Path, kind: str = "panel", way: str = "single") -> str:
    path = folder / "task.yaml"
    path.write_text(TASK.replace("KIND", kind).replace("WAY", way), encoding="utf-8")
    try:
        load(path)
    except SpecError as bad:
        return str(bad).removeprefix(f"{path}:")
    return ""


STRATEGIES = {
    "single\n  replicas: 3": "9: `strategy.replicas`: kind `single` does not use it; it takes no "
    "options; `replicas` is for kind `vote`",
    "vote\n  ties: first\n  audit: 0.1": "10: `strategy.audit`: kind `vote` does not use it; it "
    "takes `replicas`, `ties`; `audit` is for kind `review`",
    "chain\n  thresholds: [0.5]\n  answer: rank": "10: `strategy.answer`: a chain with "
    "`thresholds` does not use it",
    "triage\n  threshold: 0.5\n  share: 0.1": "`triage` with `threshold` does not use it",
    "triage\n  criterion: errors\n  judge: one": "with `criterion: errors` does not use it",
    "sequential\n  miscoverage: 0.1\n  suggestions: 2": "with `miscoverage` does not use it",
    "specialists\n  n_specialists: 3": "`specialists` without `registry` does not use it",
    "specialists\n  registry: r\n  controller: one\n  learners: [ngrams]": "with `registry`",
}


@pytest.mark.parametrize("way", STRATEGIES)
def test_an_option_of_another_strategy_is_refused(way: str, tmp_path: Path) -> None:
    assert STRATEGIES[way] in said(tmp_path, way=way)


ANNOTATORS = {
    "rule, rule: vader, model: m": "6: `annotators.one.model`: kind `rule` does not use it; it "
    "takes `rule`; `model` is for kind `openai`",
    "rule, rule: vader, prices: {per_request: 1}": "`annotators.one.prices`: kind `rule` does not",
    "classifier, train: true": "`train` is for kind `hub`",
    "embedded, temperature: 0.7": "`embedded` scores labels, unless it has another `mapping`, and "
    "does not use it",
    "embedded, mapping: json, fit: 20": "`embedded` with `mapping: json` does not use it",
    "panel, path: a.csv": "it takes `annotators_per_record`, `prices`; `path` is for",
    "strategy, strategy: {kind: joint, audit: 1}": "`annotators.one.strategy.audit`: kind `joint`",
}


@pytest.mark.parametrize("kind", ANNOTATORS)
def test_an_option_of_another_annotator_is_refused(kind: str, tmp_path: Path) -> None:
    assert ANNOTATORS[kind] in said(tmp_path, kind)


@pytest.mark.parametrize(
    "kind",
    [
        "embedded, mapping: json, temperature: 0.7",
        "embedded, calibrate: false, scores: best",
        "classifier, features: pictures, model: efficientnet-lite0",
        "openai, base_url: u, model: m, seed: 3, view: {side: 64}",
        "plugin, plugin: own, temperature: 0.7, options: {annotators_per_record: 3}",
        "panel, path:",
    ],
)
def test_what_is_used_passes_and_a_key_without_value_says_nothing(
    kind: str, tmp_path: Path
) -> None:
    assert said(tmp_path, kind) == ""


@pytest.mark.parametrize("kind", ["panel, path:", "rule, rule: vader, base_url:"])
def test_a_slip_without_a_value_is_a_slip(kind: str, tmp_path: Path) -> None:
    assert "unknown key `pth`" in said(tmp_path, f"{kind}, pth:")


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("triage\n  criterion: hardness", "`strategy.judge`: triage by hardness needs a `judge`"),
        ("specialists\n  registry: r", "`strategy.controller`: a registry needs a `controller`"),
    ],
)
def test_what_an_option_needs_is_named(way: str, says: str, tmp_path: Path) -> None:
    assert says in said(tmp_path, way=way)


def test_a_strategy_of_no_kind_asks_one(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    for way in ("  annotators: [one]", "  kind:"):
        path.write_text(TASK.replace("KIND", "panel").replace("  kind: WAY", way))
        assert load(path).strategy.kind == "single"


def test_a_slip_in_a_key_of_a_plugin_is_found(tmp_path: Path) -> None:
    found = said(tmp_path, "plugin, plugin: p, temprature: 0.5")
    assert "unknown key `temprature`" in found
    assert "did you mean `temperature`" in found
    assert "keys of a plugin's own stand under `options`" in found


def test_a_plugin_takes_keys_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    own = "plugin, plugin: p, options: {depth: 3}"
    path.write_text(TASK.replace("KIND", own).replace("WAY", "single"))
    spec = load(path).annotators["one"]
    assert isinstance(spec, PluginSpec)
    assert spec.options == {"depth": 3}


@pytest.mark.parametrize("kind", kinds(StrategySpec))
def test_the_page_names_the_options_of_each_strategy(kind: str) -> None:
    [row] = re.findall(rf"^\| `{kind}` \|.*$", PAGE[PAGE.index("## `strategy`") :], re.M)
    for name in options(kinds(StrategySpec)[kind]):
        assert f"`{name}`" in row


@pytest.mark.parametrize("kind", kinds(AnnotatorSpec))
def test_the_page_names_what_each_annotator_needs(kind: str) -> None:
    [row] = re.findall(rf"^\| .*`{kind}`.* \|.*$", PAGE[PAGE.index("## `annotators`") :], re.M)[:1]
    model = kinds(AnnotatorSpec)[kind]
    for name, field in model.model_fields.items():
        assert name == "kind" or not field.is_required() or f"`{name}`" in row
