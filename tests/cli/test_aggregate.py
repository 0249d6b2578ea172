"""`assay aggregate`: from a file of answers to labels, skills and a comparison."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assay.cli.aggregate import aggregate_command
from assay.core.errors import AssayError, InputError, SpecError

ANSWERS = """\
question,worker,answer
1,ann,cat
1,ben,cat
1,cleo,dog
2,ann,dog
2,ben,dog
2,cleo,dog
3,ann,cat
3,ben,
4,ann,dog
"""
TRUTH = "question,truth\n1,cat\n2,dog\n3,dog\n5,cat\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "answer.csv").write_text(ANSWERS, encoding="utf-8")
    (tmp_path / "truth.csv").write_text(TRUTH, encoding="utf-8")
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(aggregate_command, [str(w) for w in words], catch_exceptions=False)


def test_json_has_the_comparison_and_every_annotator(files: Path) -> None:
    done = run(
        files / "answer.csv", "--truth", files / "truth.csv", "--method", "majority", "--json"
    )
    told = json.loads(done.stdout)
    assert (told["records"], told["annotators"], told["votes"]) == (4, 3, 8)
    assert (told["n"], told["without_votes"]) == (3, 1)
    assert told["accuracy"] == pytest.approx(2 / 3)
    assert told["macro_f1"] == pytest.approx(2 / 3)
    assert {s["annotator"]: s["votes"] for s in told["skill"]} == {"ann": 4, "ben": 2, "cleo": 2}
    assert told["baseline"] == pytest.approx(2 / 3)


def test_out_has_a_label_a_record_with_its_confidence(files: Path) -> None:
    run(files / "answer.csv", "--method", "majority", "--out", files / "labels.jsonl")
    rows = [json.loads(line) for line in (files / "labels.jsonl").read_text().splitlines()]
    assert [(r["record"], r["label"]) for r in rows] == [
        ("1", "cat"), ("2", "dog"), ("3", "cat"), ("4", "dog"),
    ]  # fmt: skip
    assert rows[0]["confidence"] == pytest.approx(2 / 3)
    assert rows[0]["confidence_source"] == "vote_share"


def test_gold_is_learnt_from_and_left_out_of_the_comparison(files: Path) -> None:
    (files / "gold.csv").write_text("record,label\n1,dog\n", encoding="utf-8")
    done = run(
        files / "answer.csv", "--gold", files / "gold.csv", "--truth", files / "truth.csv",
        "--out", files / "labels.jsonl", "--json",
    )  # fmt: skip
    assert json.loads(done.stdout)["n"] == 2
    first = json.loads((files / "labels.jsonl").read_text().splitlines()[0])
    assert (first["label"], first["confidence"]) == ("dog", 1.0)


BAD: dict[str, tuple[str, tuple[str, ...], type[AssayError], str]] = {
    "no answers": ("question,worker,answer\n1,ann,\n", (), InputError, "holds no answers"),
    "no column": ("a,b,c\n1,2,3\n", (), InputError, "--record"),
    "wrong column": (ANSWERS, ("--label", "anser"), InputError, "did you mean 'answer'"),
    "other records": ("record,worker,label\n9,ann,x\n", (), InputError, "no record of"),
    "prior": (ANSWERS, ("--prior", "-1", "0"), InputError, "at least 0"),
    "majority": (ANSWERS, ("--method", "majority", "--prior", "1", "1"), SpecError, "no --prior"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case: str, files: Path) -> None:
    content, options, kind, said = BAD[case]
    (files / "bad.csv").write_text(content, encoding="utf-8")
    with pytest.raises(kind, match=said):
        run(files / "bad.csv", "--truth", files / "truth.csv", *options)
