"""Keeps keys and passwords out of what is printed and stored, whatever way they are spelt."""

import base64
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

MASK = "***"
SHORTEST = 6  # characters; what is shorter is a word such as `none`, and no key
WHOLE = 8  # characters of a key below which it is looked for as a word of its own alone
SECRET_NAMES = ("pass", "pwd", "secret", "token", "key", "credential", "odbc_connect")

# SQLAlchemy takes all from the first colon after the user to an @ for the password, be it / or ?
_USER = re.compile(r"(\w[\w+.-]*://[^:/]*):.*@", re.S)
_OPTION = re.compile(r"([?&;])([^=&;?#]+)=([^&]*(?:&[^=&]*(?=&|$))*)")
_ESCAPE = re.compile(
    r"\\{1,8}(?:u(?P<u>[0-9a-f]{4})|x(?P<x>[0-9a-f]{2})|(?P<c>[^\\]))"
    r"|%(?:25)*(?P<p>[0-9a-f]{2})|&#0*(?P<d>\d{1,7});|&#x0*(?P<h>[0-9a-f]{1,6});",
    re.I,
)
_SIGNS = re.compile(r"[\\%&]")


def hidden(place: str) -> str:
    """The address, with its password replaced by ***: that of the user, and of an option."""
    if "://" not in place:
        return place
    return _OPTION.sub(_option, _USER.sub(rf"\1:{MASK}@", place))


def _option(found: re.Match[str]) -> str:
    sign, name, value = found.groups()
    described = f"{unquote_plus(name)}={unquote_plus(value)}".casefold()
    names = (name, *re.findall(r"[\w.-]+(?=\s*=)", described))
    secret = any(part in unquote_plus(n).casefold() for n in names for part in SECRET_NAMES)
    return f"{sign}{name}={MASK if secret and value else value}"


def password_of(place: str) -> str | None:
    """The password of the user in an address, as it is written there."""
    found = re.match(r"\w[\w+.-]*://[^:/]*:(.*)@", place, re.S)
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Secret:
    """One key, and how to find it in a text."""

    key: str

    def out_of(self, text: str) -> str:
        """The text without it; all of the text is hidden where it is there in a way unforeseen."""
        if len(text) < _shortest(self.key):
            return text
        if self.key in text:
            text = self._plain().sub(MASK, text)
        for spelling in _spellings(self.key):
            text = text.replace(spelling, MASK)
        if _SIGNS.search(text) and self._plain().search(_unescaped(text)):
            text = _escaped(self.key).sub(MASK, text)
            if self._plain().search(_unescaped(text)):
                return MASK
        return text

    def _plain(self) -> re.Pattern[str]:
        return _pattern(self.key)


@lru_cache(maxsize=64)
def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(_alone(key, re.escape(key)))


def _alone(key: str, pattern: str) -> str:
    return rf"(?<!\w){pattern}(?!\w)" if len(key) < WHOLE else pattern


@lru_cache(maxsize=64)
def _escaped(key: str) -> re.Pattern[str]:
    """Each character as itself or escaped: as in JSON, in a URL, in HTML."""
    return re.compile(_alone(key, "".join(_character(c) for c in key)), re.I)


def _character(c: str) -> str:
    code = ord(c)
    spelt = rf"\\{{0,8}}(?:u{code:04x}|x{code:02x}|{re.escape(c)})"
    return rf"(?:{spelt}|%(?:25)*{code:02x}|&#0*{code};|&#x0*{code:x};)"


@lru_cache(maxsize=64)
def _spellings(key: str) -> tuple[str, ...]:
    """What a key becomes in base64, wherever it begins in what is encoded, and in hexadecimal."""
    raw = key.encode()
    found = {raw.hex(), raw.hex().upper()}
    for skip in range(3):
        coded = base64.b64encode(b"\0" * skip + raw).decode()
        # without the ends, which hold bits of what stands next to the key
        inner = coded[(0, 2, 3)[skip] : len(coded) - (0, 3, 2)[(skip + len(raw)) % 3]]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return tuple(s for s in found if len(s) >= WHOLE)


@lru_cache(maxsize=64)
def _shortest(key: str) -> int:
    """Characters below which a text cannot hold the key: what is escaped is never shorter."""
    return min(map(len, (key, *_spellings(key))))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_meant, text)


def _meant(found: re.Match[str]) -> str:
    if found["c"] is not None:
        return found["c"]
    if found["d"] is not None:
        code = int(found["d"])
    else:
        code = int(found["u"] or found["x"] or found["p"] or found["h"], 16)
    return chr(code) if code <= 0x10FFFF else ""


_SECRETS: list[Secret] = []  # the longest first: one may be a part of another
_PLACES: dict[str, str] = {}


def remember(key: str) -> None:
    """From now on `hide` takes this key out of every text."""
    if len(key) >= SHORTEST and Secret(key) not in _SECRETS:
        _SECRETS.append(Secret(key))
        _SECRETS.sort(key=lambda secret: -len(secret.key))


def remember_place(place: str) -> None:
    """The same for an address with a password: it is hidden in the address, and in those parts of
    it that name it, since a path loses a slash and a long text its end."""
    found = {place: hidden(place)}
    if "://" in place:
        for user, password in re.findall(r"/([^:/]*):(.*)@", place, re.S):
            found[f"/{user}:{password}"] = f"/{user}:{MASK}"
        for option in _OPTION.finditer(place):
            found[option[0][1:]] = _option(option)[1:]
    places = dict(_PLACES)
    for known, shown in found.items():
        if known != shown:
            for spelt in (known, repr(known)[1:-1], json.dumps(known)[1:-1], quote(known)):
                places[spelt] = shown
    _PLACES.clear()  # a place that holds another is hidden before it
    _PLACES.update(sorted(places.items(), key=lambda pair: -len(pair[0])))


def hide(text: str) -> str:
    """A text without the keys and passwords that this process knows."""
    for place, shown in _PLACES.items():
        text = text.replace(place, shown)
    for secret in _SECRETS:
        text = secret.out_of(text)
    return text


def without_password(text: str, place: str) -> str:
    """What is said of an address, without the password in it, however long that is."""
    text = text.replace(place, hidden(place))
    password = password_of(place)
    for spelt in sorted({password or "", unquote(password or "")}, key=len, reverse=True):
        if spelt and spelt not in hidden(place):
            text = text.replace(spelt, MASK)
    return text


def scrubbed(content: Any) -> Any:
    """What JSON held, with every text in it hidden."""
    if isinstance(content, str):
        return hide(content)
    if isinstance(content, list):
        return [scrubbed(part) for part in content]
    if isinstance(content, dict):
        return {hide(name): scrubbed(part) for name, part in content.items()}
    return content
