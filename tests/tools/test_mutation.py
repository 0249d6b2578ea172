"""What tools/mutation.py changes: one thing at a time, and nothing that no test could see."""

import pytest

from tools.mutation import mutants


def changes(source: str) -> set[str]:
    return {mutant.changed[1] for mutant in mutants("m.py", source)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a = b <= c", {"a = b < c"}),
        ("a = b is None", {"a = b is not None"}),
        ("a = b not in c", {"a = b in c"}),
        ("a = b < c == d", {"a = b <= c == d", "a = b < c != d"}),
        ("a = b and c or d", {"a = b or c or d", "a = b and c and d"}),
        ("a = not b", {"a = b"}),
        ("a = b - (c * d)", {"a = b + (c * d)", "a = b - (c / d)"}),
        ("a = 3, 0.5, True", {"a = 4, 0.5, True", "a = 3, 1.0, True", "a = 3, 0.5, False"}),
        ("a = b if c else d", {"a = d if c else b"}),
        ("a = f(b, c)", {"a = f(c, b)"}),
        ("a = max(b, c)", {"a = min(b, c)"}),
        ("a = np.minimum(b, c)", set()),
        ('a = ", ".join(b)', {'a = "".join(b)'}),
        ("a = min(b)", {"a = max(b)"}),
        ("a.b = c", {"pass"}),
        ("a += b", {"a -= b", "pass"}),
        ("a = [b for b in c if b.d]", {"a = [b for b in c if not b.d]"}),
    ],
)
def test_each_kind_of_slip_is_made(line: str, expected: set[str]) -> None:
    assert changes(line + "\n") == expected


def test_a_return_gives_nothing_and_a_condition_is_turned_round() -> None:
    assert changes("def f(a):\n    if a:\n        return a.b\n") == {"if not a:", "return None"}


def test_types_decorators_texts_and_declarations_stay() -> None:
    source = '''"""Words."""
from x import y
@d(1)
def f(a: "b | None") -> "c | d":
    """Words."""
    assert a > 1
    return f"{a - 1}"
e: int | None
z = zip(q, strict=True)
'''
    assert changes(source) == {"return None"}


def test_the_lines_are_those_of_the_statement_and_of_a_block_only_the_head() -> None:
    source = "if a.b:\n    c = (1 +\n         d)\n"
    by_kind = {mutant.kind: list(mutant.lines) for mutant in mutants("m.py", source)}
    assert by_kind == {"negated": [1], "constant": [2, 3], "arithmetic": [2, 3]}


def test_what_an_import_runs_is_told_from_what_a_call_runs() -> None:
    source = "A = 1 + 2\ndef g(a=5 + 6):\n    return 7 + 8\nclass C:\n    b = 9 + 1\n"
    found = {m.changed[0]: m.at_import for m in mutants("x.py", source) if m.kind == "arithmetic"}
    assert found == {
        "A = 1 + 2": True, "def g(a=5 + 6):": True, "return 7 + 8": False,
        "b = 9 + 1": True,
    }  # fmt: skip
