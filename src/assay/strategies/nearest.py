"""Which examples to show for a record: nearest by meaning or by words, or drawn at random."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assay.annotators.picture import Pictures
from assay.core.digest import digest
from assay.core.errors import InputError
from assay.core.extras import from_extra
from assay.core.record import Record
from assay.models.base import Encoder

Similarity: TypeAlias = NDArray[np.float64]
Index: TypeAlias = Callable[[Sequence[Record]], Similarity]
"""Records to a table of shape (records, pool); larger is nearer."""

TWIN = 0.9  # cosine of character n-grams from which two texts are as good as the same


class Retriever(Protocol):
    @property
    def id(self) -> str: ...

    def over(self, pool: Sequence[Record]) -> Index:
        """The index of a pool, built once. A row depends on its record and the pool alone, so
        that a run that goes on finds the same examples."""


@dataclass(frozen=True, slots=True)
class ByEmbedding:
    """Cosine similarity of sentence embeddings (RAG of Haq et al., arXiv 2504.15022)."""

    encoder: Encoder

    @property
    def id(self) -> str:
        return f"embedding({self.encoder.id})"

    def over(self, pool: Sequence[Record]) -> Index:
        vectors = self.encoder.encode([r.text for r in pool])

        def index(records: Sequence[Record]) -> Similarity:
            # one at a time: a quantised encoder's vector depends on what else is in the batch
            rows = [self.encoder.encode([r.text])[0] @ vectors.T for r in records]
            return np.array(rows, dtype=np.float64).reshape(len(records), len(pool))

        return index


@dataclass(frozen=True, slots=True)
class ByWords:
    """Cosine similarity of TF-IDF weights of character 2- to 4-grams within words."""

    @property
    def id(self) -> str:
        return "tf-idf(char 2-4)"

    def over(self, pool: Sequence[Record]) -> Index:
        # the padding gives even an empty text a feature
        vectorizer = _vectorizer()(analyzer="char_wb", ngram_range=(2, 4))
        known = vectorizer.fit_transform([f"{r.text} ." for r in pool])

        def index(records: Sequence[Record]) -> Similarity:
            if not records:
                return np.zeros((0, len(pool)))
            found = vectorizer.transform([f"{r.text} ." for r in records])
            return np.asarray((found @ known.T).todense(), dtype=np.float64)

        return index


def _vectorizer() -> Any:
    what = "examples that are near by their words"
    return from_extra("sklearn.feature_extraction.text", "learn", what).TfidfVectorizer


@dataclass(frozen=True, slots=True)
class ByPicture:
    """Cosine similarity of what a picture network sees; several pictures of a record count as one.

    InputError if an example has no readable picture. A record without one is near to none: its
    examples are the first of the pool.
    """

    pictures: Pictures

    @property
    def id(self) -> str:
        return f"picture({self.pictures.id})"

    def over(self, pool: Sequence[Record]) -> Index:
        known = self.pictures.rows(pool)

        def index(records: Sequence[Record]) -> Similarity:
            found = np.zeros((len(records), len(pool)))
            for row, seen in zip(found, self.pictures.seen(records), strict=True):
                if not isinstance(seen, InputError):
                    # rounded: sums of floats may differ in their last bits with the batch
                    row[:] = np.round(seen.features @ known.T, 5)
            return found

        return index


@dataclass(frozen=True, slots=True)
class AtRandom:
    """The control: each record has its own draw."""

    seed: int = 0

    @property
    def id(self) -> str:
        return f"random({self.seed})"

    def over(self, pool: Sequence[Record]) -> Index:
        def row(record: Record) -> NDArray[np.float64]:
            seed = int(digest([record.id, record.digest, self.seed], 8), 16)
            return np.random.default_rng(seed).random(len(pool))

        def index(records: Sequence[Record]) -> Similarity:
            return np.array([row(r) for r in records]).reshape(len(records), len(pool))

        return index


@dataclass(frozen=True, slots=True)
class Fixed:
    """Plain in-context learning: one draw for all records, so that all prompts begin alike."""

    seed: int = 0

    @property
    def id(self) -> str:
        return f"fixed({self.seed})"

    def over(self, pool: Sequence[Record]) -> Index:
        draw = np.random.default_rng(self.seed).random(len(pool))
        return lambda records: np.tile(draw, (len(records), 1))


def content(record: Record) -> str:
    """The text but for case, spacing and how accents are written, and the pictures to the byte:
    what counts as the same."""
    plain = unicodedata.normalize("NFKC", record.text).casefold()
    return " ".join([*plain.split(), *(part.sha256 for part in record.images)])


def near_duplicates(records: Sequence[Record], pool: Sequence[Record]) -> int:
    """Records with a twin among other records of the pool; they make retrieval look better."""
    if not records or not pool:
        return 0
    table = ByWords().over(pool)(records)
    own = {record.id: i for i, record in enumerate(pool)}
    for row, record in zip(table, records, strict=True):
        if record.id in own:
            row[own[record.id]] = 0.0
    return int((table.max(axis=1) >= TWIN).sum())
