"""What a program uses that MicroPython on the robot does not have, found by reading it: what a run finds only when it comes by there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from robots.virtual.modules import EVERYWHERE

SINGLE_DIGITS = 7
"""Digits that a number keeps on a processor whose floats have 32 bits (RP2040)."""

MEMBERS = {
    "random": {"shuffle", "sample", "choices", "gauss", "normalvariate", "triangular"},
    "time": {"monotonic", "perf_counter", "process_time", "strftime", "ctime"},
    "math": {"hypot", "dist", "gcd", "lcm", "prod", "isqrt", "comb", "perm", "cbrt", "fsum"},
    "collections": {"Counter", "defaultdict", "ChainMap"},
    "os": {"environ", "path", "system", "getenv"},
    "sys": {"executable", "getsizeof", "setrecursionlimit"},
}
"""Names that Python's module has and MicroPython's has not."""

METHODS = {
    "zfill", "ljust", "rjust", "title", "capitalize", "swapcase", "casefold", "removeprefix", "removesuffix", "isalnum", "isdecimal",
    "isnumeric", "isidentifier", "expandtabs", "translate", "format_map", "bit_length", "bit_count", "is_integer",
}  # fmt: skip
"""Methods of strings and numbers that MicroPython has not; no other thing of a program for a crab is likely to have one of that name."""

BUILTINS = {"vars", "ascii", "breakpoint", "aiter", "anext", "ExceptionGroup"}

_SYNTAX = {"Match": "match", "TryStar": "except*", "TypeAlias": "type"}

Kind = Literal["module", "member", "method", "syntax", "float", "equal", "order", "sort"]


@dataclass(frozen=True)
class Lack:
    """``name``: what is used there; ``line``: counted from 1."""

    kind: Kind
    name: str
    line: int


def lacks(source: str) -> list[Lack]:
    """In the order of the lines, each thing once. A program that is no Python has none: the run says what is wrong with it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    first: dict[tuple[Kind, str], Lack] = {}
    for found in _walk(tree, source):
        key = (found.kind, found.name)
        if key not in first or found.line < first[key].line:
            first[key] = found
    return sorted(first.values(), key=lambda lack: (lack.line, lack.kind, lack.name))


def _walk(tree: ast.AST, source: str) -> Iterator[Lack]:
    modules = {alias.asname or alias.name: alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        yield from _imports(node, line)
        yield from _syntax(node, line)
        yield from _orders(node, line)
        yield from _numbers(node, line, source)
        if isinstance(node, ast.Attribute):
            module = modules.get(node.value.id) if isinstance(node.value, ast.Name) else None
            if module is not None and node.attr in MEMBERS.get(module, ()):
                yield Lack("member", f"{module}.{node.attr}", line)
            elif module is None and node.attr in METHODS - own:
                yield Lack("method", node.attr, line)
        elif isinstance(node, ast.Name) and node.id in BUILTINS - own:
            yield Lack("method", node.id, line)


def _imports(node: ast.AST, line: int) -> Iterator[Lack]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if not _has(alias.name):
                yield Lack("module", alias.name.partition(".")[0], line)
    elif isinstance(node, ast.ImportFrom) and node.module:
        if not _has(node.module):
            yield Lack("module", node.module.partition(".")[0], line)
        for alias in node.names:
            if alias.name in MEMBERS.get(node.module, ()):
                yield Lack("member", f"{node.module}.{alias.name}", line)


def _has(module: str) -> bool:
    top = module.partition(".")[0]
    return top in EVERYWHERE or (top.startswith("u") and top[1:] in EVERYWHERE)


def _syntax(node: ast.AST, line: int) -> Iterator[Lack]:
    name = _SYNTAX.get(type(node).__name__, "")
    if name:
        yield Lack("syntax", name, line)
    elif isinstance(node, ast.arguments) and node.posonlyargs:
        yield Lack("syntax", "/", node.posonlyargs[0].lineno)
    elif isinstance(node, ast.Dict) and None in node.keys:
        yield Lack("syntax", "{**…}", line)
    elif _spreads(node):
        yield Lack("syntax", "[*…]", line)


def _spreads(node: ast.AST) -> bool:
    """Whether this makes a list (not: takes one apart) with ``*`` in it."""
    if isinstance(node, ast.List | ast.Tuple) and not isinstance(node.ctx, ast.Load):
        return False
    return isinstance(node, ast.List | ast.Tuple | ast.Set) and any(isinstance(element, ast.Starred) for element in node.elts)


def _orders(node: ast.AST, line: int) -> Iterator[Lack]:
    """What comes in another order: a dict's items (not kept as put in), equals in a list that is sorted by a key."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("items", "keys", "values") and not node.args:
            yield Lack("order", name, line)
        elif name in ("sort", "sorted") and any(keyword.arg == "key" for keyword in node.keywords):
            yield Lack("sort", name, line)


def _numbers(node: ast.AST, line: int, source: str) -> Iterator[Lack]:
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        text = ast.get_source_segment(source, node) or ""
        digits = text.lower().partition("e")[0].replace(".", "").replace("_", "").lstrip("0")
        if len(digits) > SINGLE_DIGITS:
            yield Lack("float", text[:20], line)
    elif isinstance(node, ast.Compare) and any(isinstance(way, ast.Eq | ast.NotEq) for way in node.ops):
        yield from (Lack("equal", "==", line) for side in (node.left, *node.comparators) if _is_fraction(side))


def _is_fraction(node: ast.AST) -> bool:
    """Whether it surely is no whole number: written with a point, a division, or the time."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float) and not node.value.is_integer()
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Div) or _is_fraction(node.left) or _is_fraction(node.right)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("timer", "battery", "タイマー", "でんち")
