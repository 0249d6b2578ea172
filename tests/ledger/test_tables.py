"""The tables of version 3: ledgers that are there already have these, so only a migration changes
them."""

from collections.abc import Callable

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from assay.ledger import tables

TABLES = """\
CREATE TABLE annotations ( row {serial} NOT NULL, key VARCHAR NOT NULL, person VARCHAR NOT NULL, \
revision INTEGER NOT NULL, task VARCHAR NOT NULL, record VARCHAR NOT NULL, annotator VARCHAR NOT \
NULL, outcome VARCHAR NOT NULL, value TEXT, confidence FLOAT, confidence_source VARCHAR, cost \
BIGINT NOT NULL, run VARCHAR NOT NULL, at FLOAT NOT NULL, rest TEXT NOT NULL, PRIMARY KEY (row) )
CREATE TABLE decisions ( row {serial} NOT NULL, run VARCHAR NOT NULL, record VARCHAR NOT NULL, \
content TEXT NOT NULL, PRIMARY KEY (row) )
CREATE TABLE meta ( name VARCHAR NOT NULL, content TEXT, PRIMARY KEY (name) )
CREATE TABLE records ( row {serial} NOT NULL, id VARCHAR NOT NULL, digest VARCHAR NOT NULL, \
content TEXT NOT NULL, PRIMARY KEY (row), UNIQUE (id) )
CREATE TABLE runs ( id VARCHAR NOT NULL, task VARCHAR NOT NULL, strategy TEXT NOT NULL, started \
FLOAT NOT NULL, ended FLOAT, settings TEXT, version VARCHAR NOT NULL, PRIMARY KEY (id) )
CREATE TABLE tasks ( id VARCHAR NOT NULL, content TEXT, PRIMARY KEY (id) )
CREATE INDEX costs ON annotations (cost, task)
CREATE INDEX later_revisions ON annotations (row) WHERE revision > 0
CREATE UNIQUE INDEX one_final_answer ON annotations (key, person, revision) WHERE outcome <> \
'failed'
CREATE UNIQUE INDEX one_decision ON decisions (record, run)"""


@pytest.mark.parametrize(
    ("kind", "serial"), [(sqlite.dialect, "INTEGER"), (postgresql.dialect, "BIGSERIAL")]
)
def test_the_tables_are_those_of_ledgers_that_are_there(
    kind: Callable[[], Dialect], serial: str
) -> None:
    dialect = kind()
    every = tables.metadata.sorted_tables
    made: list[CreateTable | CreateIndex] = [CreateTable(table) for table in every]
    for table in every:
        made += [CreateIndex(i) for i in sorted(table.indexes, key=lambda i: str(i.name))]
    described = [
        " ".join(str(one.compile(dialect=dialect)).replace('"', "").split()) for one in made
    ]
    assert described == TABLES.format(serial=serial).splitlines()
    assert tables.VERSION == 3
