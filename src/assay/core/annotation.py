"""Requests, the answers to them, and what has been decided from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from assay.core.cost import NO_USAGE, Usage
from assay.core.digest import digest, digest_text
from assay.core.errors import InputError
from assay.core.record import Record
from assay.core.shown import Shown
from assay.core.task import Example, Task
from assay.core.value import Value, encode


class Outcome(StrEnum):
    ANSWERED = "answered"
    ABSTAINED = "abstained"
    REFUSED = "refused"
    UNPARSED = "unparsed"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Only a failed request is asked again."""
        return self is not Outcome.FAILED


class Source(StrEnum):
    """Where a confidence comes from; different sources compare only when calibrated or ranked."""

    LIKELIHOOD = "likelihood"  # probability of the label given by the model's own scores
    MARGIN = "margin"  # best minus second-best label log-probability, in nats
    VOTE_SHARE = "vote_share"
    STATED = "stated"
    JUDGE = "judge"
    PROBABILITY = "probability"  # of a fitted classifier
    CALIBRATED = "calibrated"
    RANK = "rank"  # share of the records its author saw that it was at most as sure of

    @property
    def words(self) -> str:
        """As people read it."""
        return WORDS[self]


WORDS = {
    Source.LIKELIHOOD: "label likelihood",
    Source.MARGIN: "margin between labels",
    Source.VOTE_SHARE: "share of votes",
    Source.STATED: "stated by the annotator",
    Source.JUDGE: "score of a judge",
    Source.PROBABILITY: "probability",
    Source.CALIBRATED: "calibrated probability",
    Source.RANK: "rank among records",
}


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """How a record is put to an annotator; every field is part of the resume key."""

    focus: tuple[str, ...] = ()  # labels or fields asked about; empty means all
    examples: tuple[Example, ...] = ()
    replica: int = 0
    hint: str = ""  # words added to the prompt for this request only
    saw: tuple[str, ...] = ()  # keys of the annotations shown to the annotator

    @property
    def digest(self) -> str:
        if self is DEFAULT_OPTIONS or self == DEFAULT_OPTIONS:
            return ""
        examples = [e.digest for e in self.examples]
        return digest([self.focus, examples, self.replica, self.hint, self.saw])


DEFAULT_OPTIONS = RequestOptions()


@dataclass(frozen=True, slots=True)
class Request:
    """One record put to one annotator, in one way."""

    task: Task
    record: Record
    annotator: str
    options: RequestOptions = DEFAULT_OPTIONS
    _key: str | None = field(default=None, init=False, repr=False, compare=False)  # once known

    @property
    def key(self) -> str:
        """The resume key: a change of wording, content, annotator or way changes it."""
        key = self._key
        if key is None:
            task, record, who, options = (
                self.task.id,
                self.record,
                self.annotator,
                self.options.digest,
            )
            # the record id keeps two records with the same text apart; the two lengths tell the
            # parts apart, since digests have one length (JSON here would cost more than the digest)
            parts = f"{len(task)} {len(who)} {task}{who}{record.digest}{options} {record.id}"
            key = digest_text(parts)
            object.__setattr__(self, "_key", key)
        return key


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Annotation(Shown):
    """One answer, never changed; a value exists if and only if the outcome is `answered`."""

    key: str
    task: str
    record: str
    annotator: str
    focus: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()  # ids of the examples shown
    replica: int = 0
    outcome: Outcome
    value: Value | None = None
    confidence: float | None = None
    confidence_source: Source | None = None
    scores: Mapping[str, float] | None = None  # per label, natural log unless the source says else
    rationale: str | None = None
    raw: str | None = None
    mapping: str | None = None  # the policy that made the value from the raw text
    error: str | None = None
    usage: Usage = NO_USAGE
    cost_nanos: int = 0
    seconds: float = 0.0
    by: str | None = None  # the person, where the annotator is a panel
    run: str = ""
    at: float = 0.0  # Unix seconds
    saw: tuple[str, ...] = ()
    made_from: tuple[str, ...] = ()  # of a strategy's answer: keys of the answers it drew on
    revision: int = 0

    def facts(self) -> Mapping[str, object]:
        return {
            "record": self.record,
            "annotator": self.annotator,
            "outcome": str(self.outcome),
            "value": self.value,
            "confidence": self.confidence,
            "error": self.error,
            "by": self.by,
        }

    def __post_init__(self) -> None:
        if (self.value is not None) != (self.outcome is Outcome.ANSWERED):
            raise InputError(
                f"record {self.record!r}: outcome {self.outcome} with value {self.value!r}; "
                "a value exists if and only if answered"
            )
        if self.confidence is not None and self.confidence_source is None:
            raise InputError(f"record {self.record!r}: a confidence needs its source")

    @property
    def answered(self) -> bool:
        return self.outcome is Outcome.ANSWERED

    @property
    def origins(self) -> frozenset[str]:
        """Itself and every answer that went into it; two answers that share one depend on it."""
        return frozenset((self.key, *self.saw, *self.made_from))

    def stamped(self, run: str, at: float) -> "Annotation":
        """The answer with its run and moment, written into it where it has none: the annotator has
        just handed it over and a copy of 24 fields a record is expensive. A stamped one stays as it
        is.
        """
        if self.run:
            return replace(self, run=run, at=at)
        object.__setattr__(self, "run", run)
        object.__setattr__(self, "at", at)
        return self


def answer(request: Request, outcome: Outcome, **fields: object) -> Annotation:
    """An annotation that carries the request's ids; `fields` are the annotation's other fields."""
    options = request.options
    return Annotation(
        key=request.key,
        task=request.task.id,
        record=request.record.id,
        annotator=request.annotator,
        focus=options.focus,
        examples=tuple(e.id for e in options.examples) if options.examples else (),
        replica=options.replica,
        outcome=outcome,
        saw=options.saw,
        **fields,  # type: ignore[arg-type]
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """People were asked and have not answered yet."""

    key: str
    record: str
    annotator: str


def latest(annotations: Sequence[Annotation]) -> list[Annotation]:
    """The last revision of each answer, by key and person, in order of first appearance."""
    last: dict[tuple[str, str | None], Annotation] = {}
    for a in annotations:
        slot = (a.key, a.by)
        if slot not in last or a.revision >= last[slot].revision:
            last[slot] = a
    return list(last.values())


class DecidedBy(StrEnum):
    MODEL = "model"
    PEOPLE = "people"
    BOTH = "both"


@dataclass(frozen=True, slots=True, repr=False)
class Decision(Shown):
    """The final value of a record; `decided_by` is None where nothing is decided (yet)."""

    record: str
    value: Value | None
    confidence: float | None = None
    confidence_source: Source | None = None
    decided_by: DecidedBy | None = None
    route: tuple[str, ...] = ()  # the steps that led here, in words
    scores: Mapping[str, float] | None = None
    waiting_for: str | None = None  # the panel whose answer is awaited
    made_from: str | None = None  # the record with equal content that was asked instead of this one

    def facts(self) -> Mapping[str, object]:
        return {
            "record": self.record,
            "value": self.value,
            "confidence": self.confidence,
            "decided_by": self.decided_by and str(self.decided_by),
            "route": " > ".join(self.route),
            "waiting_for": self.waiting_for,
            **({} if self.made_from is None else {"made_from": self.made_from}),
        }

    def __post_init__(self) -> None:
        if (self.value is None) != (self.decided_by is None):
            raise InputError(f"record {self.record!r}: a decided value needs `decided_by`")

    def as_json(self) -> dict[str, object]:
        return {
            "record": self.record,
            "value": None if self.value is None else encode(self.value),
            "confidence": self.confidence,
            "confidence_source": self.confidence_source,
            "decided_by": self.decided_by,
            "route": list(self.route),
            "waiting_for": self.waiting_for,
            **({} if self.made_from is None else {"made_from": self.made_from}),
        }
