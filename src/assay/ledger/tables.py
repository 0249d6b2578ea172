"""The tables, the same on SQLite and PostgreSQL."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

VERSION = 3
BIGGEST = 2**63  # no whole number that a column keeps is as large

metadata = MetaData()
_Serial = BigInteger().with_variant(Integer, "sqlite")

meta = Table("meta", metadata, Column("name", String, primary_key=True), Column("content", Text))

tasks = Table("tasks", metadata, Column("id", String, primary_key=True), Column("content", Text))

records = Table(
    "records",
    metadata,
    Column("row", _Serial, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("digest", String, nullable=False),
    Column("content", Text, nullable=False),
)

annotations = Table(
    "annotations",
    metadata,
    Column("row", _Serial, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False),
    Column("person", String, nullable=False),  # "" where no person is behind the answer
    Column("revision", Integer, nullable=False),
    Column("task", String, nullable=False),
    Column("record", String, nullable=False),
    Column("annotator", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("value", Text),
    Column("confidence", Float),
    Column("confidence_source", String),
    Column("cost", BigInteger, nullable=False),
    Column("run", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("rest", Text, nullable=False),  # JSON of the fields that no query asks for
)
# one final answer to a key, person and revision; failed attempts are kept next to it
Index(
    "one_final_answer",
    annotations.c.key,
    annotations.c.person,
    annotations.c.revision,
    unique=True,
    sqlite_where=text("outcome <> 'failed'"),
    postgresql_where=text("outcome <> 'failed'"),
)
# answers that were thought over are few, and votes must leave out what they replaced
later_revisions = Index(
    "later_revisions",
    annotations.c.row,
    sqlite_where=text("revision > 0"),
    postgresql_where=text("revision > 0"),
)
# what a task has cost, without its answers. Neither this index nor the one of decisions begins with
# what whole tables are read by (a task, a run): SQLite would go by it and sort for every page
costs = Index("costs", annotations.c.cost, annotations.c.task)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("task", String, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("settings", Text),
    Column("version", String, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("row", _Serial, primary_key=True, autoincrement=True),
    Column("run", String, nullable=False),
    Column("record", String, nullable=False),
    Column("content", Text, nullable=False),
)
one_decision = Index("one_decision", decisions.c.record, decisions.c.run, unique=True)
