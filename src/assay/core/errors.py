"""Errors that a user can fix, by location.

AssayError
├── SpecError     the task file or an option is wrong (a ValueError too)
├── InputError    the records, labels or annotations given are wrong (a ValueError too)
├── ModelError    a model or its endpoint cannot be used
├── BudgetError   the next request would pass the money or time allowed
└── LedgerError   the store cannot be read or written
"""

from collections.abc import Iterable
from difflib import get_close_matches

from assay.core.printable import bounded, safe
from assay.core.redact import hide


class AssayError(Exception):
    """One clear line for the user: what is wrong, where, and what to do; safe to print.

    What it quotes may be endless: words and lines lose their middle where they are too long.
    """

    def __str__(self) -> str:
        return bounded(safe(hide(super().__str__())))


class SpecError(AssayError, ValueError):
    """The task file or an option is wrong; from Python, a value that cannot be."""


class InputError(AssayError, ValueError):
    """The records, labels or annotations given are wrong."""


class ModelError(AssayError):
    """A model or its endpoint cannot be used, now or as configured."""


class BudgetError(AssayError):
    """The next request would pass the money or time allowed."""


class LedgerError(AssayError):
    """The ledger cannot be read or written; `passing` where waiting may help."""

    def __init__(self, message: str, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


CODES: dict[type[AssayError], str] = {
    SpecError: "spec",
    InputError: "input",
    ModelError: "model",
    BudgetError: "budget",
    LedgerError: "ledger",
}


def code_of(error: AssayError) -> str:
    """One word for programs: spec, input, model, budget or ledger."""
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), "error")


def meant(word: str, known: Iterable[str], mark: str = "'") -> str:
    """The known word that `word` may stand for, or else all of them."""
    known = list(known)
    near = get_close_matches(word, known)
    return f"did you mean {mark}{near[0]}{mark}?" if near else f"there are {', '.join(known)}"
