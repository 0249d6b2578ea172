"""Pictures as models are shown them: made small and clean, once each, and kept while needed.

What is sent is always rebuilt from the pixels, so that no EXIF, no place where a photograph was
taken, no comment and nothing appended to a file ever leaves. The original stays as it is.
"""

import asyncio
import base64
import io
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from assay.core.errors import InputError
from assay.core.record import ImagePart
from assay.data.images.decode import decode
from assay.data.images.source import content_of
from assay.data.images.source import shown as name_of
from assay.data.workplace import leave, workplace
from assay.models.base import Message, View
from assay.models.lane import Lane

MEMORY = 16 * 2**20  # what is older lies on disk, from where it is back in no time
DISK = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it is sent."""

    media: str
    base64: str
    width: int
    height: int

    @property
    def url(self) -> str:
        return f"data:{self.media};base64,{self.base64}"


ShownParts: TypeAlias = Mapping[str, Shown]
"""By the hash of the picture's content."""

NO_PICTURES: ShownParts = {}


def encode(part: ImagePart, view: View) -> Shown:
    """InputError, which names the picture, where it cannot be read or decoded."""
    content = content_of(part)
    try:
        plain = decode(content, view.side)
    except InputError as bad:
        raise InputError(f"picture {name_of(part.uri)} {bad}") from None
    file = io.BytesIO()
    if view.format == "png":
        plain.save(file, "PNG")
    else:
        plain.save(file, "JPEG", quality=view.quality)
    return Shown(
        f"image/{view.format}", base64.b64encode(file.getvalue()).decode("ascii"), *plain.size
    )


class Gallery:
    """Encoded pictures, each made once a view however many questions are asked about it.

    The latest are held in memory, up to `memory` bytes, earlier ones in a temporary folder, up to
    `disk` bytes; beyond that a picture is made again when it is needed again. Safe to share by
    the models of one process.
    """

    def __init__(self, memory: int = MEMORY, disk: int = DISK) -> None:
        self.encoded = 0  # how often a picture was made
        self._room, self._disk = memory, disk
        self._held: OrderedDict[tuple[str, str], Shown] = OrderedDict()
        self._kept: dict[tuple[str, str], tuple[str, int, int]] = {}  # media and size, on disk
        self._coming: dict[tuple[str, str], Future[Shown]] = {}
        self._lock = threading.Lock()
        self._workers = Lane("pictures", os.cpu_count() or 1)
        self._folder: Path | None = None

    def close(self) -> None:
        """Ends the threads; pictures stay, and the next one starts threads again."""
        self._workers.close()

    async def shown(self, messages: Sequence[Message], view: View) -> ShownParts:
        """The pictures of a prompt; InputError for one that cannot be used."""
        parts = {p.sha256: p for m in messages for p in m.parts if isinstance(p, ImagePart)}
        return {sha: await self._one(part, view) for sha, part in parts.items()}

    async def _one(self, part: ImagePart, view: View) -> Shown:
        key = (part.sha256, view.encoding)
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found
            coming = self._coming.get(key)
            if coming is None:
                coming = self._workers.submit(self._make, key, part, view)
                self._coming[key] = coming
        # others may wait for the same picture: who gives up must not take it from them
        return await asyncio.shield(asyncio.wrap_future(coming))

    def _make(self, key: tuple[str, str], part: ImagePart, view: View) -> Shown:
        try:
            shown = self._from_disk(key)
            if shown is None:
                shown = encode(part, view)
                with self._lock:
                    self.encoded += 1
            for old, picture in self._hold(key, shown):
                self._to_disk(old, picture)
            return shown
        finally:
            with self._lock:
                self._coming.pop(key, None)

    def _hold(self, key: tuple[str, str], shown: Shown) -> list[tuple[tuple[str, str], Shown]]:
        """Keep it in memory; what must leave for it is given back."""
        left = []
        with self._lock:
            self._held[key] = shown
            self._room -= len(shown.base64)
            while self._room < 0:
                old, picture = self._held.popitem(last=False)
                self._room += len(picture.base64)
                left.append((old, picture))
        return left

    def _to_disk(self, key: tuple[str, str], shown: Shown) -> None:
        with self._lock:
            if key in self._kept or len(shown.base64) > self._disk:
                return
            if self._folder is None:
                self._folder, lock = workplace()
                weakref.finalize(self, leave, self._folder, lock)
            self._disk -= len(shown.base64)
        try:
            (self._folder / "-".join(key)).write_text(shown.base64, encoding="ascii")
        except OSError:  # a full disk costs time, not the run
            return
        with self._lock:
            self._kept[key] = (shown.media, shown.width, shown.height)

    def _from_disk(self, key: tuple[str, str]) -> Shown | None:
        kept = self._kept.get(key)
        if kept is None or self._folder is None:
            return None
        try:
            content = (self._folder / "-".join(key)).read_text(encoding="ascii")
        except OSError:
            return None
        return Shown(kept[0], content, *kept[1:])
