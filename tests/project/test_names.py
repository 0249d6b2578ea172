"""Names of annotators that are not there, or that lead back to themselves."""

from pathlib import Path

import pytest

from assay.core.errors import SpecError
from assay.project.names import known
from tests.project.opened import opened

ONE = "  m: {kind: recorded, path: said.csv}\n"


def asking(name: str, *others: str) -> str:
    inner = f"{{kind: vote, annotators: [{', '.join(others)}]}}"
    return f"  {name}: {{kind: strategy, strategy: {inner}}}\n"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("strategy: {kind: vote, annotators: [m, mm]}\n",
         r"task\.yaml:7: `strategy\.annotators\.1`: no such annotator: 'mm'; .*m"),
        ("strategy: {kind: triage, annotators: [m, m], criterion: hardness, judge: nobody}\n",
         r"`strategy\.judge`: no such annotator: 'nobody'"),
        ("strategy: {kind: specialists, annotators: [m], controller: nobody, registry: r.yaml}\n",
         r"`strategy\.controller`: no such annotator: 'nobody'"),
        (asking("s", "m", "nobody"),
         r"`annotators\.s\.strategy\.annotators\.1`: no such annotator: 'nobody'"),
        (asking("s", "m", "t") + asking("t", "m", "s"),
         r"`annotators\.s\.strategy\.annotators\.1`: 't' also asks 's', a cycle; name another"),
        (asking("s", "m", "t") + asking("t", "m", "u") + asking("u", "m", "s"),
         r"`annotators\.s\.strategy\.annotators\.1`: 't' also asks 's'"),
    ],
)  # fmt: skip
def test_a_name_that_leads_nowhere_is_told_with_its_place(
    more: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=says):
        opened(tmp_path, f"annotators:\n{ONE}{more}")


def test_one_annotator_may_be_asked_by_several_strategies(tmp_path: Path) -> None:
    two = ONE.replace("m:", "n:")
    more = f"annotators:\n{ONE}{two}{asking('s', 'm', 't')}{asking('t', 'm', 'n')}"
    found = opened(tmp_path, more)
    assert known(found.file, "t") is found.file.annotators["t"]
    assert list(found.annotators) == ["m", "n", "s", "t"]
