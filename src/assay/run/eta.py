"""Progress of a run's records, by the answers they have and those they need."""

from collections.abc import Iterable

from assay.core.annotation import Annotation


class Eta:
    """Of the blocks under way and of those that have ended.

    `each` is how many answers a record takes, where that is known beforehand: then a record is
    finished with its last answer, else with its block. Answers about records of no block under
    way (to fit on) count for none, and one that is replayed again and again counts once.
    """

    def __init__(self, each: int | None = None) -> None:
        self.each = each
        self.ended = 0  # records of blocks that have ended
        self.early = 0  # records of other blocks that have all their answers
        self._answers = 0  # to the records that have ended
        self._given = 0  # to the others
        self._counts: dict[str, int] = {}  # answers by record, where `each` is known
        self._keys: dict[str, list[str]] = {}  # their keys, where it is not

    def begin(self, records: Iterable[str]) -> None:
        if self.each is None:
            self._keys.update((record, []) for record in records)
        else:
            self._counts |= dict.fromkeys(records, 0)

    def came(self, annotations: Iterable[Annotation]) -> None:
        if self.each is None:
            self._came_by_key(annotations)
            return
        counts, each = self._counts, self.each
        for a in annotations:
            count = counts.get(a.record)
            if count is not None and count < each:
                counts[a.record] = count + 1
                self._given += 1
                self.early += count + 1 == each

    def _came_by_key(self, annotations: Iterable[Annotation]) -> None:
        for a in annotations:
            keys = self._keys.get(a.record)
            if keys is not None and a.key not in keys:
                keys.append(a.key)
                self._given += 1

    def end(self, records: Iterable[str]) -> None:
        for record in records:
            answers = self._counts.pop(record, 0) or len(self._keys.pop(record, ()))
            self._answers += answers
            self._given -= answers
            self.early -= answers == self.each
            self.ended += 1

    def open(self, total: int) -> float | None:
        """Answers that are still to come; None if that cannot be known."""
        each: float | None = self.each
        if each is None and self.ended:
            each = self._answers / self.ended
        return max(0.0, each * (total - self.ended) - self._given) if each else None
