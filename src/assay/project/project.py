"""A task file with everything it names."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from assay.annotators.base import end
from assay.core.annotation import Outcome
from assay.core.cost import Budget, to_nanos
from assay.core.document_path import at_document_path
from assay.core.record import Record
from assay.core.redact import hidden
from assay.core.schema import MultiChoice, Spans
from assay.core.shown import Shown
from assay.core.task import Task
from assay.core.value import Value
from assay.data.base import Findings
from assay.data.form import declare
from assay.data.gold import Gold, Purpose
from assay.data.inputs import log
from assay.data.kept import Kept, changed_at
from assay.ledger import Ledger, has_ledger, open_ledger
from assay.project.annotators import KINDS
from assay.project.code import allowed
from assay.project.copies import Copies, follow, merged
from assay.project.factory import Factory
from assay.project.files import protect
from assay.project.names import check_names
from assay.project.sources import gold_of, learns, records_of
from assay.project.strategies import STRATEGIES
from assay.project.tasks import task_of
from assay.quality.metrics.accuracy import Accuracy, accuracy
from assay.quality.metrics.entities import Entities
from assay.quality.metrics.routes import by_route
from assay.report import Reference, ReportContext, entities_of
from assay.report.breakdown import joined
from assay.report.reviewed import Roles
from assay.report.tags import Tags, tags_of
from assay.run import Settings
from assay.run.ask import Askable
from assay.strategies.base import Strategy
from assay.taskfile.answering import Priced
from assay.taskfile.document import Document
from assay.taskfile.reader import read
from assay.taskfile.specs import TaskFile

GOLD_NAME = "evaluation gold"


@dataclass(repr=False)
class Project(Shown):
    """Opened by `open_project`. Annotators and strategy are made when first asked for: a model is
    loaded, and a classifier fitted, only if needed."""

    file: TaskFile
    folder: Path
    task: Task
    gold: Gold
    budget: Budget
    findings: Findings = field(default_factory=Findings)
    document: Document | None = None  # where the file's parts stand
    copies: Copies = field(default_factory=Copies)  # of records that are asked once
    _read: tuple[object, Kept] | None = field(default=None, init=False, repr=False)
    promised: Mapping[str, object] | None = None  # a certificate that a run's labels are given
    allow_code: bool = field(default_factory=allowed.get)  # that the file names

    def facts(self) -> Mapping[str, object]:
        return {
            "task": self.file.name,
            "folder": str(self.folder),
            "question": self.task.question,
            "schema": self.task.schema,
            "strategy": self.file.strategy.kind,
            "annotators": ", ".join(self.file.annotators),
            "ledger": hidden(self.ledger_place),
        }

    def lines(self) -> AbstractContextManager[None]:
        """A block whose errors, if they concern the file, name its line."""
        return nullcontext() if self.document is None else self.document.lines()

    @property
    def factory(self) -> Factory:
        return Factory(
            KINDS,
            STRATEGIES,
            self.file,
            self.folder,
            self.task,
            self.gold,
            self.budget,
            self.allow_code,
            records=self._kept,
        )

    @cached_property
    def annotators(self) -> dict[str, Askable]:
        with self.lines():
            return self.factory.annotators()

    @cached_property
    def strategy(self) -> Strategy:
        with self.lines():
            return self.factory.strategy()

    def records(self, limit: int | None = None) -> Iterator[Record]:
        """The records to label, streamed; calibration gold is not among them."""
        learnt = self.gold.of(Purpose.CALIBRATION) if self.fitted else {}
        found = self.all_records()
        kept = (r for r in found if r.id not in learnt and r.id not in self.copies.first)
        return islice(kept, limit)

    def follow(self, ledger: Ledger, run: str) -> int:
        """Gives copies the decisions of the records that were asked; how many got one."""
        if not self.copies.first:
            return 0
        return follow(ledger, run, self.copies, self.all_records())

    @property
    def held_out(self) -> int:
        """How many records are not labelled because something here learns from their gold."""
        return len(self.gold.of(Purpose.CALIBRATION)) if self.fitted else 0

    def all_records(self) -> Iterator[Record]:
        """The file is read once, however often they are iterated, unless it was changed."""
        return iter(self._kept())

    def _kept(self) -> Kept:
        seen = changed_at(self.folder / self.file.data.path)
        if self._read is None or self._read[0] != seen:
            self.findings = Findings()
            with self.lines():
                found = self.gold.trusted(records_of(self.file, self.folder, self.findings))
            self._read = seen, Kept(found)
        return self._read[1]

    @property
    def fitted(self) -> bool:
        """Whether anything here learns from calibration gold, so that it must not be labelled."""
        return learns(self.file)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Annotators whose answers cost what the file does not say."""
        specs = self.file.annotators.items()
        return tuple(name for name, s in specs if isinstance(s, Priced) and s.unpriced)

    @property
    def ledger_place(self) -> str:
        return place_of(self.file, self.folder)

    @property
    def has_ledger(self) -> bool:
        """Whether it exists already; always true for a server."""
        return has_ledger(self.ledger_place)

    def ledger(self) -> Ledger:
        """Created if there is none."""
        return open_ledger(self.ledger_place)

    def changed(self, budget: Mapping[str, float], ledger: str | None) -> "Project":
        """The same project with another budget or ledger, as set on the command line."""
        spec = self.file.budget.model_copy(update=dict(budget))
        where = {} if ledger is None else {"ledger": str(Path(ledger).resolve())}
        if ledger is not None and "://" in ledger:
            where = {"ledger": ledger}
        file = self.file.model_copy(update={"budget": spec, **where})
        return replace(self, file=file, budget=_budget(file))

    def settings(self) -> Settings:
        """Settings of a run; the ledger keeps what is needed to read its results."""
        minutes = self.file.budget.minutes
        return Settings(
            budget=self.budget,
            seconds=None if minutes is None else minutes * 60,
            note={
                "task_file": self.file.name,
                "seed": self.file.seed,
                "currency": self.file.currency,
                "annotators": {name: who.id for name, who in self.annotators.items()},
                **({"unpriced": list(self.unpriced)} if self.unpriced else {}),
                **({} if self.promised is None else {"promise": dict(self.promised)}),
            },
        )

    async def aclose(self) -> None:
        """Closes the annotators that were created."""
        await end(*self.__dict__.get("annotators", {}).values())


def place_of(file: TaskFile, folder: Path) -> str:
    """Where the ledger is: a path, or the URL of a database."""
    named = file.ledger or f"{file.name}.assay.sqlite"
    return named if "://" in named else str(folder / named)


def open_project(path: Path | str) -> Project:
    path = Path(path)
    file, document = read(path)
    with document.lines():
        protect(file, path.parent, place_of(file, path.parent))
        made = replace(build(file, path.parent), document=document)
    gold = ", ".join(f"{len(values):,} {purpose}" for purpose, values in made.gold.sets.items())
    log.info("task %s: strategy %s, annotators %s; gold: %s", made.task.id, file.strategy.kind,
             ", ".join(file.annotators), gold or "none")  # fmt: skip
    return made


def build(file: TaskFile, folder: Path) -> Project:
    check_names(file)
    with at_document_path("data"):
        declare(folder / file.data.path, file.data.form)
    task = task_of(file, folder)
    gold = gold_of(file, folder, task.schema)
    if file.duplicates == "each":
        return Project(file, folder, task, gold, _budget(file))
    found = merged(gold, Copies.among(records_of(file, folder)))
    return Project(file, folder, task, found.gold, _budget(file), copies=found.copies)


def _budget(file: TaskFile) -> Budget:
    money = file.budget.money
    return Budget.of_nanos(None if money is None else to_nanos(money), currency=file.currency)


def evaluation(project: Project, ledger: Ledger, run: str) -> dict[str, Accuracy]:
    """Decisions and each annotator against evaluation gold; empty without such gold."""
    gold = project.gold.of(Purpose.EVALUATION)
    ran = ledger, run, project.task
    return scores_of(ran, project.annotators, gold, GOLD_NAME) if gold else {}


def parts(project: Project, ledger: Ledger, run: str) -> dict[str, Accuracy]:
    """Decisions against evaluation gold, by route."""
    gold = project.gold.of(Purpose.EVALUATION)
    return by_route(ledger.decisions(run, gold), gold, GOLD_NAME) if gold else {}


def entities(project: Project, ledger: Ledger, run: str) -> dict[str, Entities]:
    """The same for a task of spans, span by span; empty for other tasks."""
    if not isinstance(project.task.schema, Spans):
        return {}
    reference = Reference(GOLD_NAME, project.gold.of(Purpose.EVALUATION))
    said = _said(project, ledger, run) if reference.values else {}
    scores = {name: entities_of(values, reference) for name, values in said.items()}
    return {name: score for name, score in scores.items() if score is not None}


def tags(project: Project, ledger: Ledger, run: str) -> dict[str, Tags]:
    """The same for a task of kind multi, tag by tag; empty for other tasks."""
    schema, gold = project.task.schema, project.gold.of(Purpose.EVALUATION)
    if not isinstance(schema, MultiChoice) or not gold:
        return {}
    said = _said(project, ledger, run)
    scores = {name: tags_of(values, gold, GOLD_NAME, schema) for name, values in said.items()}
    return {name: score for name, score in scores.items() if score is not None}


def _said(project: Project, ledger: Ledger, run: str) -> dict[str, dict[str, Value | None]]:
    """Decisions and each annotator's answers, by id of the records with gold."""
    gold = project.gold.of(Purpose.EVALUATION)
    return said_of((ledger, run, project.task), project.annotators, gold)


Ran: TypeAlias = tuple[Ledger, str, Task]
"""A ledger, the id of a run in it, and its task."""


def scores_of(
    ran: Ran, annotators: Mapping[str, Askable], gold: Mapping[str, Value], name: str
) -> dict[str, Accuracy]:
    """Decisions and each annotator against gold of that name; empty without gold."""
    said = said_of(ran, annotators, gold) if gold else {}
    scores = {who: accuracy(values, gold, name) for who, values in said.items()}
    return {who: score for who, score in scores.items() if score is not None}


def said_of(
    ran: Ran, annotators: Mapping[str, Askable], gold: Mapping[str, Value]
) -> dict[str, dict[str, Value | None]]:
    """Decisions and each annotator's answers, by id of the records with gold."""
    ledger, run, task = ran
    said = {"decisions": {d.record: d.value for d in ledger.decisions(run, gold)}}
    by_id: dict[str, dict[str, Value | None]] = {who.id: {} for who in annotators.values()}
    for a in ledger.annotations(task.id, list(by_id), gold):
        if a.outcome is not Outcome.FAILED:
            known = by_id[a.annotator]
            known[a.record] = joined(known.get(a.record), a)
    return said | {name: by_id[who.id] for name, who in annotators.items()}


def report_context(project: Project) -> ReportContext:
    """The reference of this project's report."""
    gold = project.gold.of(Purpose.EVALUATION)
    reference = Reference(GOLD_NAME, gold) if gold else None
    notes = (*project.findings.lines(), *project.copies.notes)
    described = ReportContext(project.task, reference, notes=notes, currency=project.file.currency)
    return replace(
        described, review=roles_of(project.file), human_label=human_label_of(project.file)
    )


def human_label_of(file: TaskFile) -> int | None:
    """Nanos of one label by the first people with a price; None if nobody has one."""
    people = (
        a
        for a in file.annotators.values()
        if a.kind == "panel" or (a.kind == "recorded" and a.people)
    )
    return next((to_nanos(a.prices.human_label) for a in people if a.prices.human_label), None)


def roles_of(file: TaskFile) -> Roles | None:
    """The annotators compared and the reviewer, if the strategy is `review`."""
    plain = [name for name, a in file.annotators.items() if a.kind != "strategy"]
    names = file.strategy.annotators or plain
    return Roles(*names) if file.strategy.kind == "review" and len(names) == 3 else None
