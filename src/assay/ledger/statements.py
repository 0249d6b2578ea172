"""The statements that a run repeats, as text for the driver, which takes rows as tuples.

SQLAlchemy binds a row in more time than SQLite takes to keep it; what is asked rarely, or in many
forms, stays with it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assay.ledger import rows

# of a long answer only what votes need is read
ANSWERED = """SELECT "row", task, annotator, CASE person WHEN '' THEN annotator ELSE person END,
record, "value",
CASE WHEN rest LIKE '{any}"saw"{any}' OR rest LIKE '{any}"focus"{any}' THEN rest ELSE '{{}}' END
FROM annotations WHERE outcome = 'answered' AND "row" > {mark} AND "row" <= {mark} ORDER BY "row"
"""
LAST = 'SELECT "key", "at" FROM annotations WHERE "row" <= {mark} ORDER BY "row" DESC LIMIT 1'
# CROSS JOIN: SQLite then looks at the few later revisions first
SUPERSEDED = """SELECT now."row" FROM annotations AS later CROSS JOIN annotations AS now
WHERE later.revision > 0 AND later.outcome <> 'failed' AND now.outcome <> 'failed'
AND now."key" = later."key" AND now.person = later.person AND now.revision < later.revision
"""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a value is marked, any text in a pattern, a column compared with a list given as one
    value, and that value."""

    mark: str
    any: str
    among: str
    names: Callable[[Sequence[str]], object]


DIALECTS = {
    "sqlite": Dialect("?", "%", "IN (SELECT value FROM json_each(?))", json.dumps),
    "postgresql": Dialect("%s", "%%", "= ANY(%s)", list),
}


class Statements:
    def __init__(self, dialect: str) -> None:
        self._dialect = DIALECTS[dialect]
        self.names = self._dialect.names
        self.add_records = self.insert("records", rows.RECORD)
        self.add_annotations = self.insert("annotations", rows.ANNOTATION)
        self.add_decisions = self.insert(
            "decisions",
            rows.DECISION,
            '("run", "record") DO UPDATE SET "content" = excluded."content"',
        )
        self.digests = self.look_up("records", ("id", "digest"), "id")
        self.contents = self.look_up("records", ("id", "content"), "id")
        self.answers = (
            self.look_up("annotations", rows.ANNOTATION, "key")
            + """ AND "outcome" <> 'failed' ORDER BY "revision", "row\""""
        )

        marks = {"mark": self._dialect.mark, "any": self._dialect.any}
        self.answered, self.last = ANSWERED.format(**marks), LAST.format(**marks)
        self.superseded = SUPERSEDED

    def insert(self, table: str, columns: Sequence[str], conflict: str = "DO NOTHING") -> str:
        """A row that is there already stays as it is, unless `conflict` says else."""
        marks = ", ".join([self._dialect.mark] * len(columns))
        return f"INSERT INTO {table} ({quoted(columns)}) VALUES ({marks}) ON CONFLICT {conflict}"

    def look_up(self, table: str, columns: Sequence[str], name: str) -> str:
        return f'SELECT {quoted(columns)} FROM {table} WHERE "{name}" {self._dialect.among}'


def quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
