"""Keeps passwords out of what is told and stored."""

import re

_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@/\s]*@")


def hidden(place: str) -> str:
    """The place, with the password in a URL replaced by ***."""
    return _PASSWORD.sub(r"\1:***@", place)
