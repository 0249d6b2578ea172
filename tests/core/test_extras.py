"""Without the packages of the extras everything imports, and what needs one names it."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import assay
from assay.core.errors import SpecError
from assay.core.extras import from_extra

# of the extras; the packages of the base install are all others
ABSENT = (
    "PIL", "cffi", "datasets", "joblib", "onnx", "onnxruntime", "polars", "psycopg", "sklearn",
    "threadpoolctl", "tokenizers", "torch", "transformers", "vaderSentiment", "xllamacpp",
)  # fmt: skip
WITHOUT = f"""
import sys


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Absent())
"""
USES = {
    "learn": """
import assay
from assay.core.record import text_record
from assay.annotators.classifier import fit_ngrams
from assay.core.schema import Choice
two = [(text_record(n, n), n) for n in "ab"]
fit_ngrams(two, Choice(["a", "b"]))
""",
    "frames": """
import assay
assay.label(["a"], labels=["a", "b"], annotators=lambda text: "a").table()
""",
}


def without_extras(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, check=False
    )


def test_every_module_imports_without_extras() -> None:
    names = [m.name for m in pkgutil.walk_packages(assay.__path__, "assay.")]
    names.remove("assay.__main__")
    code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    done = without_extras(code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("extra", USES)
def test_what_needs_an_extra_names_it(extra: str) -> None:
    said = without_extras(USES[extra]).stderr.strip().splitlines()[-1]
    assert said.startswith("assay.core.errors.SpecError: ")
    assert said.endswith(f"need the extra `{extra}`: pip install 'assay[{extra}]'")


def test_a_module_that_is_there_is_returned() -> None:
    assert from_extra("json", "learn", "tests") is importlib.import_module("json")


def test_one_that_is_not_is_an_error_of_the_users() -> None:
    with pytest.raises(SpecError, match=r"tests need the extra `learn`: pip install 'assay\[lea"):
        from_extra("assay.no_such_module", "learn", "tests")
