"""`assay synthesise`: records written by an annotator of a task file, through engine and ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assay.core.annotation import Decision
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.core.task import Example
from assay.data.write import Table, flat, write_rows
from assay.ledger import Ledger
from assay.project.project import Project
from assay.run import Job, Summary
from assay.run import label as run_label
from assay.strategies.base import Ask
from assay.strategies.synthesise import Drift, Plan, Synthesis, drift, synthesise

FIELDS = ("id", "text", "label", "source")
LEAST_DRIFT = 10  # records of each kind, below which drift says nothing
MOST_REAL = 2_000  # real records that drift is measured against


@dataclass(slots=True)
class Writing:
    """A strategy that labels nothing: the texts are in `made` afterwards."""

    generator: str
    plan: Plan
    checker: str | None = None
    made: list[Synthesis] = field(default_factory=list)

    @property
    def id(self) -> str:
        checked = "" if self.checker is None else f">{self.checker}"
        return f"synthesise({self.generator}{checked};{self.plan.per_label})"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.generator,) if self.checker is None else (self.generator, self.checker)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        self.made.append(await synthesise(ask, self.generator, self.plan, self.checker))
        return []


def writing(project: Project, generator: str | None, plan: Plan, checker: str | None) -> Writing:
    """SpecError for a name that is not in the task file."""
    names = list(project.file.annotators)
    generator = generator or names[0]
    for name in (generator, checker):
        if name is not None and name not in names:
            raise SpecError(f"no such annotator: {name!r}; there are {', '.join(names)}")
    if generator == checker:
        raise SpecError(f"{generator!r} cannot check its own texts; name another one")
    return Writing(generator, plan, checker)


async def write(project: Project, ledger: Ledger, work: Writing) -> tuple[Summary, Synthesis]:
    """The same plan again replays what was written, and resumes where it stopped."""
    job = Job(project.task, work, project.annotators, ledger, project.settings())
    try:
        summary = await run_label(job, ())
    finally:
        await project.aclose()
    return summary, work.made[-1]


def save(examples: Sequence[Example], path: Path) -> int:
    rows: Iterator[Table] = (
        dict(zip(FIELDS, (e.record.id, e.record.text, flat(e.value), e.record.source), strict=True))
        for e in examples
    )
    return write_rows(rows, FIELDS, path)


def drifted(project: Project, examples: Sequence[Example]) -> Drift | None:
    """Against the task's own records; None if there are too few of either."""
    real = [r for r in project.records(MOST_REAL) if not r.synthetic and r.text.strip()]
    if min(len(real), len(examples)) < LEAST_DRIFT:
        return None
    return drift([e.record for e in examples], real, project.file.seed)
