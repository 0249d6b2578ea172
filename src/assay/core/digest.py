"""Stable digests: the same content has the same name on every machine and in every run."""

import hashlib
import json
from collections.abc import Iterable

# one encoder for all: `json.dumps` with options builds one a call, which costs more than encoding
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def digest(content: object, size: int = 16) -> str:
    """Hex BLAKE2b of the canonical JSON of `content`, `size` bytes long."""
    return digest_text(_encode(content), size)


def digest_each(contents: Iterable[object], size: int = 16) -> str:
    """The same as `digest` of the list of these, which is never held as a whole."""
    hasher = hashlib.blake2b(b"[", digest_size=size)
    for number, content in enumerate(contents):
        text = f",{_encode(content)}" if number else _encode(content)
        hasher.update(text.encode("utf-8", "surrogatepass"))
    hasher.update(b"]")
    return hasher.hexdigest()


def digest_text(text: str, size: int = 16) -> str:
    # lone surrogates cannot be encoded strictly, yet hostile records may hold them
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()
