"""What a certificate promises, what it found, and the words for both.

Two promises: about the accepted labels alone, or about the whole output, where people label all
records that are not accepted.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from assay.core import within
from assay.core.errors import InputError
from assay.quality.finding import Finding

About: TypeAlias = Literal["accepted", "output"]
SHOWS = "the guarantee is informative for these labels"
ABOUT: tuple[About, ...] = ("accepted", "output")


@dataclass(frozen=True, slots=True)
class Promise:
    """At least 1 - alpha agree, with probability 1 - delta: of the accepted labels, or of the
    whole output, people's labels included."""

    alpha: float
    delta: float
    about: About = "accepted"

    def __post_init__(self) -> None:
        within.inner("alpha", self.alpha)
        within.inner("delta", self.delta)
        if self.about not in ABOUT:
            raise InputError(f"a promise is about {' or '.join(ABOUT)}, not {self.about!r}")

    @property
    def labels(self) -> str:
        """The labels that it is about."""
        return "accepted labels" if self.about == "accepted" else "all labels, people's included"


@dataclass(frozen=True, slots=True)
class Certificate:
    """`threshold` None: not possible with this sample; `more` labels would be needed then, or
    `why` says what stands in the way.

    `bound` is the upper bound, at the level of the test that passed, of the error rate of the
    accepted labels, or of all labels. `shares` is, for a chain, the share of the sample that each
    link decides. `unsaid`: the answers carry no confidence that distinguishes them, so all of them
    are accepted or none, and the threshold is a number that nobody needs to know. `label` is the
    class that the promise is restricted to. `doubts` say why a kept promise would show nothing.
    """

    promise: Promise
    reference: str
    labels: int
    threshold: float | None
    accepted: int = 0
    errors: int = 0
    bound: float = 1.0
    more: int | None = None
    shares: tuple[float, ...] = ()
    why: str = ""
    unsaid: bool = False
    label: str | None = None
    doubts: tuple[str, ...] = ()

    @property
    def finding(self) -> Finding:
        return Finding(self.threshold is not None, self.doubts)

    @property
    def passed(self) -> bool | None:
        """Whether there is a promise; None if it shows nothing of the labels: see `doubts`."""
        return self.finding.passed

    @property
    def verdict(self) -> str:
        """The headline: the statement, or why it cannot be determined whether the labels are any
        good.
        """
        return self.finding.headline(SHOWS) or self.statement

    @property
    def coverage(self) -> float:
        """Share of the sample that is accepted."""
        return self.accepted / self.labels if self.labels else 0.0

    @property
    def statement(self) -> str:
        if self.threshold is None:
            return self._refusal
        return self._of_accepted if self.promise.about == "accepted" else self._of_output

    @property
    def _wanted(self) -> str:
        return f"at least {1 - self.promise.alpha:.1%} agree with {self.reference}"

    @property
    def _each(self) -> str:
        return "labels" if self.label is None else f"labels {self.label!r}"

    @property
    def _accepts(self) -> str:
        if self.unsaid:
            return "all answers are accepted, since no confidence distinguishes them"
        return f"accepted at confidence {self.threshold:.4g} or more"

    @property
    def _of_accepted(self) -> str:
        wrong = f"{self.errors:,} of them wrong (error at most {self.bound:.1%})"
        these = f"all {self._each} ({self._accepts})"
        if not self.unsaid:
            these = f"the {self._each} {self._accepts}"
        return (
            f"of {these}, {self._wanted}, with probability "
            f"{1 - self.promise.delta:.1%}; {self._taken}, {wrong}"
        )

    @property
    def _of_output(self) -> str:
        wrong = self.errors / self.labels
        return (
            f"of all labels, people's included ({self._accepts}; people label the rest), "
            f"{self._wanted}, with probability {1 - self.promise.delta:.1%}; {self._taken}, "
            f"{self.errors:,} of them wrong: {wrong:.1%} of all labels (at most {self.bound:.1%})"
        )

    @property
    def _taken(self) -> str:
        sampled = "sampled records" if self.label is None else f"records labelled {self.label!r}"
        return f"{self.accepted:,} of {self.labels:,} {sampled} are accepted ({self.coverage:.1%})"

    @property
    def _refusal(self) -> str:
        more = self.why
        if self.more is not None:
            so = "" if self.label is None else " decided so"
            more = f"one more label{so} is needed"
            if self.more > 1:
                more = f"about {self.more:,} more labels{so} are needed"
        of = "" if self.promise.about == "accepted" else " of all labels, people's included,"
        wanted = f"at least {1 - self.promise.alpha:.1%}{of} agree with {self.reference}"
        where = "" if self.label is None else f" decided as {self.label!r}"
        return (
            f"not possible with this sample of {self.labels:,} labels{where}: no threshold can "
            f"guarantee that {wanted}; {more}"
        )

    @property
    def assumptions(self) -> tuple[str, ...]:
        kind = {
            "accepted": "the guarantee is for the accepted records together, not for each subgroup",
            "output": "people label every record that is not accepted, as the reference labels "
            "were given, so that their labels count as agreeing; the guarantee is for all "
            "records together, not for each subgroup",
        }
        if self.label is not None:
            kind["accepted"] = "the guarantee is for the accepted labels of this class together"
        return (
            "the sample was drawn at random from the same records as those to be labelled, each "
            "independently of the others",
            "its reference labels were given without regard to the model's answer or confidence",
            "nothing was fitted on the sample, and annotator, prompt and options stay as they were",
            kind[self.promise.about],
        )

    def with_verdict(self) -> dict[str, object]:
        return {**self.as_json(), **self.finding.as_json(), "verdict": self.verdict}

    def as_json(self) -> dict[str, object]:
        return {
            "promise": self.promise.about, "alpha": self.promise.alpha,
            "delta": self.promise.delta, "reference": self.reference, "class": self.label,
            "possible": self.threshold is not None, "labels": self.labels,
            "threshold": None if self.unsaid else self.threshold, "unsaid": self.unsaid,
            "accepted": self.accepted, "errors": self.errors, "bound": self.bound,
            "coverage": self.coverage, "more": self.more, "why": self.why,
            "shares": list(self.shares), "statement": self.statement,
            "assumptions": list(self.assumptions),
        }  # fmt: skip
