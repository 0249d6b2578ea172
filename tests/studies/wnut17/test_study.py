import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from click.testing import CliRunner
from numpy.typing import NDArray

from assay.annotators.llm import LLM
from assay.annotators.mapping import Json
from assay.core.errors import InputError, ModelError
from assay.core.value import Span
from assay.ledger import MemoryLedger
from assay.models.base import Completion, Message, Options
from assay.models.hosted import Address
from assay.models.openai import OpenAI
from assay.strategies.retrieval import Retrieved
from assay.studies.commands import study_command
from assay.studies.wnut17.study import (
    DEFINITIONS,
    FILES,
    Corpus,
    Lab,
    Plan,
    Wnut17Study,
    baseline,
    drawn,
    read,
    strategies,
    study,
)
from tests.servers import Server, completion, serving

PLAN = Plan(records=6, examples=2)
NAMES = {"Ana": "person", "Zoë": "person", "Oslo": "location", "דנה": "person", "Köln": "location"}
WAYS = {"no examples", "fixed draw", "by words"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus in the form of WNUT-17: names, two to a sentence, and sentences without any, which
    dev has from train."""
    place = tmp_path_factory.mktemp("wnut17")
    names = list(NAMES)
    for offset, (part, file) in enumerate(FILES.items()):
        blocks = []
        for i in range(40):
            one, two = names[(i + offset) % 5], names[(i * 3 + 1) % 5]
            plain = ["nobody", f"train{i}"] if part == "dev" else ["nobody", f"{part}{i}"]
            words = [one, "saw", two, f"{part}{i}", "😀"] if i % 4 else plain
            tags = [f"B-{NAMES[w]}" if w in NAMES else "O" for w in words]
            blocks.append("\n".join(f"{w}\t{t}" for w, t in zip(words, tags, strict=True)))
        (place / file).write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return place


class Oracle:
    """A model that quotes the names it knows; `wrong` quotes what is not there."""

    takes_images = False

    def __init__(self, wrong: bool = False) -> None:
        self.wrong = wrong
        self.prompts: list[str] = []

    @property
    def id(self) -> str:
        return f"oracle{self.wrong:d}"

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        assert options.json_schema is not None
        self.prompts.append(messages[-1].text)
        text = re.findall(r"<record>(.*?)</record>", messages[-1].text, re.S)[-1]
        found = [{"text": w, "label": NAMES[w]} for w in text.split() if w in NAMES]
        made_up = [{"text": "Atlantis", "label": "location"}]
        return Completion(json.dumps({"spans": made_up if self.wrong else found}))

    async def aclose(self) -> None:
        return None


async def studied(folder: Path, model: Oracle, ledger: MemoryLedger) -> tuple[Corpus, Wnut17Study]:
    corpus = read(folder, PLAN)
    return corpus, await study(corpus, PLAN, Lab(LLM(model, Json()), ledger))


async def test_a_model_that_knows_everything_scores_what_people_score(folder: Path) -> None:
    corpus, made = await studied(folder, Oracle(), MemoryLedger())
    assert set(made.promptings) == WAYS
    for prompting in made.promptings.values():
        assert [score.exact.f1.value for score in prompting.direct.values()] == [1.0] * 3
        assert all(score.measure == "direct" for score in prompting.direct.values())
        assert prompting.outcomes == {"answered": 18}
        assert prompting.alignment["found"] == sum(
            len(spans) for _, gold in drawn(corpus, PLAN).values() for spans in gold.values()
        )
        # the same labels make the same tagger
        assert prompting.downstream is not None
        assert made.human is not None
        assert prompting.downstream.as_json() == made.human.as_json()
        assert prompting.downstream.measure == "downstream"
    json.dumps(made.as_json(), allow_nan=False)


async def test_made_up_entities_are_counted_and_teach_nothing(folder: Path) -> None:
    _, made = await studied(folder, Oracle(wrong=True), MemoryLedger())
    for prompting in made.promptings.values():
        assert prompting.alignment["not in the record"] == 18
        assert prompting.downstream is None
        assert prompting.direct["test"].exact.marked == 0
    json.dumps(made.as_json(), allow_nan=False)


async def test_no_example_is_from_what_is_labelled(folder: Path) -> None:
    corpus, made = await studied(folder, Oracle(), MemoryLedger())
    pool = {e.id for e in corpus.pool}
    labelled = {r.id for records, _ in drawn(corpus, PLAN).values() for r in records}
    assert not pool & labelled
    for name, prompting in made.promptings.items():
        for shown in prompting.examples.values():
            assert len(shown) == (0 if name == "no examples" else PLAN.examples)
            assert set(shown) <= pool


async def test_an_endpoint_is_bound_to_the_schema_and_may_still_break_it(
    folder: Path,
) -> None:
    async def answer(_: web.Request, text: str) -> web.StreamResponse:
        quotes = [{"text": w, "label": NAMES[w]} for w in text.split() if w in NAMES]
        said = json.dumps({"spans": quotes}) if quotes else '{"spans": "none"}'
        return web.json_response(completion(said))

    server = Server(answer)
    corpus = read(folder, PLAN)
    async with serving(server) as url:
        model = OpenAI("big", Address(url))
        made = await study(corpus, PLAN, Lab(LLM(model, Json()), MemoryLedger()))
        await model.aclose()
    assert all(b["response_format"]["type"] == "json_schema" for b in server.bodies)
    for prompting in made.promptings.values():
        silent = sum(score.baseline.hits for score in prompting.direct.values())
        assert prompting.outcomes == Counter(answered=18 - silent, unparsed=silent)
        assert sum(score.answered.hits for score in prompting.direct.values()) == 18 - silent


async def test_going_on_with_the_same_ledger_asks_nothing_again(folder: Path) -> None:
    ledger, model = MemoryLedger(), Oracle()
    _, first = await studied(folder, model, ledger)
    asked = len(model.prompts)
    assert asked == 18 * len(WAYS)
    _, again = await studied(folder, model, ledger)
    assert len(model.prompts) == asked
    assert again.as_json() == first.as_json()


async def test_ways_are_ranked_over_the_sets_beside_the_tagger(folder: Path) -> None:
    _, made = await studied(folder, Oracle(), MemoryLedger())
    assert made.ranks is not None
    assert set(made.ranks.mean_ranks) == WAYS | {"tagger on the pool"}
    assert made.ranks.blocks == 3
    assert set(made.ranks.mean_ranks.values()) == {2.5}
    _, wrong = await studied(folder, Oracle(wrong=True), MemoryLedger())
    assert wrong.ranks is not None
    assert wrong.ranks.mean_ranks == dict.fromkeys(WAYS, 3.0) | {"tagger on the pool": 1.0}


async def test_the_study_says_what_it_was_made_of(folder: Path) -> None:
    corpus, ledger = read(folder, PLAN), MemoryLedger()
    made = await study(corpus, PLAN, Lab(LLM(Oracle(), Json()), ledger))
    said = made.as_json()
    assert said["plan"] == {
        "records": 6, "examples": 2, "pool_share": 0.3, "balanced": False, "seed": 0
    }  # fmt: skip
    noted = {"study": "wnut17", **asdict(PLAN)}
    assert [run.settings for run in ledger.runs()] == [noted] * 3
    pool = {e.record.text for e in corpus.pool}
    twins = [r for r in drawn(corpus, PLAN)["dev"][0] if r.text in pool]
    assert twins
    assert said["near_duplicates_of_the_pool"] == {"rest": 0, "dev": len(twins), "test": 0}
    assert made.human is not None
    assert made.ranks is not None
    assert said["downstream_of_people"] == made.human.as_json()
    assert said["ranks"] == made.ranks.as_json()
    assert said["taggers"] == {
        name: {on: score.as_json() for on, score in scores.items()}
        for name, scores in made.taggers.items()
    }
    for name, prompting in made.promptings.items():
        described = said["ways"][name]  # type: ignore[index]
        assert described["strategy"] == prompting.strategy
        assert list(described["examples"]) == [
            r.id for records, _ in drawn(corpus, PLAN).values() for r in records
        ]
        assert list(described["direct"]) == list(prompting.direct) == ["rest", "dev", "test"]


def test_taggers_on_peoples_labels_are_scored_directly_on_what_they_have_not_seen(
    folder: Path,
) -> None:
    corpus = read(folder, PLAN)
    made = baseline(corpus, PLAN)
    assert set(made.taggers) == {"tagger on all of train", "tagger on the pool"}
    for scores in made.taggers.values():
        assert {on: score.measure for on, score in scores.items()} == {
            "dev": "direct", "test": "direct"
        }  # fmt: skip
    assert made.as_json()["ways"] == {}
    assert (made.human, made.ranks) == (None, None)


async def test_a_model_that_cannot_be_used_ends_the_study_and_says_how_to_go_on(
    folder: Path,
) -> None:
    class Down(Oracle):
        async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
            raise ModelError("endpoint is down")

    with pytest.raises(ModelError, match=r"stopped \(a model cannot be used\): .*run it again"):
        await studied(folder, Down(), MemoryLedger())


def test_the_corpus_is_read_as_the_plan_says(folder: Path) -> None:
    assert Plan() == Plan(records=12, examples=4, pool_share=0.3, balanced=False, seed=0)
    corpus = read(folder, Plan(pool_share=0.25, seed=3))
    assert (len(corpus.train), len(corpus.pool), len(corpus.rest)) == (40, 10, 30)
    assert [e.id for e in corpus.pool] != [e.id for e in read(folder, Plan(pool_share=0.25)).pool]
    labels = {label.name: label.definition for label in corpus.task.schema.labels}  # type: ignore[attr-defined]
    assert labels == {name: DEFINITIONS[name] for name in ("location", "person")}


async def test_progress_is_told_and_answers_that_cannot_be_read_are_counted_alone(
    folder: Path,
) -> None:
    described: list[str] = []

    class Garbled(Oracle):
        async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
            return Completion("I would rather not say.")

    corpus = read(folder, PLAN)
    made = await study(
        corpus, PLAN, Lab(LLM(Garbled(), Json()), MemoryLedger(), log=described.append)
    )
    assert described[0] == "fitting taggers on people's labels ..."
    assert described[1:] == [f"{name}: 18 records ..." for name in made.promptings]
    for prompting in made.promptings.values():
        assert prompting.outcomes == {"unparsed": 18}
        assert set(prompting.alignment.values()) == {0}
        assert prompting.as_json()["downstream"] is None
    sizes = made.as_json()["sizes"]
    assert sizes == {
        "train": 40, "dev": 40, "test": 40, "pool": len(corpus.pool), "rest": len(corpus.rest),
    }  # fmt: skip


class Lengths:
    id = "lengths"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[1.0, len(text)] for text in texts], dtype=np.float32)


def test_with_an_encoder_examples_are_chosen_by_meaning_too(folder: Path) -> None:
    corpus = read(folder, PLAN)
    assert set(strategies(corpus, PLAN, None)) == WAYS
    found = strategies(corpus, Plan(examples=3, balanced=True, seed=5), Lengths())
    assert list(found) == ["no examples", "fixed draw", "by words", "by meaning"]
    promptings = [found[name] for name in list(found)[1:]]
    assert all(
        isinstance(prompting, Retrieved) and prompting.count == 3 and prompting.balanced
        for prompting in promptings
    )
    assert len({prompting.id for prompting in promptings}) == 3


def test_records_are_drawn_by_the_seed_in_the_order_of_their_set(folder: Path) -> None:
    corpus = read(folder, PLAN)
    found = drawn(corpus, PLAN)
    assert list(found) == ["rest", "dev", "test"]
    for name, (records, gold) in found.items():
        whole = [e.record for e in corpus.rest] if name == "rest" else corpus.sets[name][0]
        assert len(records) == PLAN.records
        assert [r for r in whole if r in records] == records
        truth = corpus.sets["train" if name == "rest" else name][1]
        assert gold == {r.id: truth[r.id] for r in records}
    assert found == drawn(corpus, PLAN)
    assert found != drawn(corpus, Plan(records=6, examples=2, seed=1))


def test_a_folder_without_the_files_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lacks wnut17train\.conll, emerging\.dev\.conll"):
        read(tmp_path, PLAN)


def test_the_command_without_a_model_gives_the_taggers_as_json(folder: Path) -> None:
    done = CliRunner().invoke(study_command, ["wnut17", str(folder), "--tagger-only", "--json"])
    assert done.exit_code == 0, done.output
    made = json.loads(done.output)
    scores = made["taggers"]["tagger on all of train"]["test"]
    assert scores["schemes"]["exact"]["f1"]["value"] > 0.8
    assert made["sizes"]["test"] == 40


def test_wnut17_is_cut_into_a_pool_and_a_rest_without_common_texts(shared_data: Path) -> None:
    corpus = read(shared_data / "wnut17", Plan())
    assert len(corpus.train) == 3394
    assert len(corpus.pool) == 1018
    assert not {e.record.text for e in corpus.pool} & {e.record.text for e in corpus.rest}
    assert len(corpus.task.schema.unit_labels("") or ()) == 7
    records, gold = corpus.sets["test"]
    assert isinstance(gold[records[0].id], tuple)
    assert all(isinstance(s, Span) for spans in gold.values() for s in spans)
