"""Outputs and points of tricky cells are those of nbgrader's own Execute with a real kernel."""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade

from grading.sandbox import SandboxLimits, execute

CELLS = '''
import asyncio
await asyncio.sleep(0.01)
await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2))
---
input("name? ")
---
import getpass; getpass.getpass()
---
%%writefile foo.txt
hello
---
%%bash
cat foo.txt
---
!echo sub
---
x = !echo one; echo two
x
---
%%capture cap
print("hid")
---
cap.stdout
---
import sys
print("a"); print("b", file=sys.stderr); print("c")
---
print("x", file=sys.stderr)
1/0
---
raise SystemExit(3)
---
raise KeyboardInterrupt
---
sys.exit("bye")
---
def g():
    try: 1/0
    except Exception as e: raise ValueError("chained") from e
g()
---
import threading, time
def th():
    print("thread"); time.sleep(0.05); print("late")
t = threading.Thread(target=th); t.start(); t.join()
---
import subprocess, os; print(subprocess.run(["echo", "direct"], capture_output=True).stdout)
---
from IPython.display import *
display(HTML("<b>h</b>"), Markdown("*m*"), {"a": 1})
h = display("v1", display_id="d");
---
update_display("v2", display_id="d")
---
print("will clear"); clear_output(); print("after")
---
print("w"); clear_output(wait=True); print("after wait")
---
_, __, In[1][:10], sorted(Out)[:2]
---
get_ipython().__class__.__name__, type(get_ipython().kernel).__name__, get_ipython().execution_count
---
__name__, "__file__" in globals(), os.environ.get("NBGRADER_EXECUTION"), sys.argv[0][-20:], \
    sys.path.index("") < [p[-13:] for p in sys.path].index("site-packages")
---
class R:
    def _repr_html_(self): return "<i>r</i>"
    def __repr__(self): return "R()"
R()
---
class B:
    def __repr__(self): raise RuntimeError("bad repr")
B()
---
import warnings; warnings.warn("careful")
---
import logging; logging.warning("log")
---
x = 3; x
5
---
print(1
---
    indented = 1
---
?len
---
%who_ls
---
%nosuchmagic
---
%%nosuch
x
---
def sq(x): return x * x
import multiprocessing as mp
with mp.get_context("fork").Pool(2) as p: print(p.map(sq, [1, 2]))
---
pid = os.fork()
if pid == 0:
    print("in child"); sys.stdout.flush(); os._exit(0)
os.waitpid(pid, 0)[1]
---
assert 1 == 2, "msg"
---
raise ExceptionGroup("eg", [ValueError(1), TypeError(2)])
---
for i in range(3): print(i, flush=True); time.sleep(0.06)
---
print("no newline", end="")
---
sys.stdout.isatty(), sys.stdout.encoding, sys.stdin.isatty()
---
sys.stdin.readline()
---
Latex("$x$")
---
SVG('<svg xmlns="http://www.w3.org/2000/svg"></svg>')
---
float("nan"), float("inf")
---
display({"text/plain": "raw", "application/json": {"a": float(1)}}, raw=True)
---
print("\\x00\\x07 ctrl \\x1b[31mred")
---
sys.stdout.write("partial"); sys.stdout.flush(); sys.stderr.write("E")
---
eval("1+")
---
exec(compile("raise ValueError('in exec')", "<string>", "exec"))
---
%xmode Plain
1/0
---
%xmode Context
1
1
---
async def co(): raise ValueError("async")
await co()
---
import signal; signal.raise_signal(signal.SIGINT); time.sleep(.2)
---
next(iter([]))
---
open("/nonexistent")
---
import nosuchmod
---
s = "x" * 100_000
print(s)
---
import ipywidgets as w
o = w.Output()
with o: print("in output")
o
---
%history -n 1
---
exit
'''.strip("\n").split("\n---\n")  # fmt: skip

POINTS = {
    "half": "0.5", "one and a half": "1.5", "negative": "-1", "text": '"0.5"', "one": "1", "true": "True", "none": "None",
    "nan": 'float("nan")', "printed": "print(0.5)", "displayed": "from IPython.display import display\ndisplay(0.5)",
    "stderr": 'import sys\nprint("x", file=sys.stderr)\n1', "warning": 'import warnings; warnings.warn("w")\n1', "hidden by ;": "1.0;",
    "error": "assert False", "exit": "raise SystemExit(0)", "list": "[0.5]", "child's stderr": "!echo e >&2",
    "error in a thread": "import threading; t = threading.Thread(target=lambda: 1/0); t.start(); t.join()",
    "log": 'import logging; logging.warning("x")', "markdown": 'from IPython.display import Markdown\nMarkdown("0.25")',
    "html": 'from IPython.display import HTML\nHTML("a")', "zero": "0", "input": "input()",
    "cleared": 'import sys\nfrom IPython.display import clear_output\nprint("bad", file=sys.stderr); clear_output()\n1',
    "no traceback": "get_ipython().showtraceback = lambda *a, **k: None\n1/0",
}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    theirs: NotebookNode
    ours: NotebookNode


def graded_cell(name: str, source: str) -> NotebookNode:
    mark = {"grade": True, "solution": False, "locked": True, "grade_id": name, "points": 2, "schema_version": 3}
    return new_code_cell(source, metadata={"nbgrader": mark})


def run_both(cells: list[NotebookNode], folder: Path) -> Pair:
    notebook = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})
    theirs = copy.deepcopy(notebook)
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    try:
        Execute(timeout=20).preprocess(theirs, {"metadata": {"path": str(folder)}})
    finally:
        del os.environ["NBGRADER_EXECUTION"]
    executed = execute(notebook, {}, SandboxLimits(cell_seconds=20, notebook_seconds=120, processes=200))
    assert executed.ended in ("done", "disk"), executed.detail
    return Pair(theirs, executed.notebook)


@pytest.fixture(scope="module")
def tricky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    # exit is left to the last cell: with a real kernel it is a race
    yield run_both([new_code_cell(source) for source in CELLS], tmp_path_factory.mktemp("tricky"))


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    cells = [graded_cell(f"c{index}", source) for index, source in enumerate(POINTS.values())]
    yield run_both(cells, tmp_path_factory.mktemp("scored"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("index", range(len(CELLS)), ids=[source.split("\n")[0][:40] for source in CELLS])
def test_the_outputs_are_those_of_a_real_kernel(tricky: Pair, index: int) -> None:
    theirs, ours = (pair.cells[index] for pair in (tricky.theirs, tricky.ours))
    assert normal(ours.outputs) == normal(theirs.outputs)
    assert ours.execution_count == theirs.execution_count


@pytest.mark.timeout(300)
@pytest.mark.parametrize("index", range(len(POINTS)), ids=list(POINTS))
def test_the_points_are_nbgrader_s(scored: Pair, index: int) -> None:
    assert points(scored.ours.cells[index]) == points(scored.theirs.cells[index])


@pytest.mark.timeout(300)
def test_the_notebook_knows_its_language(tricky: Pair) -> None:
    assert tricky.ours.metadata.language_info == tricky.theirs.metadata.language_info


def points(cell: NotebookNode) -> Any:
    try:
        return determine_grade(cell)
    except (ValueError, KeyError) as error:
        return type(error).__name__


ONLY_HERE = (
    (r"0x[0-9a-f]{6,}", "0x…"),
    (r"ipykernel_\d+/\d+", "ipykernel_N/N"),
    (r"\b[0-9a-f]{32}\b", "id"),
    (r"/tmp/ipykernel_N/N\.py|/var/folders/[^ ]*\.py", "cell.py"),
)


def normal(outputs: list[NotebookNode]) -> list[dict[str, Any]]:
    """Outputs without process numbers and addresses; neighbouring pieces of one stream put together."""
    shown: list[dict[str, Any]] = []
    for output in outputs:
        text = json.dumps(output, sort_keys=True).replace(f"{Path.home()}/", "~/")  # IPython shortens paths below the home
        for pattern, word in ONLY_HERE:
            text = re.sub(pattern, word, text)
        plain = json.loads(text)
        if plain["output_type"] == "stream" and shown and shown[-1].get("name") == plain["name"]:
            shown[-1]["text"] += plain["text"]
        else:
            shown.append(plain)
    return shown
