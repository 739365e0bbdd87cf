"""「カニロボットを 走らせよう」: what a child reads when an answer is not right yet."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from lessons import library, solve

ANSWERS = [
    (1, "", "カニが まだ まえに すすんで いないよ"),
    (1, "back(60, 2)", "カニは うしろへ"),
    (1, "forward(60, 1)", "40から 60センチに なるように"),
    (1, "forwrd(60, 2)", "プログラムが エラーで とまって いるよ"),
    (1, "while True: pass", "while の なかに wait( ) は あるかな?"),
    (1, "motors(60, 40, 2)", "センチ ずれて いるよ"),
    (1, "forward(80)\nwait(1.4)\nstop()", ""),
    (1, "まえ(60, 2)", ""),
    (2, "forward(60, 2)", "カニが まだ みぎへ まわって いないよ"),
    (2, "turn_right(50, 0.3)\nforward(60, 2)", "まわる びょうを かえて みよう"),
    (2, "turn_right(50, 0.6)", "まわった あとで、もっと まえへ すすもう"),
    (2, "みぎ(50, 0.6)\nまえ(60, 2)", ""),
    (3, "", "カニが まだ まえに すすんで いないよ"),
    (3, "forward(50, 2.5)", "めを つかって せんを みつけよう"),
    (3, "forward(50)\nwhile left_eye() < 2000: wait(0.01)", ""),
    (3, "forward(50)\nwhile left_eye() > 2000:\n    wait(0.01)\nstop()", "「<」と「>」の むきも たしかめよう"),
    (3, "forward(50)\nwhile left_eye() < 9999:\n    wait(0.01)\nstop()", "せんを こえて しまったよ"),
    (3, "forward(50)\nwhile timer() < 4.9 and left_eye() < 9999:\n    wait(0.01)\nstop()", "せんが もっと とおくに あると"),
    (3, "forward(40)\nwhile right_eye() < 1000:\n    wait(0.02)\nstop()", ""),
    (4, "forward(55)", "めを つかって せんを たどろう"),
    (4, "while True:\n    left_eye()\n    forward(55)\n    wait(0.01)", "カニが フィールドの そとに でて しまったよ"),
    (4, "while timer() < 15:\n    if left_eye() > 2000: motors(20, 60)\n    elif right_eye() > 2000: motors(60, 20)\n"
        "    else: forward(55)\n    wait(0.01)", "スタートエリアまで かえって こよう"),
    (4, "while True:\n    if left_eye() > 2000:\n        motors(25, 60)\n    else:\n        motors(60, 25)\n    wait(0.01)", ""),
]  # fmt: skip


def test_each_answer_meets_its_hint(tmp_path: Path) -> None:
    lesson = library.lesson("kani-robot")
    source = nbformat.read(lesson.source("kani-robot"), as_version=4)
    cells = {cell.id: cell.source for cell in source.cells}
    blank = {cell.id: cell.source for cell in solve.blank(source).cells}
    tried = [new_code_cell(cells["junbi"]), new_code_cell("import robots.notebook.runs; robots.notebook.runs.WALL_SECONDS = 2")]
    for number, answer, _ in ANSWERS:
        tried += [new_code_cell(blank[f"kotae-{number}"].replace(solve.STUB, answer)), new_code_cell(cells[f"tashikame-{number}"])]
    notebook = new_notebook(cells=tried)
    NotebookClient(
        notebook, timeout=60, allow_errors=True, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    met = []
    for (number, answer, hint), cell in zip(ANSWERS, notebook.cells[3::2], strict=True):
        said = next((output.evalue for output in cell.outputs if output.output_type == "error"), "")
        if (hint not in said) if hint else said:
            met.append((number, answer, said))
    assert met == []


def test_no_hint_gives_the_solution_away() -> None:
    source = nbformat.read(library.lesson("kani-robot").source("kani-robot"), as_version=4)
    shown = "\n".join(cell.source for cell in solve.without_hidden_tests(solve.blank(source)).cells)
    for secret in ("forward(60, 1.5)", "turn_right(50, 0.6)", "forward(60, 2)\n###", "while True:\n    if", "range(3, 4)", "2.1"):
        assert secret not in shown
