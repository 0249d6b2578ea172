"""How long a mapping takes to read what no model should say: 1 MB, and the longest text it reads.

Each line is the worst text of its kind for one mapping and one kind of answer, in processor time,
so that other work on the machine does not count, and of the mapping alone. The times should be
under 50 ms for a megabyte, and grow no faster than the text: `growth` is the time of the longest
text that is read over that of one of a quarter its length, so about 4.

    python bench/mapping.py [--limit 50]
"""

import argparse
import sys
import time

from assay.annotators.mapping import BY_NAME
from assay.annotators.mapping.base import LONGEST
from assay.core.annotation import Request
from assay.core.record import text_record
from assay.core.schema import Boxes, Choice, Form, FreeText, MultiChoice, Scale, Schema, Spans
from assay.core.task import Task
from assay.models.base import Completion

MEGABYTE = 2**20
MANY = [f"topic {i:03}" for i in range(300)]
SCHEMAS: dict[str, Schema] = {
    "choice": Choice(["positive", "negative"]),
    "300 labels": Choice(MANY),
    "multi": MultiChoice(["drama", "comedy", "yes"]),
    "scale": Scale(1, 5),
    "form": Form({f"field {i}": Choice(["yes", "no"]) for i in range(20)}),
    "spans": Spans(["PER"]),
    "boxes": Boxes(["cat"]),
    "text": FreeText(100),
}
TEXTS = {
    "newlines": "\n",
    "spaces": "none ",
    "gaps": "none" + " " * 4_000 + "x",
    "lists": "[",
    "broken": "[x",
    "nested": "[[x",
    "objects": '{"a":',
    "quotes": '["',
    "escapes": '["\\',
    "fences": "```",
    "labels": "label\n",
    "tags": "label:\n",
    "marks": "label::::",
    "fields": "field 1\n-",
    "mentions": "yes ",
    "denials": "not yes ",
    "near": "topic 99",
    "numbers": "9 10 11 ",
    "digits": "1",
    "accents": "a" + "\u0301\u0323" * 500,
    "spans": '{"text":"a","label":"PER"},',
    "words": "the film was long and quiet yet its people stayed ",
}


def text_of(piece: str, size: int) -> str:
    wrapped = {"spans": "["}.get(next(k for k, v in TEXTS.items() if v == piece), "")
    return (wrapped + piece * (size // len(piece) + 1))[:size]


def seconds(mapping: str, schema: Schema, text: str) -> float:
    """Of processor time, the least of three."""
    record = text_record("r", "a banana and " * 50)
    request = Request(Task("bench", "Which?", schema), record, "bench")
    taken = []
    for _ in range(3):
        began = time.process_time()
        BY_NAME[mapping].read(request, Completion(text))
        taken.append(time.process_time() - began)
    return min(taken)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=50.0, help="milliseconds for a megabyte")
    limit = parser.parse_args().limit
    slow = 0
    print(f"{'mapping':10} {'answer':11} {'text':9} {'1 MB':>8} {LONGEST:>8,} {'growth':>7}")
    for mapping in ("pattern", "last_line", "json"):
        for kind, schema in SCHEMAS.items():
            worst = max(TEXTS, key=lambda t: seconds(mapping, schema, text_of(TEXTS[t], LONGEST)))
            big, long, short = (
                seconds(mapping, schema, text_of(TEXTS[worst], size)) * 1e3
                for size in (MEGABYTE, LONGEST, LONGEST // 4)
            )
            slow += max(big, long) > limit
            print(f"{mapping:10} {kind:11} {worst:9} {big:8.2f} {long:8.2f} {long / short:7.1f}")
    print(f"{slow} over {limit:g} ms")
    return min(slow, 1)


if __name__ == "__main__":
    sys.exit(main())
