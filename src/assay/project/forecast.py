"""A forecast of a run, before anything is spent: no request is sent and nothing is written.

The strategy is rehearsed on every record with an `ask` that notes the requests and answers
nothing; an annotator that the rehearsal does not reach counts as if it were asked every record.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import islice

from assay.annotators.base import Annotator
from assay.annotators.people import Panel
from assay.annotators.prompt import render, seen
from assay.core.annotation import DEFAULT_OPTIONS, Request, RequestOptions, Waiting
from assay.core.cost import NANOS, Budget, Usage, money, stated, to_nanos
from assay.core.document_path import at_document_path
from assay.core.record import Record
from assay.core.shown import Shown
from assay.core.task import Task
from assay.data.base import many
from assay.ledger import Ledger
from assay.project.checks import checked
from assay.project.code import Code, code_of, looking, saying
from assay.project.exposed import exposed
from assay.project.project import Project
from assay.project.unmatched import split_note, unmatched_gold
from assay.project.unsure import unsure
from assay.run.ask import Askable
from assay.run.blocking import waited
from assay.taskfile.annotators import AnnotatorSpec, Local, PanelSpec, RecordedSpec
from assay.taskfile.hosted import Hosted

CHUNK = 1_000
SECONDS = {"embedded": 0.2, "classifier": 0.01, "rule": 0.001, "recorded": 0.0001}
REMOTE_SECONDS = 1.0  # a call, until the ledger knows better
OUTPUT_TOKENS = 8  # of an answer, until the ledger knows better
PAST = 200  # answers in the ledger used to estimate the time of one


@dataclass(slots=True)
class Part:
    """Upper bound of the requests to one annotator."""

    annotator: str
    requests: int = 0
    answered: int | None = 0  # None: not known before the annotator is loaded
    input_tokens: int = 0
    output_tokens: int = 0
    nanos: int = 0
    seconds: float = 0.0
    timing: str = ""  # where the seconds come from
    expected_nanos: int = 0
    basis: str = ""  # where the expected cost comes from

    @property
    def cost(self) -> float:
        """In the task's currency."""
        return self.nanos / NANOS


@dataclass(frozen=True, slots=True, repr=False)
class Forecast(Shown):
    """In `currency`: `cost` is an upper bound, `expected_cost` and seconds are estimates whose
    basis is given."""

    records: int
    strategy: str
    parts: tuple[Part, ...]
    prompt: str | None
    notes: tuple[str, ...]
    currency: str
    budget: str
    unpriced: tuple[str, ...] = ()  # annotators whose cost is not known

    def facts(self) -> Mapping[str, object]:
        return {
            "records": self.records,
            "strategy": self.strategy,
            "requests": sum(part.requests for part in self.parts),
            "cost": f"at most {stated(self.nanos, self.currency, self.unpriced)}",
            "expected_cost": stated(self.expected_nanos, self.currency, self.unpriced),
            "budget": self.budget,
            "seconds": round(self.seconds, 1),
            "notes": "; ".join(self.notes),
        }

    @property
    def nanos(self) -> int:
        return sum(part.nanos for part in self.parts)

    @property
    def cost(self) -> float | None:
        """In `currency`; None if not known, because an annotator has no prices."""
        return None if self.unpriced else self.nanos / NANOS

    @property
    def expected_nanos(self) -> int:
        return sum(part.expected_nanos for part in self.parts)

    @property
    def expected_cost(self) -> float | None:
        """In `currency`; None if not known."""
        return None if self.unpriced else self.expected_nanos / NANOS

    @property
    def basis(self) -> str:
        """Of the expected cost, each basis once."""
        return ", ".join(dict.fromkeys(p.basis for p in self.parts if p.expected_nanos))

    @property
    def seconds(self) -> float:
        """Models on this machine share it; endpoints run in parallel to them."""
        local = sum(p.seconds for p in self.parts if not p.timing.endswith("at once"))
        return max([local, *(p.seconds for p in self.parts)])

    def as_json(self) -> dict[str, object]:
        """Money in the task's currency."""
        parts = [asdict(part) | {"cost": part.cost} for part in self.parts]
        for part, own in zip(parts, self.parts, strict=True):
            del part["nanos"], part["expected_nanos"]
            part["expected_cost"] = own.expected_nanos / NANOS
            if own.annotator in self.unpriced:
                part["cost"] = part["expected_cost"] = None
        return asdict(self) | {
            "parts": parts, "cost": self.cost, "expected_cost": self.expected_cost,
            "seconds": self.seconds,
        }  # fmt: skip


@dataclass(slots=True)
class Rehearsal:
    """An `ask` that notes the requests and leaves all of them unanswered."""

    task: Task
    requests: list[tuple[str, Record, RequestOptions, Task]] = field(default_factory=list)

    async def __call__(
        self,
        annotator: str,
        records: Sequence[Record],
        request_options: RequestOptions | Sequence[RequestOptions] = DEFAULT_OPTIONS,
        *,
        task: Task | None = None,
    ) -> list[Waiting]:
        each = (
            [request_options] * len(records)
            if isinstance(request_options, RequestOptions)
            else request_options
        )
        for record, options in zip(records, each, strict=True):
            self.requests.append((annotator, record, options, task or self.task))
        return [Waiting("", record.id, annotator) for record in records]

    def people(self, annotator: str) -> bool:
        return False

    def register(self, annotator: Annotator) -> str:
        return annotator.id


def forecast(project: Project, limit: int | None = None) -> Forecast:
    """Reads the records once (the first `limit`); answers already in the ledger are free. Code
    that the file names is listed, but neither run nor imported."""
    if not (named := code_of(project.file)):
        return forecast_records(project, [], project.records(limit))
    with saying(looking):  # in a copy: whoever runs the project afterwards makes the real ones
        copy = replace(project)
        return forecast_records(copy, [_standing(code) for code in named], copy.records(limit))


def _standing(code: Code) -> str:
    if code.trusted:
        return f"{code}: trusted; not run by a check"
    return f"{code}: NOT trusted, not run; review it, then allow it: --allow-code"


def forecast_records(project: Project, named: list[str], found: Iterable[Record]) -> Forecast:
    """Of asking about these records by the project's strategy; `named` are notes on its code."""
    names = project.strategy.annotators
    made = checked(project)
    who = {name: made[name] for name in names}
    parts = {n: Part(n, answered=None if w is None else 0) for n, w in who.items()}
    records, prompt = 0, None
    with _ledger(project) as ledger:
        for block in batched(found):
            records += len(block)
            asked = rehearse(project, block)
            prompt = prompt or _prompt(project, asked, who)
            for name in names:
                _count(parts[name], [a for a in asked if a[0] == name], who[name], ledger)
        for name, part in parts.items():
            part.nanos += _given(project.file.annotators[name], part)
            _expect(project, part, who[name], ledger)
            _time(project, part, who[name], ledger)
        left = _left(project.budget, ledger, project.task.id, sum(p.nanos for p in parts.values()))
    cap = project.budget.cap_nanos
    return Forecast(
        records,
        project.strategy.id,
        tuple(parts.values()),
        prompt,
        (
            *named,
            *exposed(project.file),
            *project.findings.lines(),
            *_repeated(project),
            *_gold_notes(project),
            *unsure(project),
            *_learnt(project),
            *_unpriced(project),
            *left,
        ),
        project.file.currency,
        "none" if cap is None else money(cap, project.file.currency),
        _asked_unpriced(project),
    )


def _gold_notes(project: Project) -> list[str]:
    found = (unmatched_gold(project), split_note(project))
    return [line for line in found if line is not None]


def _repeated(project: Project) -> list[str]:
    """What is done about records with equal content."""
    if project.file.duplicates == "once" or not project.findings.duplicates:
        return project.copies.notes
    return ["records with equal content are each asked; `duplicates: once` asks them once"]


def _learnt(project: Project) -> list[str]:
    count = project.held_out
    are = many(count, "record is left out", "records are left out")
    return [f"{are}: annotators learn from their gold"] if count else []


def _left(budget: Budget, ledger: Ledger | None, task: str, cost: int) -> list[str]:
    """A note if no paid request is possible any more."""
    spent = 0 if ledger is None else ledger.spent_nanos(task)
    if not cost or budget.cap_nanos is None or spent < budget.cap_nanos:
        return []
    now = Budget.of_nanos(budget.cap_nanos, spent, budget.currency)
    return [f"{now.state()}: a run would stop at the first call that costs"]


def _unpriced(project: Project) -> list[str]:
    """A note for annotators without prices, which a budget cannot limit."""
    unlimited = (
        "" if project.budget.cap_nanos is None else ", and the money budget does not limit it"
    )
    return [
        f"{name} has no `prices`, so its cost is unknown{unlimited}; `prices: {{}}` says that it "
        "is free"
        for name in _asked_unpriced(project)
    ]


def _asked_unpriced(project: Project) -> tuple[str, ...]:
    return tuple(name for name in project.strategy.annotators if name in project.unpriced)


def batched(found: Iterable[Record]) -> Iterator[list[Record]]:
    left = iter(found)
    while block := list(islice(left, CHUNK)):
        yield block


Asked = list[tuple[str, Record, RequestOptions, Task]]


def rehearse(project: Project, block: list[Record]) -> Asked:
    ask = Rehearsal(project.task)
    waited(_rehearse(project, block, ask))
    for name in project.strategy.annotators:
        reached = {record.id for annotator, record, _, _ in ask.requests if annotator == name}
        left = [r for r in block if r.id not in reached]
        ask.requests += [(name, record, DEFAULT_OPTIONS, project.task) for record in left]
    return ask.requests


async def _rehearse(project: Project, block: list[Record], ask: Rehearsal) -> None:
    with project.lines(), at_document_path("strategy"):
        await project.strategy.label(block, ask)  # all of them wait


@contextmanager
def _ledger(project: Project) -> Iterator[Ledger | None]:
    """The ledger if there is one; a forecast must not create it."""
    ledger = project.ledger() if project.has_ledger else None
    try:
        yield ledger
    finally:
        if ledger is not None:
            ledger.close()


def _count(part: Part, asked: Asked, who: Askable | None, ledger: Ledger | None) -> None:
    from assay.annotators.llm import LLM

    part.requests += len(asked)
    if who is None:
        return
    requests = [Request(task, record, who.id, options) for _, record, options, task in asked]
    held = _held(ledger, [r.key for r in requests], who) if ledger is not None else set()
    part.answered = (part.answered or 0) + len(held)
    if isinstance(who, LLM):
        for request in requests:
            if request.key not in held:
                tokens, most = who.forecast(request)
                part.input_tokens += tokens
                part.output_tokens += most
                part.nanos += who.ceiling(request)


def _held(ledger: Ledger, keys: list[str], who: Askable) -> set[str]:
    """Requests that need no further answer."""
    if isinstance(who, Panel):
        said = ledger.answers_by_person(keys).items()
        return {key for key, people in said if len(people) >= who.annotators_per_record}
    return set(ledger.answers(keys))


def _given(spec: AnnotatorSpec, part: Part) -> int:
    """Cost of answers by people, or recorded ones, that are not in the ledger yet."""
    each = 0.0
    if isinstance(spec, PanelSpec):
        each = spec.annotators_per_record * spec.prices.human_label
    elif isinstance(spec, RecordedSpec):
        each = spec.prices.human_label if spec.people else spec.prices.per_request
    return (part.requests - (part.answered or 0)) * to_nanos(each)


def _expect(project: Project, part: Part, who: Askable | None, ledger: Ledger | None) -> None:
    """By what answers have cost, or else by the price list and an assumed length of answers."""
    from assay.annotators.llm import LLM

    if not isinstance(who, LLM):
        part.expected_nanos, part.basis = part.nanos, "by the price list"
        return
    left = part.requests - (part.answered or 0)
    past = [] if ledger is None else ledger.annotations(project.task.id, [who.id])
    costs = [a.cost_nanos for a in islice(past, PAST) if a.cost_nanos > 0]
    if costs:
        expected = left * sum(costs) // len(costs)
        part.basis = f"measured on {many(len(costs), 'answer', 'answers')}"
    else:
        output = min(part.output_tokens, left * OUTPUT_TOKENS)
        usage = Usage(part.input_tokens, output_tokens=output, attempts=left)
        expected = who.billing.prices.nanos(usage)
        part.basis = f"assuming {OUTPUT_TOKENS} output tokens per answer"
    part.expected_nanos = min(expected, part.nanos)


def _time(project: Project, part: Part, who: Askable | None, ledger: Ledger | None) -> None:
    spec = project.file.annotators[part.annotator]
    left = part.requests - (part.answered or 0)
    past = [] if who is None or ledger is None else ledger.annotations(project.task.id, [who.id])
    times = [a.seconds for a in islice(past, PAST) if a.seconds > 0]
    each = sum(times) / len(times) if times else SECONDS.get(spec.kind, REMOTE_SECONDS)
    ground = (
        f"measured on {many(len(times), 'answer', 'answers')}"
        if times
        else f"assuming {each:g} s per request"
    )
    if isinstance(spec, Hosted):
        part.seconds, part.timing = (
            left * each / spec.in_flight,
            f"{ground}, {spec.in_flight} concurrent",
        )
    elif isinstance(spec, PanelSpec):
        part.timing = "people's time is not estimated"
    else:
        part.seconds, part.timing = left * each, ground


def _prompt(project: Project, asked: Asked, who: dict[str, Askable | None]) -> str | None:
    """Of the first request to a model that reads one."""
    from assay.annotators.llm import LLM
    from assay.annotators.mapping import BY_NAME as MAPPINGS

    for name, record, options, task in asked:
        spec = project.file.annotators[name]
        if not isinstance(spec, Hosted | Local):
            continue
        someone = who.get(name)
        mapping = someone.mapping if isinstance(someone, LLM) else MAPPINGS.get(spec.mapping or "")
        request = seen(Request(task, record, name, options), spec.modality)
        messages = render(request, mapping.form if mapping is not None else "label")
        parts = [
            "\n".join(p if isinstance(p, str) else "[image]" for p in m.parts) for m in messages
        ]
        return "\n\n".join(f"[{m.role}]\n{text}" for m, text in zip(messages, parts, strict=True))
    return None
