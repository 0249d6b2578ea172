"""Which examples to show for a record: nearest by meaning, by words, or drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from assay.core.digest import digest
from assay.core.record import Record
from assay.models.base import Encoder

Similarity = NDArray[np.float64]


class Retriever(Protocol):
    @property
    def id(self) -> str: ...

    def similarity(self, records: Sequence[Record], pool: Sequence[Record]) -> Similarity:
        """Shape (records, pool); larger is nearer."""


@dataclass(frozen=True, slots=True)
class ByEmbedding:
    """Cosine similarity of sentence embeddings (RAG of Haq et al., arXiv 2504.15022)."""

    encoder: Encoder

    @property
    def id(self) -> str:
        return f"embedding({self.encoder.id})"

    def similarity(self, records: Sequence[Record], pool: Sequence[Record]) -> Similarity:
        left = self.encoder.encode([r.text for r in records])
        right = self.encoder.encode([r.text for r in pool])
        return np.asarray(left @ right.T, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class ByWords:
    """Cosine similarity of TF-IDF weights of character 2- to 4-grams within words."""

    @property
    def id(self) -> str:
        return "tf-idf(char 2-4)"

    def similarity(self, records: Sequence[Record], pool: Sequence[Record]) -> Similarity:
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4))
        right = vectorizer.fit_transform([r.text for r in pool])
        left = vectorizer.transform([r.text for r in records])
        return np.asarray((left @ right.T).todense(), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class AtRandom:
    """The control, and the paper's plain in-context learning; the draw depends on the record."""

    seed: int = 0

    @property
    def id(self) -> str:
        return f"random({self.seed})"

    def similarity(self, records: Sequence[Record], pool: Sequence[Record]) -> Similarity:
        rows = [self._row(record, len(pool)) for record in records]
        return np.array(rows).reshape(len(records), len(pool))

    def _row(self, record: Record, count: int) -> NDArray[np.float64]:
        seed = int(digest([record.id, record.digest, self.seed], 8), 16)
        return np.random.default_rng(seed).random(count)
