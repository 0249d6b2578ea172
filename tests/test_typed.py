"""Who checks types finds ours: in the sources, and in the wheel that is built of them."""

import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import assay

ROOT = Path(__file__).resolve().parents[1]

SCRIPT = '''\
"""A user's script, under mypy --strict."""

import asyncio
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

import assay
from assay import Choice, Label, Task


def rated(url: str) -> assay.Result[list[dict[str, Any]]]:
    task = Task("mood", "Happy or sad?", Choice([Label("happy"), "sad"]))
    budget = assay.Budget(5.0, "EUR")
    billing = assay.Billing(assay.Prices(input=0.15, output=0.6), budget)
    llm = assay.LLM(assay.OpenAI("gpt", assay.Address(url)), billing=billing)
    return assay.label([{"text": "what a day"}], task=task, annotators={"llm": llm}, budget=budget)


def same_kind_of_frame(rows: list[dict[str, str]]) -> tuple[pd.DataFrame, pl.DataFrame]:
    """Each in its own form again."""
    pandas = assay.label(pd.DataFrame(rows), labels=["a", "b"], annotators=len, target=0.9)
    polars = assay.label(pl.DataFrame(rows), text="comment", labels={"a": "first", "b": "rest"})
    listed: list[dict[str, Any]] = assay.label(rows, labels={"mood": ["a"], "age": ["b"]}).frame
    print(listed[0], pandas.certify(target=0.9).certificate)
    return pandas.frame, polars.frame


async def both(path: Path) -> float:
    opened: assay.Opened = assay.load(path)
    most = await opened.aforecast()
    result = await opened.arun(limit=10)
    await result.areport("report.html", {"r1": "happy"})
    return (most.cost or 0) + (result.cost or 0) + (result.summary.spent or 0)


def main() -> None:
    try:
        result = rated("http://127.0.0.1:8000/v1")
        values: list[object] = [decision.value for decision in result.decisions]
        print(values, result.frame, result.table().height, result.currency)
    except assay.AssayError as bad:
        print(bad)
    print(asyncio.run(both(Path("task.yaml"))))


main()
'''

# To check what other libraries say of themselves takes most of the time, and is not ours to test.
OTHERS = ("aiohttp", "jinja2", "numpy", "pandas", "polars", "pydantic", "pydantic_core", "rich",
          "scipy", "sklearn", "sqlalchemy", "yaml")  # fmt: skip
CONFIG = "[mypy]\n" + "".join(f"[mypy-{x},{x}.*]\nfollow_imports = skip\n" for x in OTHERS)


def checked(script: str, folder: Path) -> str:
    (folder / "script.py").write_text(script, encoding="utf-8")
    (folder / "mypy.ini").write_text(CONFIG, encoding="utf-8")
    words = [
        "--strict",
        "--config-file",
        "mypy.ini",
        "--follow-imports=silent",
        "--cache-dir",
        str(folder),
    ]
    command = [sys.executable, "-m", "mypy", *words, "script.py"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(Path(assay.__file__).parents[1]), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With what the checker knows of the package from the script before."""
    return tmp_path_factory.mktemp("typed")


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_a_typed_script_passes_and_a_wrong_one_does_not(folder: Path) -> None:
    assert "Success" in checked(SCRIPT, folder)
    wrong = checked(SCRIPT.replace("limit=10", "limit='ten'"), folder)
    assert 'Argument "limit" to "arun" of "Opened" has incompatible type "str"' in wrong


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("text=", "texts=", "No overload variant"),
        (
            "    print(listed",
            "    n: int = pandas.frame\n    print(listed",
            '(expression has type "DataFra',
        ),
        ("listed: list[dict[str, Any]]", "listed: list[str]", "Incompatible types in assignment"),
    ],
)
def test_who_checks_types_knows_arguments_and_frames(
    right: str, wrong: str, said: str, folder: Path
) -> None:
    assert said in checked(SCRIPT.replace(right, wrong), folder)


@pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling is not installed")
def test_the_wheel_says_that_it_is_typed(tmp_path: Path) -> None:
    code = (
        "from hatchling.builders.wheel import WheelBuilder as B;"
        f"print(next(B({str(ROOT)!r}).build(directory={str(tmp_path)!r}, versions=['standard'])))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "assay/py.typed" in names
    assert "assay/api/labelling.py" in names


def test_the_package_shows_its_public_names_alone() -> None:
    assert dir(assay) == sorted(assay.__all__)
    for name in assay.__all__:
        assert getattr(assay, name) is not None
        assert not name.startswith("_")
