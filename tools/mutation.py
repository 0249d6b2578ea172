"""Single mutants of a Python source: one small change each, as a slip of the hand would make it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from itertools import pairwise

COMPARED = {
    ast.Lt: (r"<", "<="), ast.LtE: (r"<=", "<"), ast.Gt: (r">", ">="), ast.GtE: (r">=", ">"),
    ast.Eq: (r"==", "!="), ast.NotEq: (r"!=", "=="), ast.Is: (r"is", "is not"),
    ast.IsNot: (r"is\s+not", "is"), ast.In: (r"in", "not in"), ast.NotIn: (r"not\s+in", "in"),
}  # fmt: skip
COMPUTED = {
    ast.Add: (r"\+", "-"), ast.Sub: (r"-", "+"), ast.Mult: (r"\*", "/"), ast.Div: (r"/", "*"),
    ast.FloorDiv: (r"//", "*"), ast.Mod: (r"%", "*"), ast.Pow: (r"\*\*", "*"),
    ast.BitOr: (r"\|", "&"), ast.BitAnd: (r"&", "|"), ast.MatMult: (r"@", "*"),
}  # fmt: skip
JOINED = {ast.And: (r"and", "or"), ast.Or: (r"or", "and")}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
SYMMETRIC = {"minimum", "maximum", "logaddexp", "isclose", "gcd", "hypot"}
HARMLESS = {"strict", "slots", "frozen", "kw_only", "repr", "compare", "indent", "err", "nl"}
"""Keywords whose value shows only in how a thing is written or declared."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`lines` are those of the statement it is in: a test that runs one of them may notice."""

    path: str  # from the root of the checkout
    kind: str
    before: str  # the whole source
    after: str
    lines: range

    @property
    def changed(self) -> tuple[str, str]:
        """The lines that differ, without what surrounds them."""
        old, new = (
            "\n".join(line[1:].strip() for line in self._diff() if line[0] == sign) for sign in "-+"
        )
        return old, new

    @property
    def at_import(self) -> bool:
        """Whether its statement runs when the module is imported, whoever does that first."""
        return not any(
            node.body[0].lineno <= self.lines[0] <= (node.end_lineno or 0)
            for node in ast.walk(ast.parse(self.before))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        )

    def __str__(self) -> str:
        return f"{self.path}:{self.lines[0]} ({self.kind})\n" + "\n".join(self._diff())

    def _diff(self) -> list[str]:
        made = unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=0)
        return [line for line in made if line[:2] not in ("--", "++", "@@")]


def mutants(path: str, source: str) -> list[Mutant]:
    """All of them, each once, in the order of the source; only such as still compile."""
    found: dict[str, Mutant] = {}
    text = _Text(source)
    for kind, node, start, end, new in _changes(ast.parse(source), text):
        after = text.replaced(start, end, new)
        if after != source and after not in found and _compiles(after):
            found[after] = Mutant(path, kind, source, after, node)
    return list(found.values())


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Text:
    """The source by the parser's places, which count bytes."""

    def __init__(self, source: str) -> None:
        self.whole = source.encode()
        self._starts = [0]
        for line in self.whole.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: ast.expr | ast.stmt) -> str:
        return self.whole[self.start(node) : self.end(node)].decode()

    def replaced(self, start: int, end: int, new: str) -> str:
        return (self.whole[:start] + new.encode() + self.whole[end:]).decode()


Change = tuple[str, int, int, str]  # kind, start, end, new text
Found = tuple[str, range, int, int, str]


def _changes(tree: ast.Module, text: _Text) -> Iterator[Found]:
    for statement in _statements(tree.body):
        lines = _lines(statement)
        for change in _of_statement(statement, text):
            yield (change[0], lines, *change[1:])
        for node in _expressions(statement):
            for change in _of_expression(node, text):
                yield (change[0], lines, *change[1:])


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            continue
        yield statement
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, name, []))
        for inner in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
            yield from _statements(inner.body)


def _lines(statement: ast.stmt) -> range:
    """Of a statement with a body, its head."""
    body = getattr(statement, "body", None)
    end = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(end, statement.lineno) + 1)


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """All in the statement itself; not in types, decorators, checks for the type checker."""
    if isinstance(statement, ast.Assert | ast.Import | ast.ImportFrom):
        return
    left = [
        value
        for name, value in ast.iter_fields(statement)
        if name not in ("annotation", "returns", "decorator_list", "bases", "keywords")
    ]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left += value
        elif isinstance(value, ast.keyword):
            left += [] if value.arg in HARMLESS else [value.value]
        elif isinstance(value, ast.arguments):
            left += [*value.defaults, *value.kw_defaults]
        elif isinstance(value, ast.JoinedStr | ast.Lambda):
            continue  # places inside these are not to be relied on, or belong to a default
        elif isinstance(value, ast.expr | ast.comprehension | ast.withitem):
            if isinstance(value, ast.expr):
                yield value
            left += [inner for _, inner in ast.iter_fields(value)]


def _of_statement(statement: ast.stmt, text: _Text) -> Iterator[Change]:
    start, end = text.start(statement), text.end(statement)
    if isinstance(statement, ast.Return) and not isinstance(statement.value, ast.Constant | None):
        yield "return", start, end, "return None"
    if isinstance(statement, ast.AugAssign) and type(statement.op) in COMPUTED:
        found, new = COMPUTED[type(statement.op)]
        yield from _between(text, "arithmetic", (statement.target, statement.value), found, new)
    if isinstance(statement, ast.If | ast.While) and _plain(statement.test):
        yield "negated", *_negated(statement.test, text)
    if _may_go(statement):
        yield "deleted", start, end, "pass"


def _may_go(statement: ast.stmt) -> bool:
    """Without it the rest still runs: no name is missing."""
    if isinstance(statement, ast.Assign):
        return all(isinstance(t, ast.Attribute | ast.Subscript) for t in statement.targets)
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call | ast.Await)
    return isinstance(statement, ast.AugAssign | ast.Raise | ast.Continue | ast.Break)


def _of_expression(node: ast.expr, text: _Text) -> Iterator[Change]:
    match node:
        case ast.Compare():
            sides = pairwise([node.left, *node.comparators])
            for two, op in zip(sides, node.ops, strict=True):
                found, new = COMPARED[type(op)]
                yield from _between(text, "comparison", two, found, new)
        case ast.BoolOp():
            found, new = JOINED[type(node.op)]
            for two in pairwise(node.values):
                yield from _between(text, "boolean", two, found, new)
        case ast.BinOp() if type(node.op) in COMPUTED:
            found, new = COMPUTED[type(node.op)]
            yield from _between(text, "arithmetic", (node.left, node.right), found, new)
        case ast.UnaryOp(op=ast.Not()):
            yield "negated", text.start(node), text.start(node.operand), ""
        case ast.UnaryOp(op=ast.USub()):
            yield "sign", text.start(node), text.start(node.operand), ""
        case ast.Constant():
            yield from _constant(node, text)
        case ast.IfExp():
            one, other = text.of(node.body), text.of(node.orelse)
            swapped = f"{other} if {text.of(node.test)} else {one}"
            yield "branches", text.start(node), text.end(node), swapped
        case ast.Call():
            yield from _call(node, text)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            for test in (test for part in node.generators for test in part.ifs if _plain(test)):
                yield "negated", *_negated(test, text)


def _plain(test: ast.expr) -> bool:
    """Neither compared nor negated: those have changes of their own."""
    return isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.Subscript)


def _negated(test: ast.expr, text: _Text) -> tuple[int, int, str]:
    return text.start(test), text.end(test), f"not {text.of(test)}"


def _between(
    text: _Text, kind: str, sides: tuple[ast.expr, ast.expr], found: str, new: str
) -> Iterator[Change]:
    """The operator between two operands."""
    start, end = text.end(sides[0]), text.start(sides[1])
    sought = rf"\b{found}\b" if found[0].isalpha() else found
    place = re.search(sought, text.whole[start:end].decode())
    if place is not None:
        yield kind, start + place.start(), start + place.end(), new


def _constant(node: ast.Constant, text: _Text) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        new = str(not value)
    elif isinstance(value, int):
        new = str(value + 1)
    elif isinstance(value, float):
        new = repr(value * 2) if value else "1.0"
    else:
        return
    yield "constant", text.start(node), text.end(node), new


def _symmetric(node: ast.Call) -> bool:
    """The same for its arguments in any order."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    plain = isinstance(node.func, ast.Name) and not node.keywords
    return name in SYMMETRIC or (plain and name in NAMES)


def _call(node: ast.Call, text: _Text) -> Iterator[Change]:
    func, given = node.func, node.args
    if isinstance(func, ast.Name) and func.id in NAMES:
        yield "name", text.start(func), text.end(func), NAMES[func.id]
    if (
        isinstance(func, ast.Attribute)
        and func.attr == "join"
        and isinstance(func.value, ast.Constant)
        and func.value.value
    ):
        yield "join", text.start(func.value), text.end(func.value), '""'
    starred = any(isinstance(a, ast.Starred) for a in given[:2])
    if len(given) >= 2 and not starred and not _symmetric(node):
        one, other = text.of(given[0]), text.of(given[1])
        kept = text.whole[text.end(given[0]) : text.start(given[1])].decode()
        yield "arguments", text.start(given[0]), text.end(given[1]), other + kept + one
