"""The money budget holds whoever answers, also where the answers were recorded before."""

from pathlib import Path

import pytest

from tests.cli.commands import TASK, assay, project

ROWS = "id,text\n" + "".join(f"{i},text {i}\n" for i in range(1, 7))
SAID = "record,label\n" + "".join(f"{i},positive\n" for i in range(1, 7))


@pytest.mark.parametrize("price", ["prices: {per_request: 0.04}",
                                   "people: true, prices: {human_label: 0.04}"])  # fmt: skip
def test_recorded_answers_stop_at_the_budget_and_go_on_with_more(
    tmp_path: Path, price: str
) -> None:
    who = f"{{kind: recorded, path: said.csv, {price}}}"
    project(tmp_path, TASK + "budget: {money: 0.1}\n", ROWS.encode(), who)
    (tmp_path / "said.csv").write_text(SAID)
    done = assay(tmp_path, "run", "task.yaml")
    assert done.returncode == 3
    assert "one: 2 answered" in done.stdout
    assert "cost 0.0800 USD in this run" in done.stdout
    assert "stopped: the budget is exhausted" in done.stdout
    assert "of the budget of 0.100 USD, 0.0800 USD are spent, 0.00 USD in flight" in done.stdout
    more = assay(tmp_path, "run", "task.yaml", "--budget", "0.24")
    assert more.returncode == 0, more.stdout
    assert "6 records: 6 decided" in more.stdout
    assert "0.240 USD in total" in more.stdout
