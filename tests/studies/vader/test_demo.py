"""The demo's own promise: a certified run at the head of its report, or why there is none."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.core.record import text_record
from assay.studies.vader import demo
from assay.studies.vader.data import VaderSet
from tests.needs import needs_models

WORDS = {
    4: "I love this, it is wonderful and great, number",
    -4: "I hate this, it is terrible and awful, number",
    0: "The bus stops at the corner, number",
}


@pytest.fixture
def tweets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain ones that need no download, and the two models that are quick."""
    needs_models("minilm-l6-int8", "minilm-l6-tokenizer")
    ratings = [(4, -4, 0)[i % 3] for i in range(500)]
    records = tuple(text_record(f"t{i}", f"{WORDS[r]} {i}") for i, r in enumerate(ratings))
    rated = {record.id: (r,) * 5 for record, r in zip(records, ratings, strict=True)}
    start, end = demo.TASK.index("  smollm2:"), demo.TASK.index("  vader:")
    task = demo.TASK[:start] + demo.TASK[end:]
    monkeypatch.setattr(demo, "TASK", task.replace("smollm2, ", ""))
    monkeypatch.setattr(demo, "fetched", lambda name: VaderSet(name, records, rated))
    monkeypatch.setattr(demo, "fetch_models", lambda: None)


def shown(records: int, out: Path) -> tuple[str, str]:
    """What the command prints, and its report."""
    ran = CliRunner().invoke(
        demo.demo_command, ["--records", str(records), "--out", str(out)], catch_exceptions=False
    )
    assert ran.exit_code == 0, ran.output
    return ran.output, (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("tweets")
def test_models_that_agree_with_people_are_certified_and_label_what_they_can(
    tmp_path: Path,
) -> None:
    printed, page = shown(200, tmp_path / "demo")
    said = "Certified: at least 80.0% of accepted labels agree with the gold labels"
    assert said in printed
    assert f'<section class="verdict good"><p>{said}' in page
    assert "of the records labelled by models" in page
    assert "people labelling all records: 200.00 USD" in page
    assert "vote of the three models" in page


@pytest.mark.usefixtures("tweets")
def test_where_so_few_records_certify_nothing_the_headline_says_so(tmp_path: Path) -> None:
    printed, page = shown(40, tmp_path / "demo")
    assert demo.UNCERTIFIED in printed
    assert f'<section class="verdict open"><p>{demo.UNCERTIFIED}' in page
    assert "Certified:" not in page
