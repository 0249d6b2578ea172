"""Named entities in noisy text: retrieval few-shot labelling on WNUT-17, compared with a tagger.

After Haq, Rigoni and Sperduti (arXiv 2504.15022): part of the training set (X) gives the examples,
the rest (T) is labelled. Their figure is the *downstream* F1, of a tagger trained on the labels and
scored on people's test labels; the *direct* F1 of the labels themselves is another one, and both
are given under their names. Their tagger is a fine-tuned RoBERTa, the one here a linear model.

Data: Derczynski et al. (WNUT 2017), CC BY 4.0.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from assay.annotators.llm import LLM
from assay.annotators.mapping.jsons import first_json
from assay.annotators.mapping.spans import KINDS, alignment
from assay.annotators.tagger import Tagger, fit_tagger
from assay.core.annotation import DEFAULT_OPTIONS, Annotation, Outcome, Request
from assay.core.errors import InputError, ModelError
from assay.core.record import Record
from assay.core.schema import Label, Spans
from assay.core.task import Example, Task
from assay.core.value import Span, Value
from assay.data.conll import labels_of, read_spans
from assay.ledger.base import Ledger
from assay.models.base import Encoder
from assay.quality.metrics.entities import Entities, entity_scores
from assay.quality.metrics.ranks import Ranks, compare_ranks
from assay.run import Job, Settings, label
from assay.strategies.base import Strategy
from assay.strategies.nearest import ByEmbedding, ByWords, Fixed, Retriever, near_duplicates
from assay.strategies.retrieval import Retrieved, pool_split
from assay.strategies.single import Single

FILES = {
    "train": "wnut17train.conll",
    "dev": "emerging.dev.conll",
    "test": "emerging.test.annotated",
}
QUESTION = (
    "Find the named entities in the text and classify each. There may be several, or none. "
    "Quote each exactly as it stands in the text, capitals kept."
)
DEFINITIONS = {
    "corporation": "a company, by name",
    "creative-work": "a song, film, book, game or programme, by title",
    "group": "a band, team or other group of people that is no company, by name",
    "location": "a place, region or facility, by name",
    "person": "a person or character, by name",
    "product": "something made that can be bought, by name",
}
PEOPLE = "people's labels (WNUT-17)"
MODEL = "model"
PLAIN_TAGGER, POOL_TAGGER = "tagger on all of train", "tagger on the pool"

Gold: TypeAlias = Mapping[str, tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """`records` are drawn from each of T, dev and test for the model to label."""

    records: int = 12
    examples: int = 4
    pool_share: float = 0.3
    balanced: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Corpus:
    """Records and people's spans of the three files, cut into X and T."""

    task: Task
    pool: tuple[Example, ...]
    rest: tuple[Example, ...]
    sets: Mapping[str, tuple[Sequence[Record], Gold]]  # train, dev, test

    @property
    def train(self) -> list[Example]:
        records, gold = self.sets["train"]
        return [Example(record, gold[record.id]) for record in records]


@dataclass(frozen=True, slots=True)
class PromptingResult:
    """One way to prompt: its direct score on each set, what became of quotes and answers."""

    strategy: str
    direct: Mapping[str, Entities]
    alignment: Mapping[str, int]
    outcomes: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]  # record id to what it was shown, in order
    downstream: Entities | None  # None: its labels on T hold nothing that a tagger can learn

    def as_json(self) -> dict[str, object]:
        return {
            "strategy": self.strategy,
            "direct": {name: score.as_json() for name, score in self.direct.items()},
            "alignment": dict(self.alignment),
            "outcomes": dict(self.outcomes),
            "examples": {id: list(shown) for id, shown in self.examples.items()},
            "downstream": None if self.downstream is None else self.downstream.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Wnut17Study:
    plan: Plan
    sizes: Mapping[str, int]
    taggers: Mapping[str, Mapping[str, Entities]]  # fitted on people's labels
    promptings: Mapping[str, PromptingResult] = field(default_factory=dict)
    twins: Mapping[str, int] = field(default_factory=dict)  # labelled records with one in the pool
    human: Entities | None = None  # downstream of people's labels on the records that ways label
    ranks: Ranks | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "plan": asdict(self.plan),
            "sizes": dict(self.sizes),
            "near_duplicates_of_the_pool": dict(self.twins),
            "taggers": {
                name: {on: score.as_json() for on, score in scores.items()}
                for name, scores in self.taggers.items()
            },
            "ways": {name: prompting.as_json() for name, prompting in self.promptings.items()},
            "downstream_of_people": None if self.human is None else self.human.as_json(),
            "ranks": None if self.ranks is None else self.ranks.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Lab:
    """What the model's part of the study needs; answers are kept in the ledger."""

    llm: LLM
    ledger: Ledger
    encoder: Encoder | None = None  # None: no way by meaning
    log: Callable[[str], None] = lambda _: None


def read(folder: Path, plan: Plan) -> Corpus:
    """InputError if a file is not there or not in CoNLL format."""
    missing = [name for name in FILES.values() if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder} lacks {', '.join(missing)}; give the folder of WNUT-17")
    sets = {name: read_spans(folder / file) for name, file in FILES.items()}
    records, gold = sets["train"]
    names = labels_of(spans for _, labelled in sets.values() for spans in labelled.values())
    labels = [Label(name, DEFINITIONS.get(name, "")) for name in names]
    examples = [Example(r, gold[r.id]) for r in records]
    pool, rest = pool_split(examples, plan.pool_share, plan.seed)
    return Corpus(Task("wnut17", QUESTION, Spans(labels)), pool, rest, dict(sets))


def baseline(corpus: Corpus, plan: Plan) -> Wnut17Study:
    """The part without a language model: a tagger on all of train, and one on the pool alone."""
    return _with_taggers(corpus, plan, _fitted(corpus, plan))


def _fitted(corpus: Corpus, plan: Plan) -> dict[str, Tagger]:
    return {
        PLAIN_TAGGER: _tagger(corpus, corpus.train, plan.seed),
        POOL_TAGGER: _tagger(corpus, corpus.pool, plan.seed),
    }


def _with_taggers(corpus: Corpus, plan: Plan, taggers: Mapping[str, Tagger]) -> Wnut17Study:
    scores = {
        name: {on: _scored(tagger, *corpus.sets[on]) for on in ("dev", "test")}
        for name, tagger in taggers.items()
    }
    sizes = {name: len(records) for name, (records, _) in corpus.sets.items()}
    return Wnut17Study(plan, sizes | {"pool": len(corpus.pool), "rest": len(corpus.rest)}, scores)


async def study(corpus: Corpus, plan: Plan, lab: Lab) -> Wnut17Study:
    """Everything: the baseline, each way to prompt, both scores of each, and ranks over sets."""
    lab.log("fitting taggers on people's labels ...")
    taggers = _fitted(corpus, plan)
    base = _with_taggers(corpus, plan, taggers)
    sets = drawn(corpus, plan)
    promptings: dict[str, PromptingResult] = {}
    for name, strategy in strategies(corpus, plan, lab.encoder).items():
        lab.log(f"{name}: {sum(len(r) for r, _ in sets.values())} records ...")
        promptings[name] = await _prompting(corpus, plan, lab, strategy)
    rows = {
        name: [_f1(prompting.direct[on]) for on in sets] for name, prompting in promptings.items()
    }
    rows[POOL_TAGGER] = [_f1(_scored(taggers[POOL_TAGGER], *part)) for part in sets.values()]
    known = [e.record for e in corpus.pool]
    learnt = [Example(r, sets["rest"][1][r.id]) for r in sets["rest"][0]]
    return replace(
        base,
        promptings=promptings,
        twins={on: near_duplicates(records, known) for on, (records, _) in sets.items()},
        human=_downstream(corpus, learnt, plan.seed),
        ranks=compare_ranks(rows),
    )


def drawn(corpus: Corpus, plan: Plan) -> dict[str, tuple[list[Record], Gold]]:
    """The records to label, by set: `rest` is T, whose own labels nothing here has seen."""
    truth = corpus.sets["train"][1]
    whole: dict[str, tuple[Sequence[Record], Gold]] = {
        "rest": ([e.record for e in corpus.rest], truth),
        "dev": corpus.sets["dev"],
        "test": corpus.sets["test"],
    }
    chosen: dict[str, tuple[list[Record], Gold]] = {}
    for name, (records, gold) in whole.items():
        order = np.random.default_rng(plan.seed).permutation(len(records))[: plan.records]
        some = [records[int(i)] for i in sorted(order)]
        chosen[name] = some, {r.id: gold[r.id] for r in some}
    return chosen


def strategies(corpus: Corpus, plan: Plan, encoder: Encoder | None) -> dict[str, Strategy]:
    """The four ways of the paper; one fixed draw stands for plain in-context learning."""
    retrievers: dict[str, Retriever] = {"fixed draw": Fixed(plan.seed), "by words": ByWords()}
    if encoder is not None:
        retrievers["by meaning"] = ByEmbedding(encoder)
    found: dict[str, Strategy] = {"no examples": Single(MODEL)}
    for name, retriever in retrievers.items():
        found[name] = Retrieved(MODEL, corpus.pool, retriever, plan.examples, plan.balanced)
    return found


async def _prompting(corpus: Corpus, plan: Plan, lab: Lab, strategy: Strategy) -> PromptingResult:
    sets = drawn(corpus, plan)
    records = [r for some, _ in sets.values() for r in some]
    settings = Settings(note={"study": "wnut17", **asdict(plan)})
    job = Job(corpus.task, strategy, {MODEL: lab.llm}, lab.ledger, settings)
    summary = await label(job, records)
    if summary.reason is not None:
        raise ModelError(f"stopped ({summary.reason}): {summary.message}; run it again to resume")
    values = {d.record: d.value for d in lab.ledger.decisions(summary.run)}
    answers = _answers(corpus, lab, strategy, records)
    learnt = [Example(r, v) for r in sets["rest"][0] if (v := values.get(r.id)) is not None]
    return PromptingResult(
        strategy.id,
        {on: entity_scores(values, gold, PEOPLE) for on, (_, gold) in sets.items()},
        _alignment(corpus, answers, records),
        Counter(str(a.outcome) for a in answers.values()),
        {a.record: a.examples for a in answers.values()},
        _downstream(corpus, learnt, plan.seed),
    )


def _answers(
    corpus: Corpus, lab: Lab, strategy: Strategy, records: Sequence[Record]
) -> dict[str, Annotation]:
    """The final answers behind a strategy's decisions, by record id."""
    shown = (
        strategy.request_options(records)
        if isinstance(strategy, Retrieved)
        else [DEFAULT_OPTIONS] * len(records)
    )
    asked = [
        Request(corpus.task, record, lab.llm.id, prompting)
        for record, prompting in zip(records, shown, strict=True)
    ]
    return {a.record: a for a in lab.ledger.answers([r.key for r in asked]).values()}


def _alignment(
    corpus: Corpus, answers: Mapping[str, Annotation], records: Sequence[Record]
) -> dict[str, int]:
    """How often each case of the anchoring policy came up, read again from the raw answers."""
    schema = corpus.task.schema
    assert isinstance(schema, Spans)
    total: Counter[str] = Counter()
    for record in records:
        said = answers.get(record.id)
        if said is not None and said.outcome is Outcome.ANSWERED and said.raw:
            total += alignment(first_json(said.raw), record, schema)
    return {kind: total[kind] for kind in KINDS}


def _tagger(corpus: Corpus, examples: Sequence[Example], seed: int) -> Tagger:
    return fit_tagger([(e.record, e.value) for e in examples], corpus.task.schema, seed)


def _scored(
    tagger: Tagger, records: Sequence[Record], gold: Gold, learnt: bool = False
) -> Entities:
    values: dict[str, Value | None] = dict(tagger.spans(records))
    return entity_scores(values, gold, PEOPLE, "downstream" if learnt else "direct")


def _downstream(corpus: Corpus, learnt: Sequence[Example], seed: int) -> Entities | None:
    """Of a tagger fitted on these labels, on people's labels of the whole test set."""
    try:
        tagger = _tagger(corpus, learnt, seed)
    except InputError:
        return None
    return _scored(tagger, *corpus.sets["test"], learnt=True)


def _f1(score: Entities) -> float:
    return score.exact.f1.value or 0.0
