"""Mutants of a module: small changes to its source, each of which a test should notice.

Comparisons and arithmetic are turned round, ``and`` and ``or`` exchanged, a fallback after ``or`` is dropped, numbers
and truth values are changed, conditions negated, and ``return`` gives None. Strings stay: most of them are wording.
"""

import ast
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
SHARED_RESULTS = {"cache", "lru_cache", "cached_property"}
"""Decorators with which a function runs in the first test alone, whose result later tests use."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One change to one module.

    Attributes:
        path: The module, relative to the folder of the domain's packages.
        function: ``__qualname__`` of the innermost function around the change; empty if the change is effective beyond
            one function, as that of a constant is.
        line: Number of the first changed line.
        before: The changed lines, without indentation.
        after: What stands there instead.
        source: The whole module with the change.
    """

    path: str
    function: str
    line: int
    before: str
    after: str
    source: str

    @property
    def package(self) -> str:
        """The domain's package."""
        return self.path.partition("/")[0]

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the mutant also after lines above it have changed."""
        return self.path, self.before, self.after


def find_mutants(domain: Path, package: str) -> list[Mutant]:
    """All mutants of a package, in the order of its sources."""
    paths = sorted((domain / package).rglob("*.py"))
    return [one for path in paths for one in mutate(path.relative_to(domain).as_posix(), path.read_text("utf-8"))]


def sample_mutants(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """A random part that another seed draws anew; a change elsewhere in the package leaves it as it is."""

    def rank(mutant: Mutant) -> str:
        return hashlib.sha256(repr((seed, *mutant.key)).encode()).hexdigest()

    return sorted(mutants, key=rank)[:size]


def mutate(path: str, source: str) -> Iterator[Mutant]:
    """The mutants of a module's source."""
    lines = source.splitlines(keepends=True)
    for node, function in _nodes(ast.parse(source), ""):
        for text in [] if _is_union_of_types(node, function) else _replacements(node):
            yield _replace(path, lines, function, node, text)
        for condition in _plain_conditions(node):
            yield _replace(path, lines, function, condition, f"(not {ast.unparse(condition)})")


def _replace(path: str, lines: list[str], function: str, node: ast.expr | ast.stmt, text: str) -> Mutant:
    assert node.end_lineno is not None  # noqa: S101 - it is always set by ast.parse
    assert node.end_col_offset is not None  # noqa: S101
    first, last = node.lineno - 1, node.end_lineno - 1
    head = lines[first].encode()[: node.col_offset].decode()
    tail = lines[last].encode()[node.end_col_offset :].decode()
    changed = f"{head}{text}{tail}"
    before = "".join(lines[first : last + 1])
    source = "".join([*lines[:first], changed, *lines[last + 1 :]])
    return Mutant(path, function, node.lineno, before.strip(), changed.strip(), source)


def _nodes(node: ast.AST, function: str) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """What may be changed, each with the function around it; annotations and decorators change nothing in a test."""
    for name, child in _children(node):
        is_skipped = name in {"annotation", "returns", "decorator_list"} or _is_for_types(child)
        if is_skipped or (name == "keywords" and isinstance(node, ast.ClassDef)):
            continue
        inner = _function_name(node, child, function)
        if isinstance(child, ast.expr | ast.stmt):
            yield child, inner
        yield from _nodes(child, inner)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for name, value in ast.iter_fields(node):
        yield from ((name, one) for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST))


def _function_name(parent: ast.AST, child: ast.AST, function: str) -> str:
    """Names of classes are kept with a dot at the end: they are no function, but begin the name of their methods."""
    if isinstance(child, ast.ClassDef):
        return f"{_prefix(parent, function)}{child.name}."
    if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
        return "" if _is_shared(child) else f"{_prefix(parent, function)}{child.name}"
    return function


def _prefix(parent: ast.AST, function: str) -> str:
    return f"{function}.<locals>." if isinstance(parent, Function) and function else function


def _is_shared(node: Function) -> bool:
    return any(
        SHARED_RESULTS & {name.id for name in ast.walk(one) if isinstance(name, ast.Name)}
        for one in node.decorator_list
    )


def _is_for_types(node: ast.AST) -> bool:
    is_guarded = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    is_alias = isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"
    is_check = isinstance(node, ast.keyword) and node.arg == "strict"  # two lengths that are equal either way
    return is_guarded or is_alias or is_check


def _is_union_of_types(node: ast.AST, function: str) -> bool:
    is_outside = not function or function.endswith(".")
    return is_outside and isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)


def _replacements(node: ast.expr | ast.stmt) -> Iterator[str]:
    match node:
        case ast.Compare(left, [operator], [right]):
            yield f"({ast.unparse(ast.Compare(left, [COMPARISONS[type(operator)]()], [right]))})"
        case ast.BoolOp(operator, values):
            other = ast.And() if isinstance(operator, ast.Or) else ast.Or()
            yield f"({ast.unparse(ast.BoolOp(other, values))})"
            if isinstance(operator, ast.Or):
                yield f"({' or '.join(f'({ast.unparse(value)})' for value in values[:-1])})"
        case ast.BinOp(left, operator, right) if type(operator) in ARITHMETIC and not _is_text(left, right):
            yield f"({ast.unparse(ast.BinOp(left, ARITHMETIC[type(operator)](), right))})"
        case ast.AugAssign(target, operator, value) if type(operator) in ARITHMETIC:
            yield ast.unparse(ast.AugAssign(target, ARITHMETIC[type(operator)](), value))
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield f"({ast.unparse(operand)})"
        case ast.Constant(bool() | int() | float() as value):
            yield repr(_other(value))
        case ast.IfExp(test, body, orelse):
            yield f"({ast.unparse(ast.IfExp(test, orelse, body))})"
        case ast.Return(value) if value is not None and ast.unparse(value) != "None":
            yield "return None"
        case _:
            pass


def _plain_conditions(node: ast.expr | ast.stmt) -> list[ast.expr]:
    """What is negated as a whole, because it has no operator that is turned round."""
    match node:
        case ast.If(test) | ast.While(test):
            conditions = [test]
        case ast.ListComp(generators=loops) | ast.SetComp(generators=loops) | ast.GeneratorExp(generators=loops):
            conditions = [condition for loop in loops for condition in loop.ifs]
        case _:
            conditions = []
    return [one for one in conditions if not isinstance(one, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant)]


def _other(value: float) -> float:
    if isinstance(value, bool):
        return not value
    return value + 1 if math.isfinite(value) else 0


def _is_text(*operands: ast.expr) -> bool:
    return any(
        isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str | bytes))
        for one in operands
    )
