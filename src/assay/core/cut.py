"""The reason of an answer that ended at the number of tokens allowed."""

import re

_CUT = re.compile(r"cut at ([\d,]+) tokens")


def cut_at(tokens: int) -> str:
    return f"cut at {tokens:,} tokens"


def tokens_of(error: str | None) -> int | None:
    """The number at which an answer with this reason was cut; None if it was not."""
    found = _CUT.match(error or "")
    return int(found[1].replace(",", "")) if found else None
