"""Forged marks are flagged to the teacher and never rescored; honest work is not flagged."""

from __future__ import annotations

import base64

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import determine_grade

from grading.marks import forgery, hidden
from grading.sandbox import SandboxLimits, execute
from kanikko.exchange_facts import Flag
from lessons import library, solve

CHECK = "assert squares(2) == [1, 4]\nassert squares(3) == [1, 4, 9]"

FORGERIES = {
    "__eq__ always true": "class L(list):\n    __eq__ = lambda s, o: True\ndef squares(n): return L()",
    "__eq__ always true, spelled out": "class L(list):\n    def __eq__(self, other):\n        return True\ndef squares(n): return L()",
    "a transformer that drops asserts": """
import ast
def squares(n): return []
class D(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(D())""",
    "an input transformer that empties the check": """
def squares(n): return []
get_ipython().input_transformers_cleanup.append(lambda lines: ["1\\n"] if any("assert" in l for l in lines) else lines)""",
    "a session that sends no errors": """
def squares(n): return []
session = type(get_ipython().displayhook.session)
send = session.send
def quiet(self, stream, kind, content=None, *a, **k):
    name = kind if isinstance(kind, str) else kind["header"]["msg_type"]
    if name == "error": return {}
    if name == "execute_reply": content = dict(content, status="ok")
    return send(self, stream, kind, content, *a, **k)
session.send = quiet""",
    "a kernel that answers without running": """
def squares(n): return []
kernel = get_ipython().kernel
async def answer(stream, ident, parent):
    kernel.session.send(None, "execute_reply", {"status": "ok", "execution_count": 1}, parent)
kernel.shell_handlers["execute_request"] = answer""",
    "a shell that runs no code": """
def squares(n): return []
async def nothing(self, *a, **k): return False
type(get_ipython()).run_code = nothing""",
    "custom exceptions swallowed": """
def squares(n): return []
get_ipython().set_custom_exc((Exception,), lambda self, kind, value, tb, tb_offset=None: None)""",
    "errors cleared away": """
def squares(n): return []
from IPython.display import clear_output
get_ipython().events.register("post_run_cell", lambda result: clear_output())""",
    "points shown by the tested function": "def squares(n):\n    get_ipython().displayhook(2.0)\n    return []",
    "points shown without saying the word": "def squares(n):\n    import sys\n    getattr(sys, 'display' + 'hook')(2.0)\n    return []",
    "the check read from In": "def squares(n):\n    return eval(In[-1].split('squares(%d) ==' % n)[1].split('\\n')[0])",
    "the check read from a frame": "import sys\ndef squares(n):\n    f = sys._getframe(1)\n    return {2: [1, 4], 3: [1, 4, 9]}[n]",
}

HONEST = {
    "right": "def squares(n):\n    return [i * i for i in range(1, n + 1)]",
    "wrong": "def squares(n): return []",
    "blank": "# ここに かいてね",
    "syntax error": "def squares(n)\n    return",
    "a class that compares": """
class Point:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return isinstance(other, Point) and self.x == other.x
    def __len__(self): return 3
def squares(n): return [i * i for i in range(1, n + 1)]""",
    "own names like IPython's": "In = 3\n_ = 4\nfor _i in range(In): pass\ndef squares(n): return [i * i for i in range(1, n + 1)]",
    "shows and clears": "from IPython.display import display, clear_output\ndisplay(1)\nclear_output()\ndef squares(n): return [1]",
    "magic and shell": "%time sum(range(3))\n!echo hi\ndef squares(n): return [1]",
    "prints errors": "import sys\nprint('x', file=sys.stderr)\ndef squares(n): raise ValueError(n)",
    "asks for input": "name = input('?')",
    "uses up its time": "import time\ntime.sleep(60)",
    "ends its kernel": "import os\nos._exit(0)",
    "leaves with exit": "exit()",
    "raises its own assertion": "assert False, 'x'",
    "a thread that prints late": """
import threading, time
def late():
    time.sleep(.2); print('late')
threading.Thread(target=late).start()""",
}


def flags_of(kit: type, source: str, limits: SandboxLimits) -> tuple[float | None, list[Flag]]:
    node = kit.notebook(kit.solution(source), kit.check(CHECK))  # type: ignore[attr-defined]
    executed = execute(node, {}, limits)
    return determine_grade(executed.notebook.cells[1])[0], forgery.flags(node, executed, {})


@pytest.mark.parametrize("source", FORGERIES.values(), ids=FORGERIES.keys())
def test_the_known_forgeries_are_flagged(kit: type, limits: SandboxLimits, source: str) -> None:
    _, found = flags_of(kit, source, limits)
    assert found


SEEN_FROM_OUTSIDE = {
    "a transformer that drops asserts": "canary",
    "an input transformer that empties the check": "canary",
    "a session that sends no errors": "canary",
    "a kernel that answers without running": "canary",
    "a shell that runs no code": "canary",
    "custom exceptions swallowed": "canary",
    "errors cleared away": "canary",
    "points shown by the tested function": "result",
    "points shown without saying the word": "result",
}
"""These are found by what they do, however well their source hides it."""


@pytest.mark.parametrize(("name", "kind"), SEEN_FROM_OUTSIDE.items(), ids=SEEN_FROM_OUTSIDE.keys())
def test_forgeries_whose_source_is_hidden_are_flagged_by_what_they_do(kit: type, limits: SandboxLimits, name: str, kind: str) -> None:
    packed = base64.b64encode(FORGERIES[name].encode()).decode()
    _, found = flags_of(kit, f"import base64\nexec(base64.b64decode({packed!r}))", limits)
    assert kind in {flag.kind for flag in found}


def test_a_flag_never_changes_the_score(kit: type, limits: SandboxLimits) -> None:
    points, found = flags_of(kit, FORGERIES["__eq__ always true"], limits)
    assert found and points == 2


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST.keys())
def test_honest_work_is_not_flagged(kit: type, limits: SandboxLimits, source: str) -> None:
    assert flags_of(kit, source, limits)[1] == []


def half_done(source: NotebookNode) -> NotebookNode:
    """The first half of the answers solved, the others blank."""
    solved, blank = source, solve.blank(source)
    answers = [index for index, cell in enumerate(source.cells) if cell.metadata.get("nbgrader", {}).get("solution")]
    for index in answers[: len(answers) // 2]:
        blank.cells[index] = solved.cells[index]
    return blank


def with_syntax_errors(source: NotebookNode) -> NotebookNode:
    blank = solve.blank(source)
    for cell in blank.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source += "\nfor i in range(3)\n    right("
    return blank


@pytest.mark.parametrize(
    "make", [lambda source: source, half_done, solve.blank, with_syntax_errors], ids=["right", "half", "blank", "syntax"]
)
@pytest.mark.parametrize("lesson", library.lessons(), ids=lambda lesson: lesson.id)
def test_the_shipped_lessons_honest_answers_are_not_flagged(make, lesson: library.Lesson, limits: SandboxLimits) -> None:  # type: ignore[no-untyped-def]
    for name in lesson.notebooks:
        source = nbformat.read(lesson.source(name), as_version=4)
        node = make(source)
        executed = execute(node, {}, limits)
        released = {
            cell.metadata.nbgrader["grade_id"]: hidden.visible_source(cell.source, ClearHiddenTests())
            for cell in source.cells
            if "nbgrader" in cell.metadata
        }
        assert forgery.flags(node, executed, released) == []
        assert executed.ended == "done"
