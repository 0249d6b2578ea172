"""Confidences that cannot tell one answer from another: none given, all equal, some missing."""

from collections.abc import Collection, Mapping, Sequence

from assay.core.annotation import Source
from assay.quality.verdicts import Key, Verdict

REMEDY = (
    "to choose among them it needs a confidence: `mapping: likelihood` for a model that scores "
    "labels, `confidence: COLUMN` for recorded answers, or a vote of three or more"
)

SCORED = (
    "its label scores are the same for every record: ask a larger model, reword the question so "
    "that records differ, or take a vote of three or more"
)


def said(confidences: Sequence[float | None]) -> tuple[int, bool]:
    """How many answers carry no confidence, and whether those that do all carry the same one."""
    given = [c for c in confidences if c is not None]
    return len(confidences) - len(given), len(given) > 1 and min(given) == max(given)


def note(
    name: str, confidences: Sequence[float | None], sources: Collection[Source | None] = ()
) -> str | None:
    """What to say about one annotator's answers; None if every one says how sure it is.
    `sources`: where the confidences come from, as far as known."""
    missing, equal = said(confidences)
    n = len(confidences)
    if n and missing == n:
        return f"{name} gives no confidence, so its answers are accepted all or none; {REMEDY}"
    if missing:
        return f"{missing:,} of {n:,} answers of {name} carry no confidence and are never accepted"
    if equal:
        return (
            f"all {n:,} answers of {name} carry the confidence {confidences[0]:.4g}, so they are "
            f"accepted all or none; {SCORED if Source.LIKELIHOOD in sources else REMEDY}"
        )
    return None


def notes(groups: Mapping[Key, Sequence[Verdict]]) -> list[str]:
    """A line for each annotator and tag of whose labelled answers something is to be said."""
    found = []
    for key, verdicts in groups.items():
        own = [v for v in verdicts if v.right is not None and v.answered]
        line = note(_name(key), [v.confidence for v in own], {v.source for v in own})
        if line is not None:
            found.append(line)
    return found


def left_out(groups: Mapping[Key, Sequence[Verdict]]) -> list[str]:
    """What a calibrator does not see, or cannot change."""
    found = []
    for key, verdicts in groups.items():
        own = [v.confidence for v in verdicts if v.answered]
        missing, equal = said(own)
        if equal:
            level = next(c for c in own if c is not None)
            found.append(
                f"all confidences of {_name(key)} are {level:.4g}: a calibrator can set their "
                "level, and tells no answer from another"
            )
        if missing > 0:
            found.append(
                f"{missing:,} of {len(own):,} answers of {_name(key)} carry no confidence and are "
                "left out"
            )
    return found


def _name(key: Key) -> str:
    who, tag = key
    return ", ".join(part for part in (who, tag and f"tag {tag}") if part) or "the annotator"


def unsaid(verdicts: Sequence[Verdict]) -> bool:
    """Whether no labelled answer says how sure it is."""
    own = [v for v in verdicts if v.right is not None and v.answered]
    return bool(own) and all(v.confidence is None for v in own)
