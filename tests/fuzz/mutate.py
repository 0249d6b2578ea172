"""Damages bytes as disks, networks, models and people do: seeded, so that each comes again."""

import random
import re

ODD = [
    b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud83d", "\u202e\u0130\u0131ß".encode(),
    b"a" + "\u0301".encode() * 60, b"null", b"true", b"[]", b"{}", b'""', b"NaN", b"-Infinity",
    b"1e400", b"-1", b"9" * 400, b"9" * 5_000, b"0b_", b"2024-13-45", b"!!int abc", b"*a", b"&a",
    b"[" * 150, b"[" * 1_500, b'{"a":' * 1_500, b"```", b"Label:", b"\n" * 200, b" " * 200, b'"',
    b"\\", b",", b":", b"0x" + b"f" * 5_000, b"label", b"not ", b"\x1b[2J",
]  # fmt: skip
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|[\[\]{},:]')


def mutated(sound: bytes, rng: random.Random) -> bytes:
    content = sound
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        content = rng.choice(WAYS)(content, rng)
    return content


def flipped(content: bytes, rng: random.Random) -> bytes:
    if not content:
        return content
    place = rng.randrange(len(content))
    return content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :]


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randint(0, len(content))]


def removed(content: bytes, rng: random.Random) -> bytes:
    start = rng.randint(0, len(content))
    return content[:start] + content[start + rng.choice((1, 2, 8, 64, 512)) :]


def inserted(content: bytes, rng: random.Random) -> bytes:
    place = rng.randint(0, len(content))
    return content[:place] + rng.choice(ODD) + content[place:]


def doubled(content: bytes, rng: random.Random) -> bytes:
    start, place = rng.randint(0, len(content)), rng.randint(0, len(content))
    return content[:place] + content[start : start + rng.choice((4, 64, 4_096))] + content[place:]


def swapped(content: bytes, rng: random.Random) -> bytes:
    """One token of JSON, YAML or text for another, or for something odd."""
    tokens = list(TOKEN.finditer(content[:20_000]))
    if not tokens:
        return inserted(content, rng)
    one = rng.choice(tokens)
    other = rng.choice(ODD) if rng.random() < 0.7 else rng.choice(tokens)[0]
    return content[: one.start()] + other + content[one.end() :]


def zeroed(content: bytes, rng: random.Random) -> bytes:
    """A run of one byte, as where a page of a disk is lost."""
    start, size = rng.randint(0, len(content)), rng.choice((4, 8, 64, 1_024))
    return content[:start] + rng.choice((b"\0", b"\xff", b"\x7f")) * size + content[start + size :]


WAYS = (flipped, flipped, cut, removed, inserted, doubled, swapped, swapped, swapped, zeroed)
