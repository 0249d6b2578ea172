"""How often each of very many keys has been seen, at about ten bytes a key."""

import hashlib
from array import array
from bisect import bisect_left
from collections import defaultdict
from functools import partial

SPLIT = 14  # bits of a hash that choose its bucket; as many of a cell count the key's occurrences
KEPT = 64 - SPLIT
LOW = (1 << KEPT) - 1
MOST = (1 << SPLIT) - 1


class Seen:
    """Counts keys by 64 bits of their hash; among ten million the odds of a mix-up are 3 in 10^6.

    A bucket is a sorted array of cells: the bits of the hash that did not choose the bucket, then
    the count. The few keys seen more than 16,384 times count on in a dictionary.
    """

    def __init__(self) -> None:
        self._buckets: defaultdict[int, array[int]] = defaultdict(partial(array, "Q"))
        self._often: dict[int, int] = {}

    def add(self, key: int) -> int:
        """How often the key, a hash of 64 bits, has been seen by now: 1 the first time."""
        bucket, cell = self._buckets[key >> KEPT], (key & LOW) << SPLIT
        place = bisect_left(bucket, cell)
        if place == len(bucket) or bucket[place] >> SPLIT != cell >> SPLIT:
            bucket.insert(place, cell)
            return 1
        if bucket[place] & MOST < MOST:
            bucket[place] += 1
            return (bucket[place] & MOST) + 1
        self._often[key] = self._often.get(key, MOST + 1) + 1
        return self._often[key]


def key_of(text: str) -> int:
    content = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
