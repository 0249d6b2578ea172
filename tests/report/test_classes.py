import re

from assay.quality.guarantees.by_class import AcceptedClass, Exact
from assay.quality.guarantees.promise import Promise
from assay.report.classes import class_lines, poor

GOOD = AcceptedClass("good", Exact(8, 10), Exact(1, 2), Exact(9, 12))
BAD = AcceptedClass("bad", Exact(20, 100), None, None)
RARE = AcceptedClass("rare", None, None, Exact(0, 3))


def test_each_class_has_its_row_and_what_is_not_known_is_a_dash() -> None:
    assert class_lines([]) == []
    title, head, *rows = class_lines([GOOD, RARE])
    assert title.endswith("(95% CI), not guaranteed:")
    assert head.split("  ")[-1] == "accepted of the class"
    assert [re.split(r"\s{2,}", row.strip()) for row in rows] == [
        [
            "'good'",
            "80.0% [44.4%, 97.5%] (n = 10)",
            "50.0% [1.3%, 98.7%] (n = 2)",
            "75.0% [42.8%, 94.5%] (n = 12)",
        ],
        ["'rare'", "–", "–", "0.0% [0.0%, 70.8%] (n = 3)"],
    ]


def test_only_classes_surely_below_the_promise_are_named() -> None:
    assert poor([GOOD, BAD, RARE], Promise(0.1, 0.05)) == [
        "of the accepted labels 'bad', 20.0% agree (n = 100), fewer than the 90.0% "
        "guaranteed for all accepted labels together; use `assay certify --class` for one label"
    ]
    assert poor([BAD], Promise(0.1, 0.05, "output")) == []
    assert poor([BAD], Promise(0.8, 0.05)) == []
