"""The checker lets good lessons through and finds each thing an author may forget."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from lessons import library
from lessons.check import check
from lessons.library import Lesson


@pytest.mark.parametrize("lesson", library.lessons(), ids=lambda lesson: lesson.id)
def test_every_lesson_of_the_library_is_fit_to_be_taught(lesson: Lesson) -> None:
    assert [str(finding) for finding in check(lesson)] == []


def cell(notebook: NotebookNode, cell_id: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == cell_id)


def replace(cell_id: str, old: str, new: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        found = cell(notebook, cell_id)
        assert old in found.source
        found.source = found.source.replace(old, new)

    return change


def drop_kernelspec(notebook: NotebookNode) -> None:
    del notebook.metadata["kernelspec"]


def leave_output(notebook: NotebookNode) -> None:
    cell(notebook, "kotae-1").outputs = [nbformat.v4.new_output("stream", text="カニ")]


def repeat_grade_id(notebook: NotebookNode) -> None:
    cell(notebook, "tashikame-1").metadata.nbgrader.grade_id = "tashikame-2"


def draw_random_id(notebook: NotebookNode) -> None:
    cell(notebook, "toi-2").id = "Ab_12"


def change_points(notebook: NotebookNode) -> None:
    cell(notebook, "tashikame-1").metadata.nbgrader.points = 3


@pytest.mark.parametrize(
    ("change", "place", "problem"),
    [
        (replace("toi-2", "{同|おな}じ", "同じ"), "cell toi-2", "「同」 (line 3, column 1) needs furigana"),
        (replace("toi-2", "{同|おな}じ", "{同おな}じ"), "cell toi-2", "has no 「|」"),
        (replace("junbi", "カニからの", "蟹からの"), "cell junbi", "「蟹」"),
        (replace("kotae-1", "### BEGIN SOLUTION\n", ""), "cell kotae-1", "mark the solution"),
        (replace("tashikame-4", "Hint(OTHER_NUMBER)", 'Hint("3 だと ちがうよ")'), "cell tashikame-4", "a name with fixed words"),
        (replace("tashikame-4", "Hint(OTHER_NUMBER)", "Hint(size)"), "cell tashikame-4", "a name with fixed words"),
        (replace("tashikame-4", "    crab = trial(", "    print(size)\n    crab = trial("), "cell tashikame-4", "must not print"),
        (replace("tashikame-1", "crab = ", "crab == = "), "cell tashikame-1", "not valid Python"),
        (drop_kernelspec, "kernelspec", "python3"),
        (leave_output, "cell kotae-1", "clear the outputs"),
        (repeat_grade_id, "notebook", "Duplicate grade id"),
        (draw_random_id, "cell Ab_12", "give the cell an id"),
        (change_points, "points", "lesson.toml says 10, the test cells hold 12"),
    ],
)
def test_what_an_author_forgot_is_found(
    kani: Lesson, copied: Callable[[Lesson], Path], change: Callable[[NotebookNode], None], place: str, problem: str
) -> None:
    there = library.lesson(kani.id, copied(kani))
    notebook = nbformat.read(there.source(kani.id), as_version=4)
    change(notebook)
    nbformat.write(notebook, there.source(kani.id))
    found = check(there, execute=False)
    assert any(place in finding.place and problem in finding.problem for finding in found), [str(finding) for finding in found]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (replace("kotae-1", "steps = 4", "steps = 3"), "its own solution gets 0 of 1"),
        (replace("tashikame-1", "raise Hint", "Hint"), "needs a visible check"),
        (replace("kotae-1", "### BEGIN SOLUTION", "steps = 4\nright(4)\n### BEGIN SOLUTION\nstart(1)"), "a blank notebook gets 1 points"),
    ],
)
def test_a_lesson_that_does_not_solve_itself_or_solves_itself_blank_is_found(
    kani: Lesson, copied: Callable[[Lesson], Path], change: Callable[[NotebookNode], None], problem: str
) -> None:
    there = library.lesson(kani.id, copied(kani))
    notebook = nbformat.read(there.source(kani.id), as_version=4)
    change(notebook)
    nbformat.write(notebook, there.source(kani.id))
    assert any(problem in finding.problem for finding in check(there))


def test_a_stray_file_in_a_lesson_is_found(kani: Lesson, copied: Callable[[Lesson], Path]) -> None:
    there = copied(kani)
    (there / kani.id / "kotae.txt").write_text("4")
    assert any(finding.place == "kotae.txt" for finding in check(library.lesson(kani.id, there), execute=False))
