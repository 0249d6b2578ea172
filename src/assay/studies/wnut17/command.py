"""`assay study wnut17`: named entities by retrieval few-shot labelling, and by a tagger."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import click

from assay.annotators.llm import LLM
from assay.annotators.mapping import Json
from assay.cli.common import examples
from assay.ledger import open_ledger
from assay.models.base import Encoder, Model, Options
from assay.models.encoder import MiniLM
from assay.models.hosted import Address
from assay.models.limits import Limits
from assay.models.llama import Llama
from assay.models.openai import OpenAI
from assay.project.annotators import gguf
from assay.quality.metrics.entities import Entities
from assay.studies.wnut17.study import Corpus, Lab, Plan, Wnut17Study, baseline, read, study

ANSWER = 128  # tokens; a list of quotes that is longer stays unparsed


@click.command("wnut17", epilog=examples("assay study wnut17 folder --tagger-only"))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--records", default=12, show_default=True, type=click.IntRange(min=1),
              help="Records that the model labels, of each of T, dev and test.")  # fmt: skip
@click.option("--examples", default=4, show_default=True, type=click.IntRange(min=1),
              help="Examples shown with a record.")  # fmt: skip
@click.option("--balanced", is_flag=True, help="Take the examples in turn from each label.")
@click.option("--seed", default=0, show_default=True, help="Random seed.")
@click.option("--model", default="smollm2-135m-instruct", show_default=True,
              help="Embedded model or GGUF file; with --base-url a model of it.")  # fmt: skip
@click.option("--base-url", help="OpenAI-compatible endpoint to ask instead.")
@click.option("--key-env", help="Environment variable that holds its key.")
@click.option("--ledger", default=":memory:", help="File that keeps the answers, to go on later.")
@click.option("--tagger-only", is_flag=True, help="Leave the language model out.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON on stdout.")
def wnut17_command(
    folder: Path,
    records: int,
    examples: int,
    balanced: bool,
    seed: int,
    model: str,
    base_url: str | None,
    key_env: str | None,
    ledger: str,
    tagger_only: bool,
    as_json: bool,
) -> None:
    """Named entities in noisy text: prompts against a tagger (FOLDER: the WNUT-17 files)."""
    plan = Plan(records, examples, balanced=balanced, seed=seed)
    corpus = read(folder, plan)
    if tagger_only:
        made = baseline(corpus, plan)
    else:
        asked = _model(model, base_url, key_env)
        made = _studied(corpus, plan, asked, ledger)
    if as_json:
        click.echo(json.dumps(made.as_json(), indent=2))
    else:
        _print_result(made)


def _studied(corpus: Corpus, plan: Plan, model: Model, place: str) -> Wnut17Study:
    ledger = open_ledger(place)

    async def whole() -> Wnut17Study:
        try:
            return await study(corpus, plan, lab)
        finally:
            await model.aclose()

    try:
        llm = LLM(model, Json(), Options(max_tokens=ANSWER))
        lab = Lab(llm, ledger, _encoder(), lambda line: click.echo(line, err=True))
        return asyncio.run(whole())
    finally:
        ledger.close()


def _model(name: str, base_url: str | None, key_env: str | None) -> Model:
    if base_url is not None:
        return OpenAI(name, Address(base_url, key_env, Limits()))

    return Llama(gguf(name, Path()))


def _encoder() -> Encoder:
    return MiniLM()


def _print_result(made: Wnut17Study) -> None:
    sizes = ", ".join(f"{name} {count:,}" for name, count in made.sizes.items())
    click.echo(f"records: {sizes}")
    click.echo("\nTaggers fitted on people's labels (direct score, exact spans):")
    for name, scores in made.taggers.items():
        for on, score in scores.items():
            click.echo(f"  {f'{name}, on {on}':<34}{_triple(score)}")
    if not made.promptings:
        return
    click.echo(f"\nWays to prompt (direct score, exact spans, {made.plan.records} records each):")
    for name, prompting in made.promptings.items():
        for on, score in prompting.direct.items():
            click.echo(f"  {f'{name}, on {on}':<34}{_triple(score)}")
        click.echo(
            f"    answers: {_counts(prompting.outcomes)}; quotes: {_counts(prompting.alignment)}"
        )
    click.echo("\nDownstream (a tagger fitted on labels of T, scored on people's test labels):")
    for name, downstream in [
        ("people", made.human),
        *((name, prompting.downstream) for name, prompting in made.promptings.items()),
    ]:
        click.echo(f"  {name:<34}{_triple(downstream)}")
    twins = _counts(made.twins)
    click.echo(f"\nlabelled records with a near duplicate in the pool: {twins}")
    if made.ranks is not None:
        click.echo("\n".join(made.ranks.lines()))


def _triple(score: Entities | None) -> str:
    if score is None:
        return "nothing to learn: no spans in these labels"
    ratios = (score.exact.precision, score.exact.recall, score.exact.f1)
    shown = zip(("P", "R", "F1"), ratios, strict=True)
    counts = (
        f"{score.exact.marked:,} marked, {score.exact.gold:,} gold, {score.answered.n:,} records"
    )
    return "  ".join(f"{name} {ratio}" for name, ratio in shown) + f"  ({counts})"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {what}" for what, n in counts.items() if n) or "none"
