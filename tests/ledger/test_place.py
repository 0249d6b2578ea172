"""Where a ledger's files lie, and how its database is opened."""

from pathlib import Path

import pytest
import sqlalchemy

from assay.ledger import place
from assay.ledger.place import address, engine_at, journal_of, mirror_of

URL = "postgresql+psycopg://me:secret@host/db"


def test_beside_a_file_lie_its_journal_and_its_columns() -> None:
    engine = engine_at(address("folder/l.sqlite"))
    assert journal_of(engine) == Path("folder/l.sqlite")
    assert mirror_of(engine) == Path("folder/l.sqlite.columns")
    engine.dispose()
    for nowhere in ("sqlite://", "sqlite:///:memory:"):
        assert mirror_of(sqlalchemy.create_engine(nowhere)) is None


def test_those_of_a_server_lie_in_the_users_own_folders_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    pytest.importorskip("psycopg")
    places = []
    for url in (URL, URL.replace("secret", "other"), URL.replace("/db", "/db2")):
        engine = engine_at(address(url))
        places.append((mirror_of(engine), journal_of(engine)))
    assert places[0] == places[1]
    assert places[0] != places[2]
    mirror, journal = places[0]
    assert mirror is not None
    assert mirror.parent == tmp_path / "cache" / "assay" / "columns"
    assert journal.parent == tmp_path / "state" / "assay" / "journals"
    assert mirror.name == journal.name


def test_what_was_committed_survives_a_power_cut_and_a_busy_file_is_waited_for(
    tmp_path: Path,
) -> None:
    engine = engine_at(address(str(tmp_path / "l.sqlite")))
    with engine.connect() as connection:
        described = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }
    engine.dispose()
    assert described == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 60_000}


@pytest.mark.parametrize(("query", "given"), [("", {"connect_timeout": 10}),
                                              ("?connect_timeout=3", {})])  # fmt: skip
def test_a_server_is_waited_for_ten_seconds_unless_its_url_says_else(
    query: str, given: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}

    def create(url: object, **how: object) -> object:
        asked.update(how)
        return object()

    monkeypatch.setattr(place, "create_engine", create)
    engine_at(address(URL + query))
    assert asked == {"pool_pre_ping": True, "connect_args": given}
