"""`assay study wnut17` with a model: what it asks, what it tells, and what it closes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.core.errors import ModelError
from assay.ledger import open_ledger
from assay.models.encoder import MiniLM
from assay.models.openai import OpenAI
from assay.studies.wnut17 import command
from tests.noting import noting
from tests.studies.wnut17.test_study import Lengths, Oracle, folder  # noqa: F401
from tests.worked import as_kept

WORKED = Path(__file__).parent / "worked"
FEW = ["--records", "6", "--examples", "2"]


class Closing(Oracle):
    closed = 0

    async def aclose(self) -> None:
        self.closed += 1


def test_the_whole_study_is_told_in_lines_and_kept_to_go_on(
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    model, asked = Closing(), list[tuple[str, str | None, str | None]]()
    monkeypatch.setattr(command, "_model", lambda *given: noting(asked, model)(given))
    monkeypatch.setattr(command, "_encoder", Lengths)
    ledger = str(tmp_path / "kept.sqlite")
    words = [str(folder), *FEW, "--ledger", ledger, "--model", "small"]
    done = CliRunner().invoke(command.wnut17_command, words)
    assert done.exit_code == 0, done.output
    assert model.closed
    as_kept(WORKED / "lines.json", done.stdout.splitlines())
    assert done.stderr.splitlines()
    prompts = len(model.prompts)
    again = CliRunner().invoke(command.wnut17_command, [*words, "--json"])
    assert len(model.prompts) == prompts, "what the ledger keeps is not asked again"
    assert set(json.loads(again.stdout)["ways"]) == {
        "no examples", "fixed draw", "by words", "by meaning",
    }  # fmt: skip
    assert asked == [("small", None, None)] * 2
    opened = open_ledger(ledger)
    assert opened.runs()
    opened.close()


def test_without_a_model_only_the_taggers_are_told(folder: Path) -> None:  # noqa: F811
    done = CliRunner().invoke(command.wnut17_command, [str(folder), *FEW, "--tagger-only"])
    assert done.exit_code == 0, done.output
    as_kept(WORKED / "taggers.json", done.stdout.splitlines())


def test_a_base_url_names_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "k")
    model = command._model("gpt", "http://127.0.0.1:9/v1", "MY_KEY")
    assert isinstance(model, OpenAI)
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(ModelError, match="MY_KEY with the key is not set"):
        command._model("gpt", "http://127.0.0.1:9/v1", "MY_KEY")


def test_what_is_not_there_is_said() -> None:
    assert command._triple(None) == "nothing to learn: no spans in these labels"
    assert command._counts({}) == "none"
    assert command._counts({"found": 3, "lost": 0, "twice": 1}) == "3 found, 1 twice"


def test_meaning_is_by_the_small_encoder_and_a_name_is_an_embedded_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(command._encoder(), MiniLM)
    monkeypatch.setattr(command, "gguf", lambda name, place: (name, place))
    monkeypatch.setattr(command, "Llama", lambda place: ("llama", place))
    made: object = command._model("small", None, None)
    assert made == ("llama", ("small", Path()))
