"""Records with equal content, where the task file wants them asked once.

The first of them is asked; the others get its decision. Gold of a copy counts as that of the first,
so that no certificate, accuracy or agreement takes copies for independent evidence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from assay.core.annotation import Decision
from assay.core.record import Record
from assay.core.value import Value
from assay.data.base import many
from assay.data.gold import Gold, Purpose
from assay.ledger import Ledger

BLOCK = 1_000


@dataclass(frozen=True, slots=True)
class Copies:
    """`first`: the record that is asked, by the id of each that repeats its content; `odd`: gold
    labels of copies that differ from that of the first, and are left out."""

    first: Mapping[str, str] = field(default_factory=dict)
    odd: int = 0

    @classmethod
    def among(cls, records: Iterable[Record]) -> "Copies":
        seen: dict[str, str] = {}
        found: dict[str, str] = {}
        for record in records:
            first = seen.setdefault(record.digest, record.id)
            if first != record.id:
                found[record.id] = first
        return cls(found)

    @property
    def notes(self) -> list[str]:
        if not self.first:
            return []
        repeat = many(len(self.first), "record repeats", "records repeat")
        said = [
            f"{repeat} the content of another (`duplicates: once`): asked once; they get the "
            "first one's decision and count as no further evidence of quality"
        ]
        if self.odd:
            labels = many(self.odd, "gold label of a copy differs", "gold labels of copies differ")
            said.append(f"{labels} from that of the first, which alone counts")
        return said


@dataclass(frozen=True, slots=True)
class Merged:
    """Gold of the records that are asked, and the copies that have none any more."""

    gold: Gold
    copies: Copies


def merged(gold: Gold, copies: Copies) -> Merged:
    """One gold label for each content, of one purpose: that of the first record with one."""
    taken: dict[str, Value] = {}
    sets: dict[Purpose, dict[str, Value]] = {purpose: {} for purpose in gold.sets}
    labelled = [(id, p, v) for p, values in gold.sets.items() for id, v in values.items()]
    odd = 0
    for id, purpose, value in sorted(labelled, key=lambda label: label[0] in copies.first):
        first = copies.first.get(id, id)
        if first not in taken:
            taken[first] = sets[purpose][first] = value
        else:
            odd += taken[first] != value
    return Merged(Gold(sets), replace(copies, odd=odd))


def follow(ledger: Ledger, run: str, copies: Copies, records: Iterable[Record]) -> int:
    """Adds the copies and their decisions to a run; how many got one."""
    left = (r for r in records if r.id in copies.first)
    count = 0
    while block := list(islice(left, BLOCK)):
        made = {d.record: d for d in ledger.decisions(run, {copies.first[r.id] for r in block})}
        followed = [r for r in block if copies.first[r.id] in made]
        ledger.add_records(followed)
        ledger.add_decisions(run, [_copied(made[copies.first[r.id]], r.id) for r in followed])
        count += len(followed)
    return count


def _copied(decision: Decision, record: str) -> Decision:
    """The same for a copy, which waits for nobody: the first does."""
    return replace(decision, record=record, made_from=decision.record, waiting_for=None)
