"""Further headers of a request, whose secrets come from the environment alone."""

import re
from collections.abc import Mapping

from assay.core.errors import ModelError, SpecError
from assay.core.redact import remember

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SECRET = re.compile(r"auth|key|token|secret|cookie|password|credential", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def check_headers(given: Mapping[str, str]) -> None:
    """SpecError for what is no header, and for a secret that stands in the task file."""
    for name, value in given.items():
        if not _NAME.fullmatch(name) or not value.isprintable():
            raise SpecError(f"{name!r} is not a header")
        if _SECRET.search(name) and not _VARIABLE.search(value):
            raise SpecError(
                f"the value of header {name!r} may be a secret: name an environment variable, "
                f"{name}: ${{VARIABLE}}"
            )


def filled(given: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The headers with the values of the variables they name; ModelError for one that is not
    set."""

    def value(found: re.Match[str]) -> str:
        said = environment.get(found[1], "").strip()
        if not said:
            raise ModelError(f"the environment variable {found[1]} of a header is not set")
        if not (said.isascii() and said.isprintable()):
            raise ModelError(f"the value of {found[1]} holds characters that no header has")
        remember(said)
        return said

    return {name: _VARIABLE.sub(value, text) for name, text in given.items()}


def over(base: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Both, the second in the place of the first whatever the case of their names."""
    named = {name.casefold() for name in given}
    return {n: v for n, v in base.items() if n.casefold() not in named} | dict(given)
