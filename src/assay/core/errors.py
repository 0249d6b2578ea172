"""What a user can mend, by where the mistake is.

AssayError
├── SpecError     the task file or an option is wrong
├── InputError    the records, labels or annotations given are wrong
├── ModelError    a model or its endpoint cannot be used
├── BudgetError   the next request would pass the money or time allowed
└── LedgerError   the store cannot be read or written
"""


class AssayError(Exception):
    """One clear line for the user: what is wrong, where, and what to do."""


class SpecError(AssayError):
    """The task file or an option is wrong."""


class InputError(AssayError):
    """The records, labels or annotations given are wrong."""


class ModelError(AssayError):
    """A model or its endpoint cannot be used, now or as configured."""


class BudgetError(AssayError):
    """The next request would pass the money or time allowed."""


class LedgerError(AssayError):
    """The ledger cannot be read or written."""
