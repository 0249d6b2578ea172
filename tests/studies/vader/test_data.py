import csv
import io
import tarfile
from pathlib import Path

import pytest

from assay.core.errors import InputError
from assay.studies.vader.data import class_of, held_out, prepare, write

TEXTS = "1\t2.0\tLove &amp; peace\n2\t-0.2\tIt rains\n"
RATINGS = "\ufeff1\t2.0\t0.5\t[2, 3, 1, 2]\n2\t-0.2\t0.1\t[0, 0, -1, 0, 0]\n"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "study.tar.gz"
    with tarfile.open(path, "w:gz") as files:
        for kind, text in (("GroundTruth", TEXTS), ("anonDataRatings", RATINGS)):
            info = tarfile.TarInfo(f"hutto_ICWSM_2014/tweets_{kind}.txt")
            info.size = len(text.encode())
            files.addfile(info, io.BytesIO(text.encode()))
    return path


def test_texts_and_ratings_are_joined_by_id(archive: Path) -> None:
    texts = prepare(archive)
    assert [r.text for r in texts.records] == ["Love & peace", "It rains"]
    assert texts.ratings["tweets-2"] == (0, 0, -1, 0, 0)
    assert texts.by_mean == {"tweets-1": "positive", "tweets-2": "neutral"}


def test_one_rule_makes_classes_of_ratings_and_of_means() -> None:
    assert [class_of(r) for r in (-1, -0.5, -0.4, 0, 0.49, 0.5)] == [
        "negative", "negative", "neutral", "neutral", "neutral", "positive",
    ]  # fmt: skip


def test_the_held_out_vote_is_not_in_its_reference(archive: Path) -> None:
    texts = prepare(archive)
    drawn = {held_out(texts, seed).person["tweets-2"] for seed in range(30)}
    assert drawn == {"neutral", "negative"}
    assert held_out(texts).others["tweets-2"] == "neutral"


def test_a_part_of_the_set_holds_out_the_same_votes(archive: Path) -> None:
    whole, part = prepare(archive), prepare(archive).first(1)
    assert held_out(part).person["tweets-1"] == held_out(whole).person["tweets-1"]


def test_written_files_hold_records_people_and_every_vote(archive: Path, tmp_path: Path) -> None:
    records, people, ratings = write(prepare(archive), tmp_path / "out")
    assert len(records.read_text().splitlines()) == 2
    rows = list(csv.DictReader(people.read_text().splitlines()))
    assert {r["annotator"] for r in rows} == {"one person", "people"}
    assert len(ratings.read_text().splitlines()) == 1 + 9


def test_another_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="does not hold"):
        prepare(tmp_path / "x.tar.gz")


def test_an_unknown_set_is_refused(archive: Path) -> None:
    with pytest.raises(InputError, match="tweets, movies"):
        prepare(archive, "books")
