"""Signs that marks were forged, for the teacher's eyes. They never change a score: each has an innocent cousin.

Three kinds of evidence: the canary (a check that must fail did not), what a checked cell showed (a result nobody asked
for), and what the pupil's own cells say (they reach for the machinery that marks them).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_locked

from grading.marks.syntax import parse
from grading.sandbox import Executed
from grading.sandbox.executor import is_check
from kanikko.exchange_facts import Flag

SKIP_TAG = "skip-execution"
COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__bool__", "__len__"})
PAST_INPUT = re.compile(r"_ih|_i+|_i\d+|In")
"""IPython's names for the sources of earlier cells, and of the one that is running."""
MACHINERY = frozenset({
    "get_ipython", "ast_transformers", "input_transformers_cleanup", "input_transformers_post", "set_custom_exc", "showtraceback",
    "_showtraceback", "displayhook", "display_pub", "run_cell", "run_code", "run_ast_nodes", "kernel_app", "history_manager",
    "user_ns", "_getframe", "currentframe", "settrace", "setprofile", "getsource", "getsourcelines",
    "f_back", "f_locals", "f_globals", "f_code", "tb_frame", "get_objects", "get_referrers",
    "ctypes",
})  # fmt: skip
MODULES = frozenset({"IPython", "ipykernel", "inspect", "gc", "ctypes", "linecache", "jupyter_client", "zmq", "traitlets"})
HARMLESS_IMPORTS = frozenset({"IPython.display"})


def flags(submitted: NotebookNode, executed: Executed, released: Mapping[str, str]) -> list[Flag]:
    """All signs in one notebook. ``submitted`` is sanitised and not run; ``released``: grade id → the source pupils were given."""
    return [*canary_flags(executed), *result_flags(executed.notebook), *source_flags(submitted, released), *tag_flags(submitted)]


def canary_flags(executed: Executed) -> list[Flag]:
    """A check that must fail was run before each graded cell, and passed."""
    return [
        Flag(grade_id=grade_id, kind="canary", detail="a check that must fail did not fail")
        for grade_id, verdict in executed.canaries.items()
        if verdict == "passed"
    ]


def result_flags(notebook: NotebookNode) -> list[Flag]:
    """A graded cell showed a result (which nbgrader reads as points) that its own text cannot have given."""
    found = []
    for cell in notebook.cells:
        if not is_check(cell):
            continue
        kinds = [output.output_type for output in cell.outputs]
        results = kinds.count("execute_result")
        if results > 1 or (results and (not _ends_in_expression(cell.source) or "error" in kinds)):
            found.append(Flag(grade_id=cell.metadata.nbgrader["grade_id"], kind="result", detail="a result that the check did not give"))
    return found


def source_flags(notebook: NotebookNode, released: Mapping[str, str]) -> list[Flag]:
    """What the pupil's own cells reach for; words that the teacher's own text of the lesson holds are not counted."""
    given = "\n".join(released.values())
    found = []
    last = ""
    for index, cell in enumerate(notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id") or last
        last = grade_id
        if cell.cell_type != "code" or is_locked(cell):
            continue
        for kind, word in sorted(_reaches(cell.source)):
            if not re.search(rf"\b{re.escape(word)}\b", given):
                found.append(Flag(grade_id=grade_id, kind=kind, detail=f"cell {index + 1}: {word}"))
    return found


def tag_flags(notebook: NotebookNode) -> list[Flag]:
    """A tag that would spare a check from being run (nbgrader itself obeys it, and gives full points)."""
    return [
        Flag(grade_id=cell.metadata.nbgrader["grade_id"], kind="tag", detail=SKIP_TAG)
        for cell in notebook.cells
        if is_grade(cell) and SKIP_TAG in (cell.metadata.get("tags") or [])
    ]


def _ends_in_expression(source: str) -> bool:
    tree = parse(source)
    if tree is None:
        return True  # magics and the like: nobody can tell
    return bool(tree.body) and isinstance(tree.body[-1], ast.Expr)


def _reaches(source: str) -> set[tuple[str, str]]:
    """(kind, word) pairs found in the cell's syntax tree; lines of IPython's own syntax are passed over."""
    tree = parse(re.sub(r"(?m)^(\s*)[%!?].*$", r"\1pass", source))
    if tree is None:
        return set()
    # Names the program itself makes mean what it made of them.
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    found: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        found |= set(_node(node, own))
    return found


def _node(node: ast.AST, own: set[str]) -> Iterable[tuple[str, str]]:
    if isinstance(node, ast.ClassDef):
        yield from (("comparison", name) for name in _constant_comparisons(node))
    elif isinstance(node, ast.Name) and node.id not in own:
        if PAST_INPUT.fullmatch(node.id):
            yield "reads-checks", node.id
        elif node.id in MACHINERY:
            yield "machinery", node.id
    elif isinstance(node, ast.Attribute) and (node.attr in MACHINERY or (isinstance(node.ctx, ast.Store) and _is_builtins(node.value))):
        yield "machinery", node.attr
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        yield from (("machinery", name) for name in names if name.partition(".")[0] in MODULES and name not in HARMLESS_IMPORTS)


def _is_builtins(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("builtins", "__builtins__")


def _constant_comparisons(node: ast.ClassDef) -> Iterable[str]:
    """Comparisons of a class that give the same answer whatever they compare."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name in COMPARISONS and _answers_constant(item.body):
            yield item.name
        elif isinstance(item, ast.Assign) and isinstance(item.value, ast.Lambda) and isinstance(item.value.body, ast.Constant):
            yield from (target.id for target in item.targets if isinstance(target, ast.Name) and target.id in COMPARISONS)


def _answers_constant(body: list[ast.stmt]) -> bool:
    returns = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Return)]
    return bool(returns) and all(isinstance(node.value, ast.Constant) and node.value.value is True for node in returns)
