"""One thing to label."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from assay.core.digest import digest
from assay.core.shown import Shown


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str
    name: str = "text"


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture by address and content hash; the bytes are read when they are needed."""

    uri: str
    sha256: str
    name: str = "image"


Part: TypeAlias = TextPart | ImagePart

SYNTHETIC = "synthetic:"  # begins the source of a record that a model wrote


@dataclass(frozen=True, slots=True, repr=False)
class Record(Shown):
    """Named parts to label; `meta` travels along and is never shown to an annotator."""

    id: str
    parts: tuple[Part, ...]
    language: str | None = None
    source: str | None = None
    meta: Mapping[str, str] = field(default_factory=dict)
    _digest: str | None = field(default=None, init=False, repr=False, compare=False)  # once known

    def facts(self) -> Mapping[str, object]:
        return {
            "id": self.id,
            **{part.name: part.text for part in self.texts},
            **{part.name: part.uri for part in self.images},
            "language": self.language,
            "source": self.source,
        }

    @property
    def digest(self) -> str:
        """Names what an annotator is shown: parts and language, not id or meta."""
        if self._digest is None:
            shown = [
                [p.name, p.text] if isinstance(p, TextPart) else [p.name, None, p.sha256]
                for p in self.parts
            ]
            object.__setattr__(self, "_digest", digest([shown, self.language]))
        assert self._digest is not None
        return self._digest

    @property
    def synthetic(self) -> bool:
        return self.source is not None and self.source.startswith(SYNTHETIC)

    @property
    def texts(self) -> tuple[TextPart, ...]:
        return tuple(p for p in self.parts if isinstance(p, TextPart))

    @property
    def images(self) -> tuple[ImagePart, ...]:
        return tuple(p for p in self.parts if isinstance(p, ImagePart))

    @property
    def text(self) -> str:
        """The text parts, a line each; empty for a record of images only."""
        return "\n".join(p.text for p in self.texts)


def text_record(id: str, text: str, language: str | None = None) -> Record:
    return Record(id, (TextPart(text),), language)
