"""`assay aggregate` where the answer is a number, or a ranking."""

from pathlib import Path
from typing import Any

from assay.aggregation.answers import read_comparisons
from assay.aggregation.medians import by_record, compared_numbers, numeric_medians
from assay.aggregation.pairs import BradleyTerry, never_met
from assay.aggregation.score import cautions
from assay.core.votes import Votes
from assay.data.write import write_rows


def numbers(
    votes: Votes, truth: dict[str, str] | None, name: str, out: Path | None
) -> dict[str, Any]:
    found = numeric_medians(votes)
    people = zip(votes.annotators, found.off.tolist(), found.bias.tolist(), strict=True)
    described: dict[str, Any] = {
        "method": "numeric-median",
        "records": len(found.median),
        "annotators": len(votes.annotators),
        "votes": len(votes),
        "warnings": cautions(votes, dict.fromkeys(truth or (), votes.labels[0])),
        "skill": [{"annotator": who, "distance": off, "bias": b} for who, off, b in people],
    }
    medians = by_record(found, votes)
    if truth is not None:
        described |= {"reference": name, **compared_numbers(medians, truth)}
    if out is not None:
        rows = ({"record": r, "label": f"{m:.9g}"} for r, m in medians.items())
        write_rows(rows, ("record", "label"), out)
    return described


def ranked(path: Path, out: Path | None) -> dict[str, Any]:
    given = read_comparisons(path)
    found = BradleyTerry().rank(given)
    rows: list[dict[str, object]] = [
        {
            "name": name,
            "strength": float(found.strength[i]),
            "low": None if found.low is None else float(found.low[i]),
            "high": None if found.high is None else float(found.high[i]),
            "wins": float(found.wins[i]),
            "comparisons": int(found.comparisons[i]),
        }
        for i, name in enumerate(found.rivals)
    ]
    if out is not None:
        write_rows(
            ({key: "" if cell is None else str(cell) for key, cell in row.items()} for row in rows),
            tuple(rows[0]),
            out,
        )
    apart = never_met(given)
    return {
        "method": "bradley-terry",
        "comparisons": len(given),
        "ranking": rows,
        "warnings": [] if apart is None else [apart],
    }
