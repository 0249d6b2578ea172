"""Chains of real models against the best single one and against random routing at equal cost.

    python bench/chain.py ../shared/data [--draws 200]

On `cascade` the links are single models and the confidence is the margin of their label
log-probabilities. The sets of `alttest` hold labels alone, so the first link is the vote of the
four cheap models (sure by the share of votes) and the last one the model that is best on all
records.

Every draw takes as many records as there are, with replacement, labels them through the engine
by each strategy, and reads the cost from the ledger's answers. `random` routes every record to
one model at random, mixed so that it costs what the chain cost. Differences are of the same draw,
with 95 % percentile intervals over draws. `best single` is the model with the most labels right on
all records, which favours it.
"""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from recordings import ALTTEST, CASCADE, TOKENS, Places, Recording, alttest, cascade, price, prices

from assay.ledger import MemoryLedger
from assay.run import Job, label
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.chain import Chain, RandomChain
from assay.strategies.confidence import Confidence, margin, own
from assay.strategies.vote import Vote

Floats = NDArray[np.float64]

CHEAP = ("gemini_flash", "gpt-4o-mini", "llama-31", "mistral-v03")
TEAM = "vote of four"


@dataclass(frozen=True, slots=True)
class Setup:
    """Links of the chain, what each costs a record, and the strategies asked as annotators."""

    links: tuple[str, ...]
    costs: tuple[float, ...]
    confidence: Confidence
    teams: Mapping[str, Strategy]


def setup(recording: Recording) -> Setup:
    if recording.scores:
        return Setup(CASCADE, tuple(price(m) for m in CASCADE), margin, {})
    links = (TEAM, best_single(recording))
    costs = (sum(price(m) for m in CHEAP), price(links[1]))
    return Setup(links, costs, own, {TEAM: Vote(CHEAP, ties="first")})


def best_single(recording: Recording) -> str:
    return max(recording.said, key=lambda m: float(recording.right(m).mean()))


def labelled(
    recording: Recording, places: Places, strategy: Strategy, teams: Mapping[str, Strategy]
) -> tuple[float, float]:
    """Share right (an undecided record is wrong), and dollars a record."""
    who: dict[str, Askable] = {**recording.annotators(places), **teams}
    ledger = MemoryLedger()
    job = Job(recording.task, strategy, who, ledger)
    summary = asyncio.run(label(job, recording.records(places)))
    truth = {f"{k}": recording.truth[int(i)] for k, i in enumerate(places)}
    right = sum(d.value == truth[d.record] for d in ledger.decisions(summary.run))
    return right / len(places), summary.cost / len(places)


def equal_cost(cost: float, costs: tuple[float, ...]) -> tuple[float, ...]:
    """Shares of the first and the last link that cost as much; all to the last where it is less."""
    dear = min(1.0, (cost - costs[0]) / (costs[-1] - costs[0]))
    return (1 - dear, *[0.0] * (len(costs) - 2), dear)


def compare(recording: Recording, draws: int) -> None:
    how = setup(recording)
    best = best_single(recording)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for seed in range(draws):
        places = np.random.default_rng(seed).integers(0, recording.n, recording.n)
        for answer in ("forward", "rank"):
            chain = Chain(how.links, answer, how.confidence)  # type: ignore[arg-type]
            found[f"chain, {answer}"].append(labelled(recording, places, chain, how.teams))
        cost = found["chain, forward"][-1][1]
        routes = {
            "random, same sizes": RandomChain(how.links, seed),
            "random, equal cost": RandomChain(how.links, seed, equal_cost(cost, how.costs)),
        }
        for name, route in routes.items():
            found[name].append(labelled(recording, places, route, how.teams))
        for model in recording.said:
            right = float(recording.right(model)[places].mean())
            found[model].append((right, price(model)))
    show(recording, how, found, best)


def show(
    recording: Recording, how: Setup, found: Mapping[str, list[tuple[float, float]]], best: str
) -> None:
    print(f"\n{recording.name}: {recording.n} records; links {' > '.join(how.links)}")
    print(f"dollars a million tokens: {prices(tuple(recording.said))}; {TOKENS} tokens a record")
    print(
        "| | right | $ per 1,000 | against the best single, points | against random at equal cost |"
    )
    print("|---|---|---|---|---|")
    order = sorted(
        found, key=lambda name: (name in recording.said, np.mean(found[name], axis=0)[1])
    )
    for name in order:
        right, cost = np.array(found[name]).T
        one, other = (np.array(found[x])[:, 0] for x in (best, "random, equal cost"))
        mark = " (best single)" if name == best else ""
        print(
            f"| {name}{mark} | {100 * right.mean():.1f} {span(right)} | {1000 * cost.mean():.3f} | "
            f"{described(right - one)} | {described(right - other)} |",
            flush=True,
        )


def described(difference: Floats) -> str:
    if not difference.any():
        return "0"
    return f"{100 * difference.mean():+.1f} {span(difference)}"


def span(values: Floats) -> str:
    low, high = 100 * np.percentile(values, [2.5, 97.5])
    return f"[{low:.1f}, {high:.1f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args()
    compare(cascade(options.folder / "cascade"), options.draws)
    for name in ALTTEST:
        compare(alttest(options.folder / "alttest" / name), options.draws)


if __name__ == "__main__":
    main()
