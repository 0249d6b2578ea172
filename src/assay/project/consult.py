"""Asks only the controller of a task file which specialists it would choose."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.core.annotation import Decision
from assay.core.errors import SpecError
from assay.core.record import Record
from assay.ledger import Ledger
from assay.project.project import Project
from assay.run import Job, Summary, label
from assay.strategies.base import Ask
from assay.strategies.controlled import Controlled
from assay.strategies.controller import SpecialistPlan


@dataclass(slots=True)
class Consultation:
    """Asks only the controller; the plan is in `plans` afterwards."""

    strategy: Controlled
    plans: list[SpecialistPlan | None] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"consult {self.strategy.id}"

    @property
    def needs_all_records(self) -> bool:
        return True

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.strategy.controller,)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        self.plans.append(await self.strategy.plan(ask))
        return []


def check_controller(project: Project) -> Controlled:
    """The strategy; SpecError if the task file has no controller."""
    strategy = project.strategy
    if not isinstance(strategy, Controlled):
        raise SpecError(
            "the strategy has no controller: `strategy: {kind: specialists, controller: NAME, "
            "registry: FILE, annotators: [REVIEWER]}`"
        )
    return strategy


async def consult(project: Project, ledger: Ledger) -> tuple[Summary, SpecialistPlan | None]:
    asked = Consultation(check_controller(project))
    try:
        job = Job(project.task, asked, project.annotators, ledger, project.settings())
        with project.lines():
            summary = await label(job, ())
    finally:
        await project.aclose()
    return summary, asked.plans[-1]
