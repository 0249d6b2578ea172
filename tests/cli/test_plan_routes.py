"""Which figures `compare plan` goes by: those of a pilot wherever one is given."""

from pathlib import Path
from typing import cast

import pytest

from assay.cli import compare_plan
from assay.cli.compare_parts import AltTestOptions
from assay.cli.compare_sources import Wanted
from assay.quality.replacement.alt_plan import Grid, Guess

PILOTS = [
    Wanted(source="task.yaml"), Wanted(people=(Path("p.csv"),)), Wanted(models=(Path("m.csv"),)),
    Wanted(people=(Path("p.csv"),), models=(Path("m.csv"),)),
]  # fmt: skip


@pytest.mark.parametrize("wanted", [Wanted(), *PILOTS])
def test_a_guess_is_taken_where_there_is_no_pilot(
    monkeypatch: pytest.MonkeyPatch, wanted: Wanted
) -> None:
    taken: list[str] = []

    def from_pilot(*_: object) -> list[object]:
        taken.append("pilot")
        return []

    def from_guess(*_: object) -> None:
        taken.append("guess")

    monkeypatch.setattr(compare_plan, "_from_pilot", from_pilot)
    monkeypatch.setattr(compare_plan, "plan_from_guess", from_guess)
    monkeypatch.setattr(compare_plan, "rules_of", lambda *_: (None, None))
    monkeypatch.setattr(compare_plan, "_print_result", lambda _: None)
    asked = cast(AltTestOptions, None)
    compare_plan.print_plans(wanted, asked, Guess(), Grid(), as_json=False)
    assert taken == ["guess" if wanted == Wanted() else "pilot"]
