"""Makes the annotators and the strategy that a task file names."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar

from assay.core.cost import Budget, Prices
from assay.core.document_path import at_document_path
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.schema import Choice
from assay.core.task import Example, Task
from assay.core.value import Value
from assay.data.gold import Gold, Purpose
from assay.models.images import Gallery
from assay.project.sources import records_of
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.strategies.prior import PriorCorrected
from assay.taskfile.annotators import AnnotatorSpec, Calibrated
from assay.taskfile.answering import AnnotatorBase, Priced
from assay.taskfile.kinds import kind_of
from assay.taskfile.specs import TaskFile
from assay.taskfile.strategies import StrategyBase, StrategySpec, TriageSpec

if TYPE_CHECKING:
    from assay.annotators.llm import Billing

A = TypeVar("A", bound=AnnotatorBase)
S = TypeVar("S", bound=StrategyBase)
AnnotatorMaker: TypeAlias = Callable[["Factory", str, A], Askable]
StrategyMaker: TypeAlias = Callable[["Factory", S, tuple[str, ...]], Strategy]

RAW = " (raw)"


def annotator_kind(spec: type[A], make: AnnotatorMaker[A]) -> tuple[str, AnnotatorMaker[Any]]:
    """A kind by name, with what makes its annotators from their own spec."""
    return kind_of(spec), make


def strategy_kind(spec: type[S], make: StrategyMaker[S]) -> tuple[str, StrategyMaker[Any]]:
    """A kind by name, with what makes its strategies from their own spec."""
    return kind_of(spec), make


@dataclass(frozen=True, slots=True)
class Factory:
    """`kinds` and `strategies` map a kind to its maker; makers ask the factory for other parts."""

    kinds: Mapping[str, AnnotatorMaker[Any]]
    strategies: Mapping[str, StrategyMaker[Any]]
    file: TaskFile
    folder: Path
    task: Task
    gold: Gold
    budget: Budget
    allow_code: bool = False  # that the file names
    gallery: Gallery = field(default_factory=Gallery)  # pictures are made once for all models
    records: Callable[[], Iterable[Record]] | None = None  # where they are read once for all

    def annotators(self) -> dict[str, Askable]:
        """The annotators of the file, and for a calibrated embedded model the raw model too."""
        made: dict[str, Askable] = {}
        for name, spec in self.file.annotators.items():
            who = self.annotator(name)
            if self.corrected(spec):
                made[name + RAW], who = who, PriorCorrected(name + RAW, self.first(spec.fit))
            made[name] = who
        return made

    def annotator(self, name: str) -> Askable:
        """One of them alone."""
        spec = self.file.annotators[name]
        with at_document_path("annotators", name):
            return self.kinds[spec.kind](self, name, spec)

    def corrected(self, spec: AnnotatorSpec) -> TypeGuard[Calibrated]:
        """Whether each label's mean score is subtracted: only for label scores of a choice."""
        scored = isinstance(spec, Calibrated) and spec.calibrates
        return scored and isinstance(self.task.schema, Choice)

    def first(self, count: int) -> tuple[Record, ...]:
        """The first records of the data, on which label priors are fitted."""
        return tuple(islice(self._records(), count))

    def _records(self) -> Iterable[Record]:
        return records_of(self.file, self.folder) if self.records is None else self.records()

    def billing(self, spec: Priced) -> "Billing":
        from assay.annotators.llm import Billing

        return Billing(Prices(**spec.prices.model_dump()), self.budget)

    def strategy(self) -> Strategy:
        with at_document_path("strategy"):
            return self.strategy_of(self.file.strategy)

    def strategy_of(self, spec: StrategySpec) -> Strategy:
        """Without names it asks all annotators of the file that are not strategies."""
        judge = spec.judge if isinstance(spec, TriageSpec) else None
        plain = [n for n, a in self.file.annotators.items() if a.kind != "strategy" and n != judge]
        names = tuple(spec.annotators or plain)
        return self.strategies[spec.kind](self, spec, names)

    @property
    def names(self) -> str:
        return ", ".join(self.file.annotators)

    def examples(self) -> tuple[Example, ...]:
        """Calibration gold with its records."""
        wanted: Mapping[str, Value] = self.gold.of(Purpose.CALIBRATION)
        known = self.gold.trusted(self._records())
        examples = tuple(Example(r, wanted[r.id]) for r in known if r.id in wanted)
        if not examples:
            raise SpecError("this needs calibration gold whose ids are in the data: see `gold`")
        return examples
