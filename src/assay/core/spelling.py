"""Names that a person takes for one and a comparison for two: by case, space, accents or digits.

Labels, annotators and records of files are compared as they are written, so that nothing is
merged silently; whoever compares them says here which of them look like the same one.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeAlias

from assay.core.redact import hide

SHOWN = 3  # groups of names that are reported
MOST = 4  # names of one group
LONGEST = 40  # characters of a name
MOST_MARKS = 30  # on one letter, as in Unicode's stream-safe text (UAX 15)
# an id next to which a plainer spelling may stand; all other ids are spelt plainly
ODD = re.compile(r"\A0\d|\d\.0+\Z|\s|[^\x00-\x7f]")
PADDED = re.compile(r"0*(\d+?)(?:\.0+)?")


def folded(name: str) -> str:
    """Without case, further spaces and other forms of the same letters, as schemas read labels."""
    return " ".join(composed(name).casefold().split())


def composed(name: str) -> str:
    """Unicode's normal form C: an accent is part of its letter."""
    return name if name.isascii() or _piled(name) else unicodedata.normalize("NFC", name)


def _piled(name: str) -> bool:
    """Whether more marks stand on one letter than any script has: to order them takes the square
    of their number."""
    run = 0
    for letter in name:
        run = run + 1 if unicodedata.combining(letter) else 0
        if run > MOST_MARKS:
            return True
    return False


def whole_letters(text: str) -> str:
    """Without half characters (lone surrogates), which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def as_number(name: str) -> float | None:
    """The finite number that a name is, as 1, 1.0 and 01 are one."""
    try:
        found = float(name)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def numbers_alike(names: Iterable[str]) -> dict[str, str]:
    """Each name with the shortest spelling of its number; empty where a name is no number, or none
    is spelt in two ways."""
    values = {name: as_number(name) for name in names}
    shortest: dict[float, str] = {}
    for name, value in values.items():
        if value is None:
            return {}
        shortest[value] = min(shortest.get(value, name), name, key=lambda n: (len(n), n))
    if len(shortest) == len(values):
        return {}
    return {name: shortest[value] for name, value in values.items() if value is not None}


def oddities(
    labels: Iterable[str] = (), annotators: Iterable[str] = (), records: Iterable[str] = ()
) -> list[str]:
    """What to say of names that look like the same one and count as different ones."""
    described = (
        _line("labels", _alike(labels, _plain_label)),
        _line("annotators", _alike(annotators, folded)),
        _line("records", _alike_ids(records)),
    )
    return [line for line in described if line is not None]


def shortened(name: str) -> str:
    """A name as it is shown; no long or broken line, and decomposed letters as escapes."""
    name = hide(name)  # before it is cut, and no longer known
    shown = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return repr(shown) if shown == composed(shown) else ascii(shown)


def plain(name: str) -> str:
    """A name in running text: as it is, but quoted where it is long or odd."""
    shown = shortened(name)
    return name if shown[1:-1] == name else shown


def _plain_label(name: str) -> str:
    value = as_number(name)
    return folded(name) if value is None else repr(value + 0.0)


def plain_id(id: str) -> str:
    """Case stays: ids may be codes in which it counts."""
    if id.isdecimal() and id.isascii():
        return id.lstrip("0") or "0"
    plain = " ".join(composed(id).split())
    padded = PADDED.fullmatch(plain)
    return plain if padded is None else padded[1]


Groups: TypeAlias = dict[str, set[str]]
"""By their plain form, the names that share it."""


def _alike(names: Iterable[str], plain: Callable[[str], str]) -> Groups:
    first: dict[str, str] = {}
    groups: Groups = {}
    for name in names:
        form = plain(name)
        other = first.setdefault(form, name)
        if other != name:
            groups.setdefault(form, {other}).add(name)
    return groups


def _alike_ids(records: Iterable[str]) -> Groups:
    """Of many ids hardly any is odd, and plain ones cannot be like each other."""
    ids = list(records)
    odd = [id for id in ids if ODD.search(id)]
    if not odd:
        return {}
    plain = {plain_id(id) for id in odd}
    return _alike([*odd, *(id for id in ids if id in plain)], plain_id)


def _line(what: str, groups: Groups) -> str | None:
    alike = sorted(sorted(group) for group in groups.values())
    if not alike:
        return None
    shown = "; ".join(_describe(group) for group in alike[:SHOWN])
    more = f"; … and {len(alike) - SHOWN:,} more such" if len(alike) > SHOWN else ""
    return (
        f"{sum(map(len, alike)):,} {what} are spelt almost alike (they differ in case, spaces, "
        f"form of accents, or zeros of a number) and count as different {what}: {shown}{more}"
    )


def _describe(group: list[str]) -> str:
    names = [shortened(name) for name in group]
    more = f" and {len(names) - MOST:,} more" if len(names) > MOST else ""
    return " / ".join(names[:MOST]) + more
