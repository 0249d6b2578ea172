"""Large label sets: candidates first, then each candidate by itself.

TagLLM (Xie et al., arXiv 2602.20972; section 3 of our notes, which marks what is the notes'
choice since the paper's body was not at hand). Works on text and images alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.core.annotation import Annotation, DecidedBy, Decision, RequestOptions, Waiting
from assay.core.digest import digest
from assay.core.errors import ModelError, SpecError
from assay.core.record import Record, text_record
from assay.core.schema import FreeText, Label, MultiChoice
from assay.core.task import Task
from assay.strategies.base import Answer, Ask
from assay.strategies.groups import Groups

CONFIRMED, REJECTED = 1.0, 0.0


@dataclass(frozen=True, slots=True)
class CandidatesThenConfirm:
    """Stage one asks `tagger` about each group of labels; the union are candidates. Stage two
    asks `confirmer` about each candidate alone, with the text of its concept.

    A decision's `scores` tell the three states of a label apart: 1 for confirmed, 0 for a
    candidate that was rejected, absent for a label asked about in a group and not chosen,
    which is a weak negative and no more.
    """

    tagger: str
    confirmer: str
    groups: Groups
    concepts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.groups or not all(self.groups):
            raise SpecError("tagging needs at least one group of labels, and no empty group")

    @property
    def id(self) -> str:
        plan = digest([self.groups, dict(self.concepts)], 4)
        return f"tags({self.tagger}>{self.confirmer};{plan})"

    @property
    def needs_all_records(self) -> bool:
        return False

    @property
    def annotators(self) -> tuple[str, ...]:
        return (self.tagger, self.confirmer)

    async def label(self, records: Sequence[Record], ask: Ask) -> list[Decision]:
        asked = {label for group in self.groups for label in group}
        missing = set(_schema(ask.task).names) - asked
        if missing:
            raise SpecError(f"label {min(missing)!r} is in no group, so it could never be chosen")
        passes = [await ask(self.tagger, records, RequestOptions(focus=g)) for g in self.groups]
        candidates = [
            _union([answers[i] for answers in passes], _schema(ask.task).names)
            for i in range(len(records))
        ]
        pairs = [(i, label) for i, labels in enumerate(candidates) for label in labels]
        request_options = [
            RequestOptions(focus=(label,), hint=self.concepts.get(label, "")) for _, label in pairs
        ]
        looks = await ask(self.confirmer, [records[i] for i, _ in pairs], request_options)
        seen: list[dict[str, Answer]] = [{} for _ in records]
        for (i, label), look in zip(pairs, looks, strict=True):
            seen[i][label] = look
        return [
            self._decide(record, [answers[i] for answers in passes], seen[i], ask)
            for i, record in enumerate(records)
        ]

    def _decide(
        self, record: Record, passes: Sequence[Answer], looks: Mapping[str, Answer], ask: Ask
    ) -> Decision:
        waiting = [a for a in (*passes, *looks.values()) if isinstance(a, Waiting)]
        if waiting:
            return Decision(record.id, None, waiting_for=waiting[0].annotator)
        silent = [a for a in passes if isinstance(a, Annotation) and not a.answered]
        if len(silent) == len(passes):
            return Decision(record.id, None, route=("no group answered",))
        verdicts = {label: _says_yes(look, label) for label, look in looks.items()}
        confirmed = frozenset(label for label, yes in verdicts.items() if yes)
        scores = {
            label: CONFIRMED if yes else REJECTED
            for label, yes in verdicts.items()
            if yes is not None
        }
        people = {ask.people(self.tagger), ask.people(self.confirmer)}
        who = DecidedBy.BOTH if len(people) == 2 else DecidedBy.MODEL
        who = DecidedBy.PEOPLE if people == {True} else who
        route: tuple[str, ...] = (f"{len(looks)} candidates", f"{len(confirmed)} confirmed")
        doubt = sum(v is None for v in verdicts.values()) + len(silent)
        route = (*route, f"{doubt} questions unanswered") if doubt else route
        return Decision(record.id, confirmed, decided_by=who, route=route, scores=scores)


def _schema(task: Task) -> MultiChoice:
    if not isinstance(task.schema, MultiChoice):
        raise SpecError(f"tagging needs labels of kind `multi`, not {task.schema.kind}")
    return task.schema


def _union(answers: Sequence[Answer], order: Sequence[str]) -> list[str]:
    chosen: set[str] = set()
    for a in answers:
        if isinstance(a, Annotation) and isinstance(a.value, frozenset):
            chosen |= a.value & set(a.focus or order)
    return [label for label in order if label in chosen]


def _says_yes(look: Answer, label: str) -> bool | None:
    if not isinstance(look, Annotation) or not isinstance(look.value, frozenset):
        return None
    return label in look.value


async def concepts(
    ask: Ask, clarifier: str, labels: Sequence[Label], alike: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """What each label means in this data set, against the labels it is easily taken for.

    `clarifier` is a language model; each label is put to it as a record, so that the answers
    are in the ledger like any other.
    """
    task = Task(
        f"{ask.task.name}-concepts",
        "Say in one sentence what this label covers and what it does not cover.",
        FreeText(longest=1_000),
        ask.task.guideline,
    )
    records = [
        text_record(f"label:{label.name}", _described(label, alike.get(label.name, ())))
        for label in labels
    ]
    answers = await ask(clarifier, records, task=task)
    texts: dict[str, str] = {}
    for label, answer in zip(labels, answers, strict=True):
        if not isinstance(answer, Annotation) or not answer.answered:
            raise ModelError(f"{clarifier} did not say what label {label.name!r} means")
        texts[label.name] = str(answer.value)
    return texts


def _described(label: Label, alike: Sequence[str]) -> str:
    lines = [f"Label: {label.name}"]
    lines += [f"Guideline: {label.definition}"] if label.definition else []
    lines += [f"Easily taken for: {', '.join(alike)}"] if alike else []
    return "\n".join(lines)
