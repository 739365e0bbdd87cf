"""``%%kani`` in a real kernel: what a pupil sees, what lies in the folder afterwards, and what a lesson's checks get."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from robots.notebook.marked import marked
from robots.simulator.recording import MIME

Outputs = list[list[Any]]
Notebook = Callable[..., Outputs]
FIRST = "import robots.notebook"
STRAIGHT = "from kani import *\nforward(60, 1)\nprint('ついた', timer() > 0.9)\n"


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """Runs cells in a kernel, in the test's folder; gives the outputs of each."""

    def run(*cells: str) -> Outputs:
        made = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        client = NotebookClient(made, timeout=60, allow_errors=True, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
        client.execute()
        nbformat.validate(made)
        return [cell.outputs for cell in made.cells]

    return run


def text(outputs: list[Any]) -> str:
    return "".join(output.text for output in outputs if output.output_type == "stream")


def error(outputs: list[Any]) -> Any:
    return next(output for output in outputs if output.output_type == "error")


def test_a_cell_is_kept_run_and_shown(notebook: Notebook, tmp_path: Path) -> None:
    _, outputs, checked = notebook(
        FIRST,
        f"%%kani sanpo --field empty --seed 3\n{STRAIGHT}",
        "run = kani_run('sanpo'); print(run.ended, run.seconds)",
    )
    assert (tmp_path / "sanpo.py").read_text() == STRAIGHT
    assert text(outputs) == "ついた True\n"
    shown = next(output for output in outputs if output.output_type == "display_data")
    recording = shown.data[MIME]
    assert recording["version"] == 1 and recording["ended"] == "end" and recording["frames"]["y"][-1] > recording["frames"]["y"][0]
    assert shown.metadata[MIME] == {"program": "sanpo"}
    assert base64.b64decode(shown.data["image/png"]).startswith(b"\x89PNG")
    assert shown.data["text/plain"].startswith("なにもない フィールド（")
    assert text(checked).startswith("end ")


def test_every_run_is_a_fresh_start(notebook: Notebook) -> None:
    _, _, second, mine = notebook(FIRST, "%%kani\nx = 1\n", "%%かに\nprint('x' in globals())\n", "x")
    assert text(second) == "False\n"
    assert error(mine).ename == "NameError", "a program's names are not the notebook's"


def test_an_error_is_told_kindly_and_raised(notebook: Notebook) -> None:
    _, outputs, checked = notebook(
        FIRST, "%%kani --field empty\nfrom kani import *\n\nforwrd(60)\n", "run = kani_run(); print(run.ended); assert run.ended == 'end'"
    )
    found = error(outputs)
    assert (found.ename, found.evalue.splitlines()[0]) == ("ProgramError", "「%%kani」の つぎから かぞえて 3ぎょうめで とまりました。")
    assert found.traceback == [
        "「%%kani」の つぎから かぞえて 3ぎょうめで とまりました。",
        "    forwrd(60)",
        "しらない なまえが あります。つづりを たしかめよう。",
        "Python の ことば: NameError: name 'forwrd' is not defined",
    ]
    assert any(output.output_type == "display_data" for output in outputs), "what the crab did until then is shown too"
    assert text(checked) == "error\n" and error(checked).ename == "AssertionError"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%kani ../up\nx = 1", "「../up」という なまえは つけられません。"),
        ("%%kani Kani\nx = 1", "「Kani」という なまえは つけられません。"),
        ("%%kani random\nx = 1", "「random」は ほかで つかっている なまえです。"),
        ("%%kani IPython\nx = 1", "「IPython」という なまえは つけられません。"),
        ("%%kani jinja2\nx = 1", "「jinja2」は ほかで つかっている なまえです。"),
        ("%%kani kani\nx = 1", "「kani」は ほかで つかっている なまえです。"),
        ("%%kani --field moon\nx = 1", "「moon」という コースは ありません。"),
        ("%%kani --rules none\nx = 1", "「none」という ルールは ありません。"),
        ("%%kani --seconds -3\nx = 1", "「%%kani」の うしろの かきかたが ちがうみたい: --seconds -3"),
        ("%%kani --seed x\nx = 1", "「%%kani」の うしろの かきかたが ちがうみたい: --seed x"),
        ("%%kani 'x\nx = 1", "「%%kani」の うしろの かきかたが ちがうみたい: 'x"),
        ("%%kani\n\n  \n", "プログラムが まだ かかれて いません。"),
    ],
)
def test_what_cannot_be_run_is_told_in_a_childs_words(cell: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from robots.notebook.magic import run_cell
    from robots.notebook.program import ProgramFault

    monkeypatch.chdir(tmp_path)
    line, _, source = cell.removeprefix("%%kani").partition("\n")
    with pytest.raises(ProgramFault) as refused:
        run_cell(line.strip(), source)
    assert refused.value.message == message and refused.value.remedy
    assert refused.value._render_traceback_() == [message, refused.value.remedy]
    assert list(tmp_path.iterdir()) == []


def test_checks_run_the_program_again_elsewhere(notebook: Notebook) -> None:
    _, _, again = notebook(
        FIRST,
        "%%kani crab --field line --seed 1 --seconds 5\nfrom kani import *\nwhile True:\n    print(left_eye())\n    wait(1)\n",
        """import json
runs = [kani_run("crab"), kani_run("crab", seed=1), kani_run("crab", seed=2), kani_run("crab", field="empty"), kani_run("crab", seconds=2)]
print(json.dumps([[run.ended, run.seconds, run.recording.field.name, run.printed] for run in runs]))
print(kani_run("crab") is runs[0])""",
    )
    lines = text(again).splitlines()
    first, same, other, empty, short = json.loads(lines[0])
    assert first == same
    assert other[3] != first[3], "another seed, other readings"
    assert empty[2] == "empty" and first[2] == "line"
    assert (first[:2], short[:2]) == (["time", 5.0], ["time", 2.0])
    assert lines[1] == "True", "what checks try is not what was run last"


def test_a_program_that_was_never_run_is_asked_for_by_name(notebook: Notebook) -> None:
    _, outputs = notebook(FIRST, "kani_run('sanpo')")
    assert error(outputs).traceback == ["「sanpo」は まだ うごかして いません。", "「%%kani sanpo」の セルを さきに うごかしてね。"]


def test_an_endless_program_ends(notebook: Notebook) -> None:
    hurry = "import robots.notebook.runs; robots.notebook.runs.WALL_SECONDS = 1"
    _, _, outputs = notebook(FIRST, hurry, "%%kani\nwhile True:\n    pass\n")
    assert error(outputs).traceback[0] == "プログラムが おわらなく なりました。"


def test_a_program_is_tried_on_real_micropython_and_marked(notebook: Notebook, tmp_path: Path) -> None:
    _, _, same, _, other, sent = notebook(
        "%load_ext robots.notebook",
        f"%%kani crab --field empty\n{STRAIGHT}",
        "ためす('crab')",
        f"%%kani differs --field empty\n{STRAIGHT}import statistics\n",
        "ためす('differs')",
        "おくる('crab')",
    )
    assert text(same).startswith("おめでとう！")
    assert text(other).startswith("ほんものと おなじ MicroPython で ためしたら、ちがう ところが ありました。\n4ぎょうめ: 「statistics」")
    assert text(sent).startswith("「crab」に ロボットいきの しるしを つけました。")
    found = marked(tmp_path)
    assert found is not None and found.unchanged and found.source == STRAIGHT.encode()


def test_loading_it_costs_a_kernel_next_to_nothing(notebook: Notebook) -> None:
    _, late, names = notebook(
        "import sys; before = set(sys.modules)",
        "import robots.notebook\nprint(sorted(set(sys.modules) - before))",
        "%who",
    )
    assert text(late) == "['robots', 'robots.notebook']\n"
    assert "kani_run" not in text(names), "what it brings is not listed among a child's own names"
