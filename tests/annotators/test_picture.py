import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from assay.annotators import picture
from assay.annotators.picture import (
    PictureClassifier,
    Pictures,
    Seen,
    ZeroShotPicture,
    fit_pictures,
    merged,
    softmax,
    unseen,
    views,
    wording,
)
from assay.core.annotation import Annotation, Outcome, Request, Source
from assay.core.errors import InputError, SpecError
from assay.core.record import ImagePart, Record, text_record
from assay.core.schema import Choice, FreeText, Label, Schema
from assay.core.task import Task
from assay.models.efficientnet import EfficientNetLite, Looked, pixels
from assay.testing import check_annotator

Floats = NDArray[np.float32]
COLOURS = {"red": (230, 20, 20), "green": (20, 230, 20), "blue": (20, 20, 230)}


@dataclass(frozen=True)
class ColourEye:
    """A real picture in, its mean colour as features; its three classes are the channels."""

    id = "colour-eye"

    def read(self, parts: Sequence[ImagePart]) -> "list[Floats | InputError]":
        reader = EfficientNetLite(threads=1)
        return [
            one if isinstance(one, InputError) else one[:, ::56, ::56] for one in reader.read(parts)
        ]

    def look(self, pictures: Sequence[Floats]) -> Looked:
        means = np.array([p.mean(axis=(1, 2)) for p in pictures], np.float32).reshape(-1, 3)
        return Looked(means, 4 * means)


@dataclass(frozen=True)
class ColourClasses:
    id = "colour-classes"
    names = ("red", "green", "blue")

    def nearness(self, wordings: Sequence[str]) -> Floats:
        """1 where the class is a word of the wording."""
        return np.array([[float(n in w.split()) for w in wordings] for n in self.names], np.float32)


def record(folder: Path, *colours: str) -> Record:
    parts = []
    for colour in colours:
        out = io.BytesIO()
        Image.new("RGB", (64, 48), COLOURS[colour]).save(out, "PNG")
        path = folder / f"{colour}.png"
        path.write_bytes(out.getvalue())
        parts.append(ImagePart(str(path), hashlib.sha256(out.getvalue()).hexdigest()))
    return Record("-".join(colours), tuple(parts))


async def said(
    who: ZeroShotPicture | PictureClassifier, schema: Schema, *records: Record
) -> list[Annotation]:
    task = Task("t", "What is it?", schema)
    return [a async for a in who.annotate([Request(task, r, who.id) for r in records])]


ZERO = ZeroShotPicture(Pictures(ColourEye()), ColourClasses())
LABELS = Choice(["red thing", "green thing", "blue thing"])


async def test_a_label_wins_by_the_classes_whose_words_are_near(tmp_path: Path) -> None:
    found = await said(ZERO, LABELS, *(record(tmp_path, c) for c in COLOURS))
    assert [a.value for a in found] == list(LABELS.names)
    first = found[0]
    assert first.confidence_source is Source.LIKELIHOOD
    assert set(first.scores or {}) == set(LABELS.names)
    assert (first.rationale or "").startswith("looks like red (")


async def test_a_label_near_most_classes_does_not_win_for_that(tmp_path: Path) -> None:
    broad = Choice([Label("warm", aliases={"": ("red", "green")}), Label("blue")])
    one, other = await said(ZERO, broad, record(tmp_path, "blue"), record(tmp_path, "green"))
    assert (one.value, other.value) == ("blue", "warm")
    even = softmax(np.zeros(3, np.float32))
    _, shares = ZERO.shares(broad)
    scores = np.log(even @ shares) - np.log(shares.mean(axis=0))
    assert scores == pytest.approx([0, 0], abs=1e-6)


async def test_several_pictures_of_a_record_are_averaged(tmp_path: Path) -> None:
    (found,) = await said(ZERO, LABELS, record(tmp_path, "red", "red", "blue"))
    assert found.value == "red thing"
    assert (found.confidence or 1) < 0.999


async def test_no_picture_is_silence_and_a_lost_one_a_failure(tmp_path: Path) -> None:
    lost = Record("lost", (ImagePart(str(tmp_path / "none.png"), "0" * 64),))
    found = await said(ZERO, LABELS, text_record("t", "words"), lost, record(tmp_path, "red"))
    outcomes = [a.outcome for a in found]
    assert outcomes == [Outcome.ABSTAINED, Outcome.FAILED, Outcome.ANSWERED]
    assert "none.png" in (found[1].error or "")


async def test_other_kinds_of_answers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="kind `choice`"):
        await said(ZERO, FreeText(), record(tmp_path, "red"))


def noisy(folder: Path, colour: str, seed: int) -> Record:
    rng = np.random.default_rng(seed)
    shades = np.clip(np.array(COLOURS[colour]) + rng.integers(-20, 20, (32, 32, 3)), 0, 255)
    out = io.BytesIO()
    Image.fromarray(shades.astype(np.uint8)).save(out, "PNG")
    path = folder / f"{colour}{seed}.png"
    path.write_bytes(out.getvalue())
    part = ImagePart(str(path), hashlib.sha256(out.getvalue()).hexdigest())
    return Record(f"{colour}{seed}", (part,))


async def test_a_classifier_learns_from_gold_and_is_silent_on_it(tmp_path: Path) -> None:
    schema = Choice(["warm", "cold"])
    kinds = {"red": "warm", "blue": "cold"}
    gold = [(noisy(tmp_path, c, i), kinds[c]) for i in range(6) for c in kinds]
    fitted = fit_pictures(Pictures(ColourEye()), gold, schema)
    new = [noisy(tmp_path, c, 99) for c in kinds]
    warm, cold, known = await said(fitted, schema, *new, gold[0][0])
    assert (warm.value, cold.value, known.outcome) == ("warm", "cold", Outcome.ABSTAINED)
    assert warm.confidence_source is Source.PROBABILITY
    assert fit_pictures(Pictures(ColourEye()), gold[2:], schema).id != fitted.id


def test_gold_without_pictures_cannot_be_learnt_from(tmp_path: Path) -> None:
    gold = [(record(tmp_path, "red"), "a"), (text_record("t", "words"), "b")]
    with pytest.raises(InputError, match="'t' has no picture"):
        fit_pictures(Pictures(ColourEye()), gold, Choice(["a", "b"]))


def test_it_keeps_the_contract_of_an_annotator(tmp_path: Path) -> None:
    task = Task("t", "What is it?", LABELS)
    records = [record(tmp_path, c) for c in COLOURS] + [text_record("t", "words")]
    check_annotator(ZERO, [Request(task, r, ZERO.id) for r in records])


def test_pixels_stay_what_the_reader_gives(tmp_path: Path) -> None:
    part = record(tmp_path, "red").images[0]
    whole = pixels(Path(part.uri).read_bytes(), 224)
    (seen,) = ColourEye().read([part])
    assert not isinstance(seen, InputError)
    np.testing.assert_array_equal(seen, whole[:, ::56, ::56])


class Counted(ColourEye):
    """Counts the pictures that it looks at together."""

    def __init__(self) -> None:
        self.looked: list[int] = []
        self.closed = 0

    def look(self, pictures: Sequence[Floats]) -> Looked:
        self.looked.append(len(pictures))
        return super().look(pictures)

    async def aclose(self) -> None:
        self.closed += 1


async def test_pictures_are_looked_at_sixteen_records_at_a_time_and_once(tmp_path: Path) -> None:
    eye = Counted()
    pictures, task = Pictures(eye), Task("t", "?", LABELS)
    given = [noisy(tmp_path, "red", i) for i in range(40)]
    asked = [Request(task, r, "m") for r in given]
    seen = [(request.record.id, one) async for request, one in views(pictures, asked)]
    assert [id for id, _ in seen] == [r.id for r in given]
    assert eye.looked == [16, 16, 8]
    assert pictures.rows(given[:20]).shape == (20, 3)
    assert eye.looked[3:] == [0, 0]
    await ZeroShotPicture(pictures, ColourClasses()).aclose()
    assert eye.closed == 1
    assert pictures.id == "colour-eye"


def test_only_the_last_records_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert picture.REMEMBERED == 4096
    monkeypatch.setattr(picture, "REMEMBERED", 3)
    eye = Counted()
    pictures = Pictures(eye)
    given = [noisy(tmp_path, "red", i) for i in range(4)]
    assert len(pictures.seen(given)) == 4
    pictures.seen(given[1:])
    pictures.seen(given[:1])
    assert eye.looked == [4, 0, 1]


def test_several_views_are_one_mean_of_length_one() -> None:
    one = Record("r", ())
    first = np.array([3.0, 0.0], np.float32), np.array([0.2, 0.8], np.float32)
    second = np.array([0.0, 4.0], np.float32), np.array([0.6, 0.4], np.float32)
    seen = merged(one, [first, second])
    assert isinstance(seen, Seen)
    assert seen.features == pytest.approx([0.6, 0.8])
    assert seen.classes == pytest.approx([0.4, 0.6])
    dark = merged(one, [(np.zeros(2, np.float32), first[1])])
    assert isinstance(dark, Seen)
    assert dark.features.tolist() == [0.0, 0.0]
    for bad, why in (
        (merged(one, []), "record 'r' has no picture"),
        (merged(one, [first, InputError("torn")]), "record 'r': torn"),
    ):
        assert isinstance(bad, InputError)
        assert str(bad) == why


def test_shares_are_of_the_last_axis_and_bear_large_numbers() -> None:
    made = softmax(np.array([[1000.0, 1000.0], [0.0, np.log(3.0)]], np.float32))
    assert made.tolist() == [pytest.approx([0.5, 0.5]), pytest.approx([0.25, 0.75])]


async def test_a_score_is_what_the_classes_of_a_label_have_beyond_what_they_would_have(
    tmp_path: Path,
) -> None:
    [found] = await said(ZERO, LABELS, record(tmp_path, "red"))
    labels, shares = ZERO.shares(LABELS)
    assert labels == LABELS.names
    near, far = np.e**10 / (np.e**10 + 2), 1 / (np.e**10 + 2)
    assert shares[0] == pytest.approx([near, far, far], rel=1e-4)
    seen = ZERO.pictures.seen([record(tmp_path, "red")])[0]
    assert isinstance(seen, Seen)
    scores = np.log(seen.classes @ shares) - np.log(shares.mean(axis=0))
    assert list((found.scores or {}).values()) == pytest.approx(scores.tolist(), abs=1e-4)
    assert found.confidence == pytest.approx(float(softmax(scores).max()), abs=1e-5)
    assert found.mapping == "zero-shot"
    assert (found.rationale or "").count("%)") == 3
    share = f"{seen.classes[0]:.0%}"
    assert (found.rationale or "").startswith(f"looks like red ({share}), ")
    assert ZERO.id == "zero-shot/colour-eye/colour-classes/1"
    assert ZERO.shares(LABELS)[1] is shares


def test_a_label_is_as_near_as_the_nearest_of_its_words() -> None:
    broad = Choice([Label("warm", aliases={"": ("red", "green")}), Label("blue"), "cold red"])
    _, shares = ZERO.shares(broad)
    assert shares.argmax(axis=1).tolist() == [0, 0, 1]
    assert shares[0, 0] == pytest.approx(shares[0, 2])
    assert wording("red", Label("red", "a warm colour")) == "red: a warm colour"
    assert wording("red", Label("red")) == "red"


def test_why_nothing_was_seen_is_said(tmp_path: Path) -> None:
    task = Task("t", "?", LABELS)
    silent = unseen(Request(task, text_record("t", "x"), "m"), InputError("no picture"))
    failed = unseen(Request(task, record(tmp_path, "red"), "m"), InputError("torn"))
    assert (silent.outcome, silent.rationale) == (Outcome.ABSTAINED, "no picture")
    assert (failed.outcome, failed.error) == (Outcome.FAILED, "torn")


async def test_a_fitted_classifier_fails_on_what_it_cannot_see(tmp_path: Path) -> None:
    schema, kinds = Choice(["warm", "cold"]), {"red": "warm", "blue": "cold"}
    gold = [(noisy(tmp_path, c, i), kinds[c]) for i in range(3) for c in kinds]
    eye = Counted()
    fitted = fit_pictures(Pictures(eye), gold, schema, seed=1)
    lost = Record("lost", (ImagePart(str(tmp_path / "none.png"), "0" * 64),))
    found = await said(fitted, schema, lost, text_record("t", "x"), noisy(tmp_path, "red", 9))
    assert [a.outcome for a in found] == [Outcome.FAILED, Outcome.ABSTAINED, Outcome.ANSWERED]
    assert fitted.id == fitted.fitted.id
    assert fitted.id != fit_pictures(Pictures(eye), gold, schema).id
    await fitted.aclose()
    assert eye.closed == 1
