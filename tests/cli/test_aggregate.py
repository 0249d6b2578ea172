"""`assay aggregate`: from a file of answers to labels, skills and a comparison."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from assay.cli import aggregate_print
from assay.cli.aggregate import aggregate_command
from assay.cli.aggregate_print import MOST_SHOWN
from assay.core.errors import AssayError, InputError, SpecError
from tests.cli.commands import assay, project, validation_error

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


def test_known_labels_may_have_the_answers_own_column_names(files: Path) -> None:
    called = ANSWERS.replace("question,worker,answer", "image,who,said")
    (files / "answer.csv").write_text(called, encoding="utf-8")
    for head in ("image,said", "image,truth", "question,truth"):
        (files / "truth.csv").write_text(TRUTH.replace("question,truth", head), encoding="utf-8")
        words = ("--record", "image", "--annotator", "who", "--label", "said", "--json")
        done = run(files / "answer.csv", "--truth", files / "truth.csv", *words)
        assert json.loads(done.stdout)["n"] == 3


def test_rivals_that_never_met_are_not_ranked_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("left,right,winner\na,b,a\nc,d,tie\n", encoding="utf-8")
    apart = json.loads(run(path, "--method", "bradley-terry", "--json").stdout)["warnings"]
    assert len(apart) == 1
    assert "2 groups that were never compared" in apart[0]
    assert "'a' and 'c'" in apart[0]
    path.write_text("left,right,winner\na,b,a\nc,d,tie\nb,c,c\n", encoding="utf-8")
    assert json.loads(run(path, "--method", "bradley-terry", "--json").stdout)["warnings"] == []


def test_labels_that_differ_in_case_alone_are_one_and_that_is_said(files: Path) -> None:
    (files / "answer.csv").write_text(ANSWERS.replace("1,ben,cat", "1,ben,Cat"), encoding="utf-8")
    done = run(files / "answer.csv", "--method", "majority", "--json")
    assert json.loads(done.stdout)["labels"] == ["cat", "dog"]
    apart = run(files / "answer.csv", "--method", "majority", "--json", "--exact-labels")
    [said] = json.loads(apart.stdout)["warnings"]
    assert said.startswith("2 labels are spelt almost alike")
    assert said.endswith(": 'Cat' / 'cat'")


def test_known_labels_spelt_otherwise_and_known_labels_without_votes_are_told(files: Path) -> None:
    (files / "other.csv").write_text("record,truth\n1,CAT\n2,dog\n99,cat\n", encoding="utf-8")
    done = run(files / "answer.csv", "--method", "majority", "--truth", files / "other.csv")
    assert "1 known labels belong to records without a vote" in done.stdout
    assert "'CAT' / 'cat'" in done.stderr
    (files / "other.csv").write_text("record,truth\n001,cat\n002,dog\n", encoding="utf-8")
    with pytest.raises(InputError, match="'001' / '1'"):
        run(files / "answer.csv", "--method", "majority", "--truth", files / "other.csv")
    done = run(files / "answer.csv", "--gold", files / "other.csv")
    assert "2 of 2 gold records have no vote and teach nothing" in done.stderr


def test_votes_given_twice_are_told(files: Path) -> None:
    (files / "answer.csv").write_text(ANSWERS + "1,ben,cat\n", encoding="utf-8")
    words = (files / "answer.csv", "--method", "majority", "--json")
    assert json.loads(run(*words).stdout)["votes"] == 8
    described = json.loads(run(*words, "--repeats", "all").stdout)
    assert "1 vote is a further one of an annotator" in str(described["warnings"])


def test_medians_take_the_same_number_for_one_label(tmp_path: Path) -> None:
    path = tmp_path / "answer.csv"
    path.write_text(
        "record,annotator,label\n1,a,1\n1,b,1.0\n1,c,01\n2,a,5\n2,b,9\n2,c,9.0\n", encoding="utf-8"
    )
    run(path, "--method", "median", "--out", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "1,1,1.0,vote_share",
        "2,9,0.6666666666666666,vote_share",
    ]


def test_a_known_label_that_is_no_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("record,annotator,label\n1,a,1\n1,b,2\n", encoding="utf-8")
    (tmp_path / "t.csv").write_text("record,truth\n1,inf\n", encoding="utf-8")
    words = ("--method", "numeric-median", "--truth", tmp_path / "t.csv", "--json")
    with pytest.raises(InputError, match="known label 'inf' is no number"):
        run(tmp_path / "a.csv", *words)


def test_json_has_the_comparison_and_every_annotator(files: Path) -> None:
    done = run(
        files / "answer.csv", "--truth", files / "truth.csv", "--method", "majority", "--json"
    )
    described = json.loads(done.stdout)
    assert (described["records"], described["annotators"], described["votes"]) == (4, 3, 8)
    assert (described["n"], described["without_votes"]) == (3, 1)
    assert described["accuracy"] == pytest.approx(2 / 3)
    assert described["macro_f1"] == pytest.approx(2 / 3)
    assert {s["annotator"]: s["votes"] for s in described["skill"]} == {
        "ann": 4,
        "ben": 2,
        "cleo": 2,
    }
    assert described["baseline"] == pytest.approx(2 / 3)


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


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("1,ann,a\n2,ann,b\n", "all votes are of 'ann'"),
        ("1,ann,a\n2,ben,b\n", "no record has two votes"),
        ("1,ann,a\n1,ben,a\n", "all votes say 'a'"),
    ],
)
@pytest.mark.parametrize("method", ["majority", "dawid-skene", "mace", "glad", "correlated"])
def test_votes_that_say_nothing_of_skill_are_told(
    rows: str, expected: str, method: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("record,annotator,label\n" + rows)
    done = run(tmp_path / "a.csv", "--method", method)
    assert f"warning: {expected}" in done.stderr


def test_words_have_a_median_where_their_order_is_told(tmp_path: Path) -> None:
    rows = "record,annotator,label\n1,a,low\n1,b,mid\n1,c,high\n"
    (tmp_path / "a.csv").write_text(rows)
    out = tmp_path / "out.csv"
    run(tmp_path / "a.csv", "--method", "median", "--order", "low,mid,high", "--out", out)
    assert "1,mid," in out.read_text()


BAD: dict[str, tuple[str, tuple[str, ...], type[AssayError], str]] = {
    "no answers": ("question,worker,answer\n1,ann,\n", (), InputError, "holds no answers"),
    "words without order": (ANSWERS, ("--method", "median"), InputError, "use --order"),
    "an order for names": (ANSWERS, ("--order", "cat,dog"), SpecError, "takes no --order"),
    "no column": ("a,b,c\n1,2,3\n", (), InputError, "--record"),
    "wrong column": (ANSWERS, ("--label", "anser"), InputError, "did you mean 'answer'"),
    "other records": ("record,worker,label\n9,ann,x\n", (), InputError, "no record of"),
    "majority": (
        ANSWERS,
        ("--method", "majority", "--prior", "1", "1"),
        SpecError,
        "takes no --prior",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case: str, files: Path) -> None:
    content, options, kind, said = BAD[case]
    (files / "bad.csv").write_text(content, encoding="utf-8")
    with pytest.raises(kind, match=said):
        run(files / "bad.csv", "--truth", files / "truth.csv", *options)


def test_a_prior_below_nothing_is_out_of_range(files: Path) -> None:
    (files / "bad.csv").write_text(ANSWERS, encoding="utf-8")
    done = run(files / "bad.csv", "--prior", "-1", "0")
    assert done.exit_code == 2
    assert "-1.0 is not in the range x>=0" in done.stderr


def test_a_ledger_gives_the_same_as_its_file(files: Path) -> None:
    from assay.cli.data import import_command

    place = files / "answers.sqlite"
    words = ["--ledger", place, "--record", "question", "--annotator", "worker"]
    CliRunner().invoke(
        import_command,
        [str(w) for w in (files / "answer.csv", *words, "--label", "answer")],
        catch_exceptions=False,
    )
    described = [json.loads(run(s, "--json").stdout) for s in (files / "answer.csv", place)]
    assert described[0] == described[1]


def test_parquet_gives_the_same_as_csv(files: Path) -> None:
    import polars as pl

    pl.read_csv(files / "answer.csv").write_parquet(files / "answer.parquet")
    described = [
        json.loads(run(files / f, "--json").stdout) for f in ("answer.csv", "answer.parquet")
    ]
    assert described[0] == described[1]


def test_a_parquet_column_saw_refuses_and_discounts(files: Path) -> None:
    import polars as pl

    table = pl.read_csv(files / "answer.csv")
    saw = pl.Series("saw", [i == 0 for i in range(len(table))])
    table.with_columns(saw).write_parquet(files / "saw.parquet")
    with pytest.raises(InputError, match="1 of 8 votes"):
        run(files / "saw.parquet")
    assert run(files / "saw.parquet", "--discount", "0.5").exit_code == 0


def test_correlated_names_the_pairs_that_depend(files: Path) -> None:
    lines = ["record,annotator,label"]
    for i in range(200):
        a, b = "xyz"[i % 3], "xyz"[(i * 7 + i // 5) % 3]
        truth = "xyz"[(i // 2) % 3]
        lines += [f"{i},p,{truth}", f"{i},q,{truth if i % 4 else a}", f"{i},m,{b}", f"{i},n,{b}"]
    (files / "models.csv").write_text("\n".join(lines), encoding="utf-8")
    described = json.loads(run(files / "models.csv", "--method", "correlated", "--json").stdout)
    assert described["dependent"][0]["annotators"] == ["m", "n"]
    assert described["dependent"][0]["dependence"] == pytest.approx(1)


def test_intervals_hold_the_skill(files: Path) -> None:
    words = (files / "answer.csv", "--intervals", "--json")
    described = json.loads(run(*words, "--assume-independent").stdout)
    assert all(0 <= s["interval"][0] < s["interval"][1] <= 1 for s in described["skill"])
    assert "independently" in described["intervals"]["basis"]


def test_copies_get_no_interval_and_the_effective_number_is_said(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = ["record,annotator,label"]
    for i in range(200):
        truth, copied = rng.integers(3), rng.integers(3)
        said = [copied] * 3 + [truth if rng.random() < 0.85 else rng.integers(3) for _ in range(3)]
        rows += [f"r{i},a{j},{label}" for j, label in enumerate(said)]
    (tmp_path / "votes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    for method in ("dawid-skene", "one-coin", "correlated"):
        described = json.loads(
            run(tmp_path / "votes.csv", "--method", method, "--intervals", "--json").stdout
        )
        assert {s["interval"] for s in described["skill"]} == {None}
        assert "do not err independently" in described["intervals"]["why"]
        assert 1 <= described["intervals"]["effective_annotators"] <= 6
    plain = run(tmp_path / "votes.csv", "--intervals")
    assert "not known" in plain.stdout
    assert "effective number at most" in plain.output


def test_numbers_have_medians_and_a_mean_distance(files: Path) -> None:
    rows = "record,annotator,label\n1,a,2\n1,b,3\n2,a,4\n2,b,4\n"
    (files / "numbers.csv").write_text(rows, encoding="utf-8")
    (files / "known.csv").write_text("record,truth\n1,2\n2,4\n", encoding="utf-8")
    done = run(
        files / "numbers.csv", "--method", "numeric-median", "--truth", files / "known.csv",
        "--out", files / "medians.csv", "--json",
    )  # fmt: skip
    described = json.loads(done.stdout)
    assert (described["mean_distance"], described["baseline"]) == (0.25, 1.0)
    assert (files / "medians.csv").read_text().split() == ["record,label", "1,2.5", "2,4"]
    median = run(files / "numbers.csv", "--method", "median", "--truth", files / "known.csv")
    assert "accuracy 100.0%" in median.stdout


def test_pairs_are_ranked(files: Path) -> None:
    rows = "left,right,winner\na,b,a\nb,c,left\na,c,a\nc,b,tie\n"
    (files / "pairs.csv").write_text(rows, encoding="utf-8")
    done = run(files / "pairs.csv", "--method", "bradley-terry", "--out", files / "r.csv", "--json")
    assert [r["name"] for r in json.loads(done.stdout)["ranking"]] == ["a", "b", "c"]
    assert "a " in run(files / "pairs.csv", "--method", "bradley-terry").stdout
    (files / "pairs.csv").write_text(rows + "a,b,z\n", encoding="utf-8")
    with pytest.raises(InputError, match="'z' is not the winner"):
        run(files / "pairs.csv", "--method", "bradley-terry")


def test_tags_in_a_ledger_are_aggregated_by_unit(files: Path) -> None:
    from assay.core.annotation import Outcome, Request, answer
    from assay.core.record import text_record
    from assay.core.schema import MultiChoice
    from assay.core.task import Task
    from assay.ledger import SqlLedger

    task = Task("tags", "which?", MultiChoice(["x", "y"]))
    ledger = SqlLedger(str(files / "tags.sqlite"))
    ledger.add_task(task)
    said = {"a": {"x"}, "b": {"x", "y"}, "c": {"x"}}
    ledger.add([
        answer(Request(task, text_record("r", "r"), who), Outcome.ANSWERED, value=frozenset(tags))
        for who, tags in said.items()
    ])  # fmt: skip
    ledger.close()
    run(files / "tags.sqlite", "--method", "majority", "--out", files / "tags.csv")
    rows = (files / "tags.csv").read_text().split()
    assert [r.rsplit(",", 2)[0] for r in rows[1:]] == ["r,x,yes", "r,y,no"]
    with pytest.raises(SpecError, match="several units"):
        run(files / "tags.sqlite", "--truth", files / "truth.csv")


def test_a_task_file_stands_for_its_ledger(tmp_path: Path) -> None:
    project(tmp_path)
    assert assay(tmp_path, "run", "task.yaml").returncode == 0
    done = assay(tmp_path, "aggregate", "task.yaml", "--method", "majority")
    assert done.stdout.startswith("2 votes of 1 annotators on 2 records")
    assert "there is no ledger" in validation_error(assay(tmp_path, "aggregate", "none.sqlite"))


@pytest.mark.parametrize("head", ["foo,bar", "annotator,kind", "who,family"])
def test_families_of_other_columns_are_named(head: str, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("record,annotator,label\n1,a,x\n1,b,y\n2,a,x\n2,b,x\n")
    (tmp_path / "f.csv").write_text(f"{head}\na,1\nb,1\n")
    asked = "aggregate v.csv --method correlated --families f.csv"
    assert "f.csv has no column" in validation_error(assay(tmp_path, *asked.split()))


def test_skills_are_rows_and_many_annotators_are_cut_with_their_number() -> None:
    skill = [
        {"annotator": f"a{i}", "skill": 0.5 + i / 100, "interval": [0.4, 0.9]}
        for i in range(MOST_SHOWN + 3)
    ]
    described: dict[str, object] = {
        "skill": skill, "intervals": {"why": None, "basis": "a bootstrap", "level": 0.95},
    }  # fmt: skip
    rows = aggregate_print._rows(described)
    assert rows[:2] == [("annotator", "skill"), ("a0", "0.500")]
    assert len(rows) == len(skill) + 1
    ranking = [{"name": "x", "strength": 1.5, "low": None}]
    assert aggregate_print._rows(described | {"ranking": ranking}) == [
        ("name", "strength", "low"), ("x", "1.500", "–"),
    ]  # fmt: skip
    assert aggregate_print._rows({}) == [()]


@pytest.mark.parametrize("more", [0, 3])
def test_the_number_of_annotators_that_are_not_shown(
    more: int, capsys: pytest.CaptureFixture[str]
) -> None:
    skill = [
        {"annotator": f"a{i}", "skill": 0.5, "interval": None} for i in range(MOST_SHOWN + more)
    ]
    how = {"why": None, "basis": "a bootstrap", "level": 0.95}
    aggregate_print._print_intervals({"skill": skill, "intervals": how})
    shown = capsys.readouterr().out
    assert ("… and 3 more annotators; --json has all" in shown) == bool(more)
    assert "95% intervals based on a bootstrap" in shown
    assert shown.count("not known") == MOST_SHOWN
