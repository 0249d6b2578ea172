"""The four text sets of the VADER study (Hutto & Gilbert, 2014) with each text's human ratings.

A rating runs from -4 to 4. One rule makes classes of a single rating and of a mean alike: up to
-0.5 negative, from 0.5 positive, between them neutral (so a single -1, 0, 1 has its usual meaning).
The rating lists are anonymous and of different lengths: a position is not a person across texts.
They are therefore votes per text; "one person" is a vote drawn for each text, compared with the
others of that text.
"""

import html
import json
import random
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.record import Record, TextPart
from assay.data.write import write_rows, written_atomically

LABELS = ("negative", "neutral", "positive")
EDGE = 0.5  # of a rating, on the scale from -4 to 4

SETS = MappingProxyType(
    {
        "tweets": "tweets",
        "movies": "movieReviewSnippets",
        "amazon": "amazonReviewSnippets",
        "nyt": "nytEditorialSnippets",
    }
)


@dataclass(frozen=True, slots=True)
class VaderSet:
    """`ratings` holds the votes on each record by its id, in no order that means anything."""

    name: str
    records: tuple[Record, ...]
    ratings: Mapping[str, tuple[int, ...]]

    def votes(self, record: str) -> tuple[str, ...]:
        return tuple(class_of(rating) for rating in self.ratings[record])

    @property
    def by_mean(self) -> dict[str, str]:
        """Reference: the class of the mean rating."""
        return {r.id: class_of(mean(self.ratings[r.id])) for r in self.records}

    def first(self, count: int, seed: int | None = None) -> "VaderSet":
        """The first records, or as many drawn at random, in the order of the file."""
        chosen = range(min(count, len(self.records)))
        if seed is not None:
            drawn = random.Random(seed).sample(range(len(self.records)), len(chosen))
            return self._of(sorted(drawn))
        return self._of(chosen)

    def _of(self, places: Sequence[int]) -> "VaderSet":
        records = tuple(self.records[i] for i in places)
        return VaderSet(self.name, records, {r.id: self.ratings[r.id] for r in records})


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One vote a text as "one person", and the class of the mean of the others' ratings."""

    person: Mapping[str, str]
    others: Mapping[str, str]


def held_out(texts: VaderSet, seed: int = 0) -> HeldOut:
    person: dict[str, str] = {}
    others: dict[str, str] = {}
    for record in texts.records:
        ratings = list(texts.ratings[record.id])
        # drawn by the record's own id: the same vote whatever part of the set is looked at
        drawn = random.Random(f"{seed}/{record.id}").randrange(len(ratings))
        person[record.id] = class_of(ratings.pop(drawn))
        others[record.id] = class_of(mean(ratings))
    return HeldOut(person, others)


def class_of(rating: float) -> str:
    if rating >= EDGE:
        return "positive"
    return "negative" if rating <= -EDGE else "neutral"


def mean(ratings: Sequence[int]) -> float:
    return sum(ratings) / len(ratings)


def prepare(archive: Path, name: str = "tweets") -> VaderSet:
    """One set out of the study's archive; InputError if the archive is not what it should be."""
    if name not in SETS:
        raise InputError(f"no such VADER set: {name!r}; there are {', '.join(SETS)}")
    stem = f"hutto_ICWSM_2014/{SETS[name]}"
    texts = _table(archive, f"{stem}_GroundTruth.txt")
    rated = _table(archive, f"{stem}_anonDataRatings.txt")
    records: list[Record] = []
    ratings: dict[str, tuple[int, ...]] = {}
    for key, cells in texts.items():
        if key not in rated:
            continue
        id = f"{name}-{key}"
        # the mean next to the text differs from its ratings for some tweets: the ratings count
        ratings[id] = tuple(loads(rated[key][-1]))
        records.append(Record(id, (TextPart(html.unescape(cells[-1])),), "en", name))
    return VaderSet(name, tuple(records), ratings)


def _table(archive: Path, member: str) -> dict[str, list[str]]:
    """Tab-separated lines by their first cell."""
    try:
        with tarfile.open(archive) as files:
            found = files.extractfile(member)
            text = "" if found is None else found.read().decode("utf-8-sig")
    except (OSError, KeyError, tarfile.TarError, UnicodeDecodeError) as bad:
        raise InputError(f"{archive} does not hold {member} of the VADER study: {bad}") from bad
    rows = (line.split("\t") for line in text.splitlines() if line.strip())
    return {row[0]: row[1:] for row in rows if len(row) >= 3}


def write(texts: VaderSet, folder: Path, seed: int = 0) -> tuple[Path, Path, Path]:
    """`records.jsonl`, `people.csv` (long form for `assay import`: the held-out vote and the
    others' class) and `ratings.csv` (every vote).
    """
    folder.mkdir(parents=True, exist_ok=True)
    split = held_out(texts, seed)
    records, people = folder / "records.jsonl", folder / "people.csv"
    lines = [
        json.dumps(
            {"id": r.id, "text": r.text, "language": r.language, "source": r.source},
            ensure_ascii=False,
        )
        for r in texts.records
    ]
    with written_atomically(records) as part:
        part.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    answers = [
        (r.id, who, labels[r.id])
        for r in texts.records
        for who, labels in (("one person", split.person), ("people", split.others))
    ]
    _csv(people, ("record", "annotator", "label"), answers)
    votes = [(r.id, v) for r in texts.records for v in texts.ratings[r.id]]
    _csv(folder / "ratings.csv", ("record", "rating"), votes)
    return records, people, folder / "ratings.csv"


def _csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    write_rows((dict(zip(header, row, strict=True)) for row in rows), tuple(header), path)
