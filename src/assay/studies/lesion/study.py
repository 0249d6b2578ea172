"""Skin lesions: four vision-language models compared with six people, five ordinal attributes a
picture.

The picture set of Calderon, Reichart and Dror (ACL 2025): 100 photographs of skin lesions rated by
six students and four models. The published test pools all pairs of picture and attribute; here each
attribute is tested too, and a majority-class baseline: if that passes, the test proves little.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from assay.core.annotation import Annotation, Outcome, Request, answer
from assay.core.errors import InputError
from assay.core.record import ImagePart, Record
from assay.core.schema import Form, Scale
from assay.core.task import Task
from assay.data.annotations import Names, read_given
from assay.quality.agreement import Resampling
from assay.quality.agreement.ordinal import Ordinal, Ratings, ordinal
from assay.quality.replacement.alt_test import PUBLISHED as PUBLISHED_TEST
from assay.quality.replacement.alt_test import AltTest, Rules, alt_test, doubted
from assay.quality.replacement.reference import (
    Measure,
    ReferenceComparison,
    Side,
    compare_to_reference,
)

PEOPLE, MODELS, PICTURES = "human_annotations.json", "llm_annotations.json", "images"
MARK = "__"  # between picture and attribute in the files
PANEL = "students"
CONSTANT = "majority-class baseline"
RULES = Rules(epsilon=0.15, score="neg-rmse", test=PUBLISHED_TEST)
MEASURE = Measure("ordinal", resampling=Resampling(200))
SHOWN = 6  # disagreements an attribute

PUBLISHED = {
    # model: winning rate, advantage probability, as printed
    "gemini_flash": (0.17, 0.71),
    "gemini_pro": (1.00, 0.81),
    "gpt-4o": (0.00, 0.62),
    "gpt-4o-mini": (0.67, 0.73),
}

STEPS = {
    # attribute: lowest and highest step, question
    "Asymmetry": (0, 2, "How asymmetric is the lesion? 2 is most."),
    "Border": (0, 2, "How irregular is its border? 2 is most."),
    "Color": (1, 6, "How many colours does it have?"),
    "Dermo": (0, 2, "How strongly do structures such as dots show? 2 is most."),
    "Blue": (0, 2, "How strong is a blueish glow? 2 is most."),
}
TASK = Task(
    "lesion",
    "Rate what is seen of the skin lesion.",
    Form(
        {name: Scale(low, high) for name, (low, high, _) in STEPS.items()},
        {name: question for name, (_, _, question) in STEPS.items()},
    ),
)

Answers = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Annotator to picture to attribute to step."""


@dataclass(frozen=True, slots=True)
class Lesions:
    """What the folder holds."""

    people: Answers
    models: Answers
    records: Mapping[str, Record]

    def annotations(self, run: str = "", at: float = 0.0) -> Iterator[Annotation]:
        """All answers in the form of a ledger; the people are one panel."""
        for who, answers in (*self.people.items(), *self.models.items()):
            person = who if who in self.people else None
            for picture, value in answers.items():
                request = Request(TASK, self.records[picture], PANEL if person else who)
                yield answer(
                    request, Outcome.ANSWERED, value=dict(value), by=person, run=run, at=at
                )

    def ratings(self, answers: Answers, attribute: str) -> dict[str, dict[str, float]]:
        return {
            who: {p: value[attribute] for p, value in pictures.items() if attribute in value}
            for who, pictures in answers.items()
        }


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A picture on which the models are far from the people; `gap` in steps, mean over models."""

    record: str
    picture: Path
    gap: float
    people: Mapping[str, float]
    models: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Attribute:
    """`tests` and `ordinal` hold the models, then the baseline; `ordinal` the people too."""

    name: str
    comparisons: tuple[ReferenceComparison, ...]
    tests: tuple[AltTest, ...]
    ordinal: tuple[Ordinal, ...]
    constant: float
    disagreements: tuple[Disagreement, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "agreement": [b.as_json() for b in self.comparisons],
            "replacement_test": [t.as_json() for t in self.tests],
            "ordinal": [asdict(o) | {"reference": "each other person"} for o in self.ordinal],
            "constant": self.constant,
            "disagreements": [asdict(d) | {"picture": d.picture.name} for d in self.disagreements],
        }


@dataclass(frozen=True, slots=True)
class LesionStudy:
    records: int
    people: tuple[str, ...]
    models: tuple[str, ...]
    answers: int
    pooled: tuple[AltTest, ...]  # the models, then the constant
    attributes: Mapping[str, Attribute]

    @property
    def reproduced(self) -> dict[str, bool]:
        """Whether each published row comes out to its two decimals; other models are left out."""
        return {
            t.model: all(
                abs(found - printed) < 0.005001
                for found, printed in zip(
                    (t.winning_rate, t.advantage_probability), PUBLISHED[t.model], strict=True
                )
            )
            for t in self.pooled
            if t.model in PUBLISHED
        }

    @property
    def caveats(self) -> list[str]:
        passed = [a.name for a in self.attributes.values() if a.tests[-1].won]
        pooled = self.pooled[-1]
        found = (
            "pooled over the attributes, the majority-class baseline passes against "
            f"{pooled.winning_rate:.0%} of the people"
        )
        if passed:
            found += f"; alone it passes on {', '.join(passed)}, where passing proves little"
        return [
            found,
            "an attribute alone has a fifth of the pooled answers, so its test has less power; the "
            "people are students, not dermatologists",
        ]

    def as_json(self) -> dict[str, object]:
        return {
            "records": self.records,
            "people": list(self.people),
            "models": list(self.models),
            "answers": self.answers,
            "rules": asdict(RULES),
            "pooled": [t.as_json() for t in self.pooled],
            "published": {m: {"winning_rate": w, "advantage_probability": a}
                          for m, (w, a) in PUBLISHED.items()},
            "reproduced": self.reproduced,
            "attributes": {name: a.as_json() for name, a in self.attributes.items()},
            "caveats": self.caveats,
        }  # fmt: skip


def lesion(data: Lesions) -> LesionStudy:
    """Every figure of the study; the test's rules are the published ones."""
    attributes = {name: _attribute(data, name) for name in STEPS}
    constant = {
        picture: {name: a.constant for name, a in attributes.items()} for picture in data.records
    }
    people = {who: _pooled(answers) for who, answers in data.people.items()}
    labellers = {**data.models, CONSTANT: constant}
    pooled = tuple(
        alt_test(who, _pooled(answers), people, RULES) for who, answers in labellers.items()
    )
    pooled = _doubted(pooled)
    count = sum(len(v) for given in (data.people, data.models) for a in given.values()
                for v in a.values())  # fmt: skip
    return LesionStudy(
        len(data.records), tuple(data.people), tuple(data.models), count, pooled, attributes
    )


def _doubted(tests: tuple[AltTest, ...]) -> tuple[AltTest, ...]:
    """If the baseline, the last, passes too, the others' passing shows nothing."""
    *models, constant = tests
    return (*(doubted(test, constant) for test in models), constant)


def _pooled(answers: Mapping[str, Mapping[str, float]]) -> dict[str, object]:
    return {
        f"{picture}{MARK}{name}": step
        for picture, value in answers.items()
        for name, step in value.items()
    }


def _attribute(data: Lesions, name: str) -> Attribute:
    people, models = data.ratings(data.people, name), data.ratings(data.models, name)
    counts = Counter(step for ratings in people.values() for step in ratings.values())
    constant = max(counts, key=lambda step: (counts[step], -step))
    labellers = {**models, CONSTANT: dict.fromkeys(data.records, constant)}
    sides = [(Side(who, "model"), ratings, people) for who, ratings in labellers.items()]
    sides += [
        (Side(who, "person"), ratings, {n: p for n, p in people.items() if n != who})
        for who, ratings in people.items()
    ]
    return Attribute(
        name,
        tuple(compare_to_reference(*each, MEASURE) for each in sides),
        _doubted(tuple(alt_test(who, r, people, RULES) for who, r in labellers.items())),
        tuple(ordinal(side.name, ratings, others) for side, ratings, others in sides),
        constant,
        _disagreements(data, people, models),
    )


def _disagreements(data: Lesions, people: Ratings, models: Ratings) -> tuple[Disagreement, ...]:
    """The pictures on which the models are furthest from the people's mean, furthest first."""
    found: list[Disagreement] = []
    for picture, record in data.records.items():
        said = {who: r[picture] for who, r in people.items() if picture in r}
        shown = {who: r[picture] for who, r in models.items() if picture in r}
        if said and shown:
            middle = np.mean(list(said.values()))
            gap = float(np.mean([abs(step - middle) for step in shown.values()]))
            found.append(Disagreement(picture, Path(record.images[0].uri), gap, said, shown))
    return tuple(sorted(found, key=lambda d: (-d.gap, d.record))[:SHOWN])


def load_lesion(folder: Path) -> Lesions:
    """InputError names the file and the answer that does not fit."""
    people, models = _answers(folder / PEOPLE), _answers(folder / MODELS)
    pictures = {p for given in (people, models) for answers in given.values() for p in answers}
    return Lesions(people, models, {id: _record(folder, id) for id in sorted(pictures)})


def _answers(path: Path) -> Answers:
    if not path.is_file():
        raise InputError(f"{path} does not exist; the study needs {PEOPLE}, {MODELS}, {PICTURES}/")
    found: dict[str, dict[str, dict[str, float]]] = {}
    for given in read_given(path, Names()):
        picture, _, attribute = given.record.rpartition(MARK)
        if not picture or attribute not in STEPS:
            raise InputError(
                f"{given.where}: a record is PICTURE{MARK}ATTRIBUTE, with {', '.join(STEPS)}"
            )
        if given.label is None:
            continue
        try:
            step = TASK.schema.check({attribute: given.label})
        except InputError as bad:
            raise InputError(f"{given.where}: {bad}") from None
        assert isinstance(step, Mapping)
        value = step[attribute]
        assert isinstance(value, float)
        found.setdefault(given.annotator, {}).setdefault(picture, {})[attribute] = value
    return found


def _record(folder: Path, picture: str) -> Record:
    path = folder / PICTURES / f"{picture}.jpg"
    if not path.is_file():
        raise InputError(f"{path} does not exist, but {picture!r} has answers")
    with path.open("rb") as file:
        sha = hashlib.file_digest(file, "sha256").hexdigest()
    return Record(picture, (ImagePart(str(path), sha),))
