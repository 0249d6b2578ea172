import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from scipy.stats import t

from assay.cli import root
from assay.core.errors import AssayError

LONG = "record,annotator,label\n1,ann,a\n1,bob,a\n2,ann,b\n2,bob,a\n3,ann,b\n3,bob,b\n4,ann,\n"


def described(*words: str) -> Any:
    done = CliRunner().invoke(root, ["agree", *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_long_wide_nested_and_parquet_files_say_the_same(tmp_path: Path) -> None:
    long, wide, nested = (tmp_path / name for name in ("l.csv", "w.csv", "n.json"))
    long.write_text(LONG)
    wide.write_text("record,ann,bob\n1,a,a\n2,b,a\n3,b,b\n4,,\n")
    nested.write_text(
        json.dumps({"ann": {"1": "a", "2": "b", "3": "b"}, "bob": {"1": "a", "2": "a", "3": "b"}})
    )
    columns = [line.split(",") for line in LONG.split()[1:]]
    table = {
        "record": [int(c[0]) for c in columns],
        "annotator": [c[1] for c in columns],
        "label": [c[2] or None for c in columns],
    }
    pq.write_table(pa.table(table), tmp_path / "p.parquet")
    first = described(str(long))
    assert first["answers"] == 6
    assert described(str(wide), "--wide", "ann", "--wide", "bob") == first
    assert described(str(nested)) == first
    assert described(str(tmp_path / "p.parquet")) == first


def test_the_table_shows_baseline_prevalence_and_warning(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    rows = [f"{i},ann,{'b' if i < 2 else 'a'}\n{i},bob,{'b' if i > 17 else 'a'}" for i in range(20)]
    path.write_text("record,annotator,label\n" + "\n".join(rows) + "\n")
    done = CliRunner().invoke(root, ["agree", str(path)])
    assert "always 'a'               0.900" in done.stdout
    assert "a 90.0%, b 10.0%" in done.stdout
    assert "warning: agreement 80.0% is below the majority-class baseline 90.0%" in done.output


def test_answers_in_a_ledger_are_compared(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(LONG)
    ledger = str(tmp_path / "m.sqlite")
    done = CliRunner().invoke(
        root, ["import", str(tmp_path / "m.csv"), "--ledger", ledger, "--people"]
    )
    assert done.exit_code == 0, done.output
    assert described(ledger) == described(str(tmp_path / "m.csv"))


def test_an_annotator_without_answers_is_named(tmp_path: Path) -> None:
    rows = LONG + "1,gpt,\n2,gpt,\n"
    (tmp_path / "a.csv").write_text(rows)
    cells = [line.split(",") for line in rows.split()]
    columns = {name: [c[i] or None for c in cells[1:]] for i, name in enumerate(cells[0])}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        found = described(str(tmp_path / name))
        assert found["annotators"] == ["ann", "bob"]
        assert "no answers of gpt" in str(found["warnings"])


def described_plain(folder: Path) -> object:
    (folder / "plain.csv").write_text(LONG)
    return described(str(folder / "plain.csv"))["warnings"]


def test_labels_that_differ_in_case_alone_are_one_unless_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(LONG.replace("1,bob,a", "1,bob,A"))
    assert described(str(tmp_path / "a.csv"))["warnings"] == described_plain(tmp_path)
    found = described(str(tmp_path / "a.csv"), "--exact-labels")
    assert found["kind"] == "nominal"
    assert "2 labels are spelt almost alike" in str(found["warnings"])
    assert "'A' / 'a'" in str(found["warnings"])


def test_the_same_number_spelt_in_two_ways_is_one_step_and_two_classes(tmp_path: Path) -> None:
    rows = "1,ann,1\n1,bob,1.0\n2,ann,2\n2,bob,02\n3,ann,3\n3,bob,1\n"
    (tmp_path / "a.csv").write_text("record,annotator,label\n" + rows)
    (tmp_path / "plain.csv").write_text(
        "record,annotator,label\n" + rows.replace("1.0", "1").replace("02", "2")
    )
    for kind in ("ordinal", "interval"):
        spelt, plain = (
            described(str(tmp_path / n), "--kind", kind) for n in ("a.csv", "plain.csv")
        )
        assert spelt["overall"] == plain["overall"]
        assert spelt["pairs"] == plain["pairs"]
        assert "almost alike" not in str(spelt["warnings"])
    assert "'02' / '2'" in str(described(str(tmp_path / "a.csv"))["warnings"])


def test_what_must_be_known_of_all_goes_before_what_is_said_of_pairs(tmp_path: Path) -> None:
    rows = [f"{r},p{p},{'Aa'[p % 2]}" for r in range(2) for p in range(12)]
    (tmp_path / "a.csv").write_text("\n".join(["record,annotator,label", *rows]))
    done = CliRunner().invoke(
        root, ["agree", str(tmp_path / "a.csv"), "--resamples", "0", "--exact-labels"]
    )
    assert "almost alike" in done.stderr
    assert "more warnings; --json has all" in done.stderr


def test_perfect_agreement_has_no_interval(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("record,annotator,label\n1,a,x\n1,b,x\n2,a,y\n2,b,y\n")
    done = CliRunner().invoke(root, ["agree", str(tmp_path / "a.csv")])
    assert "[1.000, 1.000]" not in done.stdout


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("record,annotator,label\n1,ann,a\n2,ann,b\n", (), "agreement needs two annotators"),
        ("record,annotator,label\n1,ann,a\n2,bob,b\n", (), "same record ids"),
        ("record,annotator,label\n1,ann,\n", (), "no answers"),
        (LONG, ("--kind", "interval"), "'a' is not a number"),
        (LONG, ("--label", "answer"), "no column 'answer'"),
    ],
)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, text: str, words: tuple[str, ...], expected: str
) -> None:
    (tmp_path / "a.csv").write_text(text)
    done = CliRunner().invoke(root, ["agree", str(tmp_path / "a.csv"), *words])
    assert isinstance(done.exception, AssayError)
    assert expected in str(done.exception)
    assert len(str(done.exception).splitlines()) == 1


def boxes(*edges: tuple[float, float, float, float, str]) -> str:
    names = ("left", "top", "width", "height", "label")
    return json.dumps([dict(zip(names, box, strict=True)) for box in edges])


def test_boxes_agree_where_they_overlap_and_are_called_the_same(tmp_path: Path) -> None:
    cat, near = (0.1, 0.1, 0.4, 0.4, "cat"), (0.1, 0.1, 0.4, 0.3, "cat")
    dog, far = (0.1, 0.1, 0.4, 0.4, "dog"), (0.6, 0.6, 0.3, 0.3, "cat")
    rows = [
        {"record": "1", "annotator": "ann", "label": boxes(cat, far)},
        {"record": "1", "annotator": "bob", "label": boxes(near)},
        {"record": "2", "annotator": "ann", "label": boxes(cat)},
        {"record": "2", "annotator": "bob", "label": boxes(dog)},
        {"record": "3", "annotator": "ann", "label": boxes()},
        {"record": "3", "annotator": "bob", "label": boxes()},
    ]
    path = tmp_path / "b.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    found = described(str(path), "--kind", "boxes")["overall"]
    assert isinstance(found, dict)
    values = {name: c["value"] for name, c in found["coefficients"].items()}
    assert values["f1_boxes"] == pytest.approx(2 / 5)
    assert values["f1_places"] == pytest.approx(4 / 5)
    assert values["overlap"] == pytest.approx((0.75 + 1) / 2)
    assert found["prevalence"] == {"nothing marked": pytest.approx(1 / 3)}
    path.write_text(json.dumps(rows[0] | {"label": "[1]"}) + "\n" + json.dumps(rows[1]))
    done = CliRunner().invoke(root, ["agree", str(path), "--kind", "boxes"])
    assert "is not a JSON list of boxes" in str(done.exception)


def test_who_always_agrees_with_the_others_has_no_interval_of_width_nothing(tmp_path: Path) -> None:
    rows = [f"{r},{who},{'xy'[r % 2]}" for r in range(6) for who in "abc"]
    (tmp_path / "a.csv").write_text("\n".join(["record,annotator,label", *rows]))
    for one in described(str(tmp_path / "a.csv"))["each"]:
        assert one["agreement"]["value"] == 1.0
        assert one["agreement"]["interval"] is None
        assert one["agreement"]["why"] == "no interval: all of them are alike"


def test_few_records_have_students_interval(tmp_path: Path) -> None:
    rows = [f"{r},{who},{'xy'[r == 0 and who == 'a']}" for r in range(5) for who in "abc"]
    (tmp_path / "a.csv").write_text("\n".join(["record,annotator,label", *rows]))
    [first, *_] = described(str(tmp_path / "a.csv"))["each"]
    share = np.array([0, 1, 1, 1, 1])
    half = t.ppf(0.975, 4) * share.std(ddof=1) / 5**0.5
    assert first["agreement"]["interval"] == pytest.approx([0.8 - half, 1.0])


def test_parquet_is_read_as_the_same_cells_of_text_are(tmp_path: Path) -> None:
    cells = [["1", "a", "x "], ["1", "b", "x"], ["2", "a", ""], ["2", "b", "y"], ["2", "c", "y"]]
    (tmp_path / "a.csv").write_text(
        "\n".join(["record,annotator,label", *(",".join(row) for row in cells)])
    )
    columns = zip(*cells, strict=True)
    names = ("record", "annotator", "label")
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), tmp_path / "a.parquet")
    assert described(str(tmp_path / "a.parquet")) == described(str(tmp_path / "a.csv"))


def test_a_huge_label_is_shown_short(tmp_path: Path) -> None:
    rows = ["1,a," + "z" * 100_000, "1,b,q", '2,a,"v\nw"', '2,b,"v\nw"']
    (tmp_path / "a.csv").write_text("\n".join(["record,annotator,label", *rows]))
    done = CliRunner().invoke(root, ["agree", str(tmp_path / "a.csv")])
    assert len(done.stdout) < 3_000
    assert "'v\\nw' 50.0%" in done.stdout
