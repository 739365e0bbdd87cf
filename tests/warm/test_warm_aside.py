"""What a warm process keeps ready for ``%%kani`` is the same as imported, and stands before no file of a pupil's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

READY = "import json, sys; from hub.warm.aside import put_aside; put_aside('crab'); sys.path.insert(0, '')\n"
OF_OTHERS = "[name for name in sys.modules if name.partition('.')[0] in ('robots', 'pydantic', 'resvg_py')]"


def told(folder: Path, code: str) -> Any:
    """What ``code`` prints as JSON in a process with the modules put aside, as a kernel in ``folder``."""
    done = subprocess.run([sys.executable, "-I", "-c", READY + code], cwd=folder, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def test_nothing_is_there_until_it_is_asked_for(tmp_path: Path) -> None:
    assert told(tmp_path, f"print(json.dumps({OF_OTHERS}))") == []
    light = told(tmp_path, f"import robots.notebook\nprint(json.dumps({OF_OTHERS}))")
    assert light == ["robots", "robots.notebook"]


def test_asked_for_it_comes_as_importing_leaves_it(tmp_path: Path) -> None:
    code = f"""
files = []
sys.addaudithook(lambda event, arguments: event == 'open' and str(arguments[0]).endswith('.pyc') and files.append(str(arguments[0])))
from robots.notebook import magic
import robots.simulator.run, robots.notebook.runs, pydantic.fields
del files[:]
import robots.simulator.run as run
whole = {OF_OTHERS}
import importlib
fresh = importlib.reload(robots.notebook.words)
print(json.dumps([
    magic is robots.notebook.magic is sys.modules['robots.notebook.magic'],
    magic.runs is robots.notebook.runs and run is robots.simulator.run,
    type(magic.__spec__.loader).__name__,
    len(whole) > 60,
    [name for name in files if 'words' not in name],
    fresh is robots.notebook.words,
]))
"""
    assert told(tmp_path, code) == [True, True, "SourceFileLoader", True, [], True]


def test_a_program_runs_in_it(tmp_path: Path) -> None:
    code = """
from robots.notebook.runs import setup_for
from robots.simulator.run import simulate
run = simulate('from kani import *\\nforward(60, 2)\\n', setup_for(field='empty'))
from robots.virtual.program import run_on_board  # not put aside: it finds the same modules
from kanikko.errors import KanikkoError
from robots.notebook.program import ProgramFault
print(json.dumps([run.ended, issubclass(ProgramFault, KanikkoError)]))
"""
    assert told(tmp_path, code) == ["end", True]


def test_a_pupils_file_of_that_name_is_found_first(tmp_path: Path) -> None:
    for name in ("pydantic", "robots", "kanikko"):
        (tmp_path / f"{name}.py").write_text(f"whose = 'the child, in {name}.py'\n")
    code = """
for name in [name for name in sys.modules if name.partition('.')[0] in ('hub', 'kanikko')]:
    del sys.modules[name]  # as a kernel forgets ours
import pydantic, robots, kanikko
print(json.dumps([pydantic.whose, robots.whose, kanikko.whose]))
"""
    assert told(tmp_path, code) == [f"the child, in {name}.py" for name in ("pydantic", "robots", "kanikko")]


def test_a_file_that_a_package_has_the_name_of_does_not_break_the_crab(tmp_path: Path) -> None:
    (tmp_path / "pydantic.py").write_text("whose = 'the child'\n")
    code = """
from robots.notebook import magic
import pydantic
from robots.simulator.field import load_field
print(json.dumps([pydantic.whose, load_field('line').name]))
"""
    assert told(tmp_path, code) == ["the child", "line"]
