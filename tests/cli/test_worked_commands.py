"""What each command prints on small files, letter by letter; `--json` figure by figure.

A changed line is either a fault or meant; what is meant is written anew by
`KEEP_WORKED=1 python -m pytest FILE`, and looked at in the diff.
"""

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.commands import assay
from tests.cli.worlds import build, fill
from tests.worked import MEANT, as_kept

KEPT = Path(__file__).parent / "worked"
PEOPLE_MODELS = "--people people.json --models models.json"
PRINTED = {
    "agree": "agree votes.csv --resamples 50",
    "agree_plain": "agree votes.csv --resamples 0",
    "agree_ordinal": "agree votes.csv --kind ordinal --order low,mid,high --seed 3 --resamples 50",
    "agree_reference": "agree votes.csv --reference ann --resamples 20",
    "agree_numbers": "agree numbers.csv --kind interval --over annotators --resamples 20",
    "agree_sets": "agree sets.csv --kind multi --resamples 20",
    "agree_cluster": "agree votes.csv --cluster author --resamples 20",
    "agree_wide": "agree wide.csv --wide ann --wide bob --resamples 0",
    "agree_counts": "agree counts.csv --resamples 0",
    "agree_task": "agree task.yaml --resamples 0",
    "agree_few": "agree few.csv --resamples 20",
    "aggregate": "aggregate votes.csv --truth truth.csv",
    "aggregate_intervals": "aggregate votes.csv --intervals",
    "aggregate_independent": "aggregate votes.csv --intervals --assume-independent",
    "aggregate_gold": "aggregate votes.csv --gold some.csv --truth truth.csv",
    "aggregate_majority": "aggregate votes.csv --method majority --truth truth.csv --out out.csv",
    "aggregate_prior": "aggregate votes.csv --prior 3 1 --truth truth.csv",
    "aggregate_families": "aggregate votes.csv --method correlated --families families.csv",
    "aggregate_median": "aggregate votes.csv --method median --order low,mid,high",
    "aggregate_numbers": "aggregate numbers.csv --method numeric-median --truth levels.csv",
    "aggregate_games": "aggregate games.csv --method bradley-terry",
    "aggregate_counts": "aggregate counts.csv --method majority",
    "aggregate_wide": "aggregate wide.csv --wide ann --wide bob --wide cem --method one-coin",
    "audit_draw": "audit draw shipped.csv --size 50 -o drawn.csv",
    "audit_strata": "audit draw shipped.csv --size 50 --by value --equal -o drawn.csv",
    "audit_estimate": "audit estimate shipped.csv answers.csv",
    "audit_target": "audit estimate shipped.csv answers.csv --target 0.2",
    "calibrate": "calibrate one.csv",
    "calibrate_two": "calibrate judged.csv --method isotonic --out sure.csv",
    "calibrate_heat": "calibrate one.csv --method temperature",
    "calibrate_bins": "calibrate one.csv --method histogram",
    "certify": "certify one.csv --alpha 0.15",
    "certify_output": "certify one.csv --promise output --alpha 0.08 --delta 0.2",
    "certify_two": "certify judged.csv --alpha 0.2 --annotator mini",
    "certify_class": "certify one.csv --class low --alpha 0.2",
    "certify_cluster": "certify one.csv --cluster author --alpha 0.2 --reference experts",
    "certify_none": "certify judged.csv --alpha 0.01",
    "compare": f"compare {PEOPLE_MODELS} --resamples 20",
    "compare_published": f"compare {PEOPLE_MODELS} --test published --epsilon 0.2 --resamples 0",
    "compare_expert": f"compare {PEOPLE_MODELS} --expert ann --resamples 0 --fdr 0.2 "
    "--min-records 20",
    "compare_slices": f"compare {PEOPLE_MODELS} --slices slices.csv --resamples 0 --min-records 10",
    "compare_person": "compare votes.csv --person ann --person bob --person cem --resamples 0",
    "compare_ordinal": f"compare {PEOPLE_MODELS} --kind ordinal --order low,mid,high --resamples 0",
    "compare_task": "compare task.yaml --expert gold --resamples 0",
    "cost": "cost task.yaml",
    "cost_projected": "cost task.yaml --records 1000 --records 50000",
    "golden_contract": "golden contract -n 10 -n 20",
    "golden_dear": "golden contract -n 10 --marginal-cost 3 --cost-power 2 --certainty 0.9",
    "golden_choose": "golden choose labels.csv --gold gold.csv --take 5",
    "golden_even": "golden choose labels.csv --gold gold.csv --take 5 --guess even --target 0.5",
    "golden_watch": "golden watch watched.csv --gold gold.csv",
    "golden_pay": "golden watch watched.csv --gold gold.csv --pay --target 0.5",
    "golden_disguise": "golden disguise questions.csv --gold gold.csv --id id",
    "prevalence": "prevalence shipped.csv answers.csv",
    "prevalence_group": "prevalence shipped.csv answers.csv --group part",
    "plan": "plan task.yaml --target 0.8",
    "check": "check task.yaml",
    "run": "run task.yaml",
    "run_limit": "run task.yaml --limit 7 --ledger other.sqlite",
    "report": "report task.yaml",
    "export": "export task.yaml -o decisions.csv",
    "export_annotations": "export task.yaml -o annotations.jsonl --annotations",
    "import": "import few.csv --task task.yaml --people --ledger brought.sqlite",
    "import_alone": "import votes.csv --ledger brought.sqlite --name mine --ordinal",
    "init": "init data.csv -o first.yaml",
    "aggregate_discount": "aggregate votes.csv --discount 0.5",
    "aggregate_sets": "aggregate sets.csv --truth truth.csv",
    "compare_files_prices": f"compare {PEOPLE_MODELS} --prices prices.yaml --resamples 0",
    "cost_people": "cost task.yaml --people nobody --records 100",
    "golden_all": "golden choose labels.csv --gold gold.csv --take 50",
    "run_part": "run task.yaml --target 0.8 --limit 5",
    "import_known": "import votes.csv --task task.yaml --ordinal",
    "study_celeba": "study celeba --images 500 --price-per-label 0.1",
    "compare_plan": f"compare {PEOPLE_MODELS} --plan --resamples 0",
    "compare_prices": "compare task.yaml --prices prices.yaml --expert gold --resamples 0",
    "cost_prices": "cost task.yaml --prices prices.yaml",
    "run_target": "run task.yaml --target 0.8",
    "agree_ledger": "agree tone.assay.sqlite --resamples 0",
    "controller": "controller task.yaml",
    "certify_task": "certify task.yaml --alpha 0.3",
    "calibrate_task": "calibrate task.yaml",
    "aggregate_task": "aggregate task.yaml --method majority",
}
JSON = (
    "agree", "agree_sets", "agree_numbers", "aggregate", "aggregate_intervals",
    "aggregate_numbers", "aggregate_games", "audit_target", "calibrate_two", "certify",
    "certify_class", "compare", "compare_slices", "cost_projected", "golden_contract",
    "golden_choose", "golden_watch", "golden_disguise", "prevalence_group", "plan", "check",
    "import", "study_celeba", "cost_prices", "certify_task", "compare_plan", "calibrate_task",
)  # fmt: skip

REFUSED = f"""\
agree none.csv
agree votes.csv --kind odd
agree votes.csv --kind ordinal --order low,high
agree votes.csv --reference nobody
agree votes.csv --over odd
agree votes.csv --cluster none
agree votes.csv --label none
agree tone.assay.sqlite --task none
agree data.csv
aggregate votes.csv --method majority --intervals
aggregate votes.csv --method majority --prior 3 1
aggregate votes.csv --families families.csv
aggregate votes.csv --order low,mid
aggregate counts.csv
aggregate counts.csv --method majority --intervals
aggregate votes.csv --gold truth.csv --truth truth.csv
aggregate votes.csv --truth labels.csv
aggregate votes.csv --out votes.csv
aggregate tone.assay.sqlite --task none
aggregate votes.csv --method numeric-median
audit draw shipped.csv -o drawn.csv --by odd
audit draw shipped.csv -o shipped.csv
audit draw shipped.csv -o drawn.csv --cluster part --by value
audit estimate shipped.csv shipped.csv
audit estimate shipped.csv answers.csv --target 0.2 --cluster part
audit estimate task.yaml answers.csv
calibrate votes.csv
calibrate one.csv --out one.csv
certify one.csv --tags
certify one.csv --chain gpt
certify judged.csv --chain gpt,mini --annotator gpt
certify judged.csv --chain gpt,mini --class low
certify one.csv --class low --promise output
certify one.csv --class odd
certify judged.csv --annotator nobody
certify one.csv --alpha 0
certify one.csv --alpha nan
certify shipped.csv
compare
compare {PEOPLE_MODELS} --currency EUR
compare {PEOPLE_MODELS} --cluster author
compare {PEOPLE_MODELS} --expert nobody
compare {PEOPLE_MODELS} --score odd
compare {PEOPLE_MODELS} --kind interval
compare {PEOPLE_MODELS} --expert gold
compare --people people.json --models people.json
compare --people people.json
compare counts.csv --person ann
compare votes.csv
compare votes.csv --person nobody
compare --people people.json --people people.json --models models.json
compare --people counts.csv --people people.json --models models.json
compare task.yaml --person nobody
cost none.yaml
cost task.yaml --run none
cost task.yaml --records 0
golden choose labels.csv
golden choose votes.csv --gold gold.csv
golden contract -n 1
golden contract -n 10 --certainty 0.2 --guess 0.5
golden contract -n 10 --bonus nan
golden watch watched.csv
golden watch votes.csv --gold gold.csv
golden watch counts.csv --gold gold.csv
golden watch task.yaml
golden disguise data.csv --gold gold.csv
golden disguise questions.csv --gold gold.csv --text none
prevalence shipped.csv answers.csv --group none
prevalence shipped.csv answers.csv --mean
prevalence shipped.csv answers.csv --scale 0 1
prevalence shipped.csv answers.csv --mean --scale 1 0
prevalence shipped.csv answers.csv --mean --group part
prevalence shipped.csv answers.csv --cluster part
plan task.yaml --target 1
plan task.yaml --class low
run task.yaml --budget nan
run task.yaml --minutes -1
run task.yaml --class low
report task.yaml --run none
report task.yaml --ledger none.sqlite
report task.yaml -o tone.assay.sqlite
export task.yaml -o x.docx
export task.yaml -o x.csv --panel crowd
export task.yaml -o x.csv --annotations --waiting
export task.yaml -o x.csv --run none
export task.yaml -o x.json
export none.sqlite -o x.csv
import votes.csv
import votes.csv --task task.yaml --panel crowd
import labels.csv --task task.yaml
init none.csv
init truth.csv -o votes.csv
check votes.csv
check none.yaml
controller task.yaml
synthesise task.yaml --generator nobody
synthesise task.yaml -o task.yaml
study none
data fetch none
""".splitlines()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files, and the ledger of one run."""
    folder = tmp_path_factory.mktemp("world")
    build(folder)
    for command in ("run task.yaml", "audit draw shipped.csv --size 80 -o answers.csv"):
        assert assay(folder, *command.split()).returncode == 0
    fill(folder)
    return folder


@pytest.fixture
def folder(world: Path, tmp_path: Path) -> Path:
    return shutil.copytree(world, tmp_path / "w")


def described(folder: Path, command: str) -> str:
    done = assay(folder, *shlex.split(command))
    lines = f"$ assay {command}\n{done.stdout}"
    lines += "".join(f"! {line}\n" for line in done.stderr.splitlines())
    lines += f"exit code {done.returncode}\n" if done.returncode else ""
    lines = re.sub(r"(?<!@)\b[0-9a-f]{12}\b", "ID", lines)
    return re.sub(r"; [0-9.]+ s\b", "; TIME", lines).replace(str(folder), "FOLDER")


@pytest.mark.parametrize("name", PRINTED)
def test_a_command_prints_what_it_did(name: str, folder: Path) -> None:
    found, path = described(folder, PRINTED[name]), KEPT / f"{name}.txt"
    if os.environ.get("KEEP_WORKED"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8"), MEANT


@pytest.mark.parametrize("name", JSON)
def test_a_command_gives_the_figures_that_it_did(name: str, folder: Path) -> None:
    done = assay(folder, *shlex.split(PRINTED[name]), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(re.sub(r'"import-[0-9a-f]+"', '"import-ID"', done.stdout))
    sorted_by_key = json.loads(json.dumps(found, sort_keys=True))
    as_kept(KEPT / f"{name}.json", sorted_by_key)


def test_commands_that_cannot_be_are_refused_in_these_words(folder: Path) -> None:
    said = [described(folder, command) for command in REFUSED]
    assert [one for one in said if not one.endswith("exit code 2\n")] == []
    found = "".join(said)
    path = KEPT / "refused.txt"
    if os.environ.get("KEEP_WORKED"):
        path.write_text(found, encoding="utf-8")
    assert found.splitlines() == path.read_text(encoding="utf-8").splitlines(), MEANT
