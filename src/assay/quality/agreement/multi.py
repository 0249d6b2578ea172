"""Several labels per record: each tag as yes or no, and complete sets."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from assay.core.errors import InputError
from assay.core.jsons import loads
from assay.core.votes import Votes
from assay.quality.agreement.base import Distance, Estimate, Resampling
from assay.quality.agreement.coefficients import Measures, estimates
from assay.quality.agreement.distances import Nominal, jaccard, masi
from assay.quality.agreement.rows import rows_of

MOST_SETS = 5_000  # distinct answers whose distances are held
YES, NO = "yes", "no"


def sets_of(labels: Sequence[str]) -> list[frozenset[str]]:
    """Labels separated by `;`, `|` or `,`, or a JSON list; `[]` is the empty set."""
    return [_set(label) for label in labels]


def _set(label: str) -> frozenset[str]:
    text = label.strip()
    if text.startswith(("[", "{")):
        try:
            content = loads(text)
        except ValueError:
            raise InputError(f"{label!r} is not a JSON list of labels") from None
        found = content.get("set", content.get("labels")) if isinstance(content, dict) else content
        if not isinstance(found, list) or not all(isinstance(f, str) for f in found):
            raise InputError(f"{label!r} is not a JSON list of labels")
        return frozenset(found)
    mark = next((m for m in ";|," if m in text), ",")
    return frozenset(part.strip() for part in text.split(mark) if part.strip())


def as_sets(votes: Votes) -> tuple[Votes, list[frozenset[str]]]:
    """Votes for whole sets, where the order of a set's labels makes no difference."""
    read = sets_of(votes.labels)
    distinct = sorted(set(read), key=lambda s: (len(s), sorted(s)))
    place = {s: i for i, s in enumerate(distinct)}
    code = np.array([place[s] for s in read], dtype=np.int32)
    names = tuple(json.dumps(sorted(s), ensure_ascii=False) for s in distinct)
    return replace(votes, labels=names, label=code[votes.label]), distinct


def set_wise(votes: Votes, sets: Sequence[frozenset[str]], how: Resampling) -> dict[str, Estimate]:
    """Alpha with Jaccard and MASI distances, and with sets held to be equal or not."""
    if len(sets) > MOST_SETS:
        raise InputError(
            f"{len(sets):,} different sets, at most {MOST_SETS:,} can be compared as "
            f"complete sets; "
            "compare tag by tag"
        )
    used = set(np.unique(votes.label).tolist())
    kept = [i for i in range(len(sets)) if i in used]
    order = [votes.labels[i] for i in kept]
    there = [sets[i] for i in kept]
    alpha: dict[str, Distance] = {
        "krippendorff_exact": Nominal(),
        "krippendorff_jaccard": jaccard(there),
        "krippendorff_masi": masi(there),
    }
    return estimates(rows_of(votes, order), Measures(alpha, {}), how, votes)


def tag(votes: Votes, sets: Sequence[frozenset[str]], name: str) -> Votes:
    """The votes of one tag, yes or no."""
    member = np.array([name in s for s in sets], dtype=np.int32)
    return replace(votes, labels=(NO, YES), label=member[votes.label])
