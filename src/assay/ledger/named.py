"""Annotators under the names that their users gave them."""

from collections.abc import Mapping
from dataclasses import replace

from assay.core.votes import Votes
from assay.ledger.base import Ledger, Run


def names_in(ledger: Ledger, task: str | None, run: Run | None = None) -> dict[str, str]:
    """Annotator id to the name its user gave it, in this run or else in the latest that has it;
    one that had another configuration then is marked as earlier where the name is taken."""
    names = dict(names_of(run))
    for other in sorted(ledger.runs(task), key=lambda r: -r.started):
        for id, name in names_of(other).items():
            if id not in names:
                names[id] = _unlike(name, names)
    return names


def unpriced_ids(ledger: Ledger, task: str | None) -> frozenset[str]:
    """Annotators that were asked for money in a run of the task without any prices."""
    found: set[str] = set()
    for run in ledger.runs(task):
        unpriced = (run.settings or {}).get("unpriced", ())
        named = names_of(run).items()
        found |= {id for id, name in named if isinstance(unpriced, list) and name in unpriced}
    return frozenset(found)


def _unlike(name: str, names: Mapping[str, str]) -> str:
    taken = set(names.values())
    free = f"{name} (earlier version)"
    version = 2
    while name in taken and free in taken:
        free = f"{name} (earlier version {version})"
        version += 1
    return free if name in taken else name


def names_of(run: Run | None) -> Mapping[str, str]:
    """Annotator id to the name it has in the task file."""
    named = (run.settings or {}).get("annotators") if run is not None else None
    return {str(id): str(name) for name, id in named.items()} if isinstance(named, Mapping) else {}


def named_votes(votes: Votes, names: Mapping[str, str]) -> Votes:
    """The votes with annotators called by their names; ids stay where two would have one name."""
    called = tuple(names.get(who, who) for who in votes.annotators)
    return replace(votes, annotators=called) if len(set(called)) == len(called) else votes
