"""Is a lesson fit to be taught? Every rule an author must keep, checked in one place."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.nbgraderformat import ValidationError as MetadataError

from lessons import solve
from lessons.furigana import FuriganaError, Word, missing, missing_code, missing_markdown
from lessons.library import Lesson
from lessons.regions import Region, inside, outside

ANY_GRADE = 1
"""A first grader knows no kanji: text that is complete for one is complete for every class a lesson may be given to."""
CELL_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Finding:
    """One thing to mend. ``place`` is the notebook and cell, or the field of lesson.toml."""

    lesson: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.lesson}: {self.place}: {self.problem}"


def check(lesson: Lesson, *, execute: bool = True) -> list[Finding]:
    """Everything to mend in ``lesson``, empty if it is fit. ``execute`` also runs it, solved and blank (seconds)."""
    found = [Finding(lesson.id, place, problem) for place, problem in _facts(lesson)]
    points = 0.0
    for name in lesson.notebooks:
        notebook = nbformat.read(lesson.source(name), as_version=4)
        problems = list(_notebook(notebook, lesson.grade))
        if execute and not problems:
            problems += _runs(notebook)
        found += [Finding(lesson.id, f"{name}.ipynb, {place}", problem) for place, problem in problems]
        points += sum(float(cell.metadata.nbgrader.points) for cell in _test_cells(notebook))
    if points != lesson.points:
        found.append(Finding(lesson.id, "points", f"lesson.toml says {lesson.points:g}, the test cells hold {points:g}"))
    return found


def _test_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if utils.is_grade(cell) and "points" in cell.metadata.nbgrader]


def _facts(lesson: Lesson) -> Iterator[tuple[str, str]]:
    for field, text in (("title", lesson.title), ("about", lesson.about)):
        yield from ((field, _unread(word)) for word in missing(text, ANY_GRADE))
    known = {"lesson.toml", *(f"{name}.ipynb" for name in lesson.notebooks)}
    for place in sorted(lesson.folder.iterdir()):
        if place.name not in known and not place.name.startswith("."):
            yield place.name, "lesson.toml names no such notebook"


def _notebook(notebook: NotebookNode, grade: int) -> Iterator[tuple[str, str]]:
    try:
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
    except (nbformat.ValidationError, MetadataError) as error:
        yield "notebook", f"nbgrader does not take it: {str(error).splitlines()[0]}"
        return
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "kernelspec", "must be python3"
    for cell_id, times in Counter(cell.get("id") for cell in notebook.cells).items():
        if times > 1:
            yield f"cell {cell_id}", "id used more than once"
    visible = _names("\n".join("\n".join(outside(_program(cell.source))) for cell in notebook.cells if cell.cell_type == "code"))
    for number, cell in enumerate(notebook.cells, start=1):
        rules = _markdown_cell(cell) if cell.cell_type == "markdown" else _code_cell(cell, grade, visible)
        for problem in (*_any_cell(cell), *rules):
            yield f"cell {cell.get('id', number)}", problem


def _any_cell(cell: NotebookNode) -> Iterator[str]:
    if not CELL_ID.fullmatch(cell.get("id", "")):
        yield "give the cell an id of a-z, 0-9 and -, so that it stays the same from release to release"
    if "nbgrader" in cell.metadata and cell.get("id") != cell.metadata.nbgrader.get("grade_id"):
        yield "cell id and grade_id must be the same word"
    if cell.cell_type not in ("code", "markdown"):
        yield f"a {cell.cell_type} cell is not shown to pupils"


def _markdown_cell(cell: NotebookNode) -> Iterator[str]:
    try:
        yield from (_unread(word) for word in missing_markdown(cell.source, ANY_GRADE))
    except FuriganaError as error:
        yield error.message
    if "nbgrader" in cell.metadata:
        yield "markdown needs no nbgrader metadata: releases lock it"


def _code_cell(cell: NotebookNode, grade: int, visible: set[str]) -> Iterator[str]:
    if cell.outputs or cell.execution_count is not None:
        yield "clear the outputs before saving"
    if not _is_python(cell.source):
        yield "not valid Python"
    yield from (_unread(word) for word in missing_code("\n".join(outside(cell.source)), grade))
    if utils.is_solution(cell) and not inside(cell.source, Region.SOLUTION):
        yield "mark the solution with ### BEGIN SOLUTION and ### END SOLUTION"
    if utils.is_solution(cell) and utils.is_grade(cell):
        yield "a cell marked by hand: the pupil would see no points at once"
    if utils.is_grade(cell):
        if not cell.metadata.nbgrader.points > 0:
            yield "a test cell needs points"
        if not any(isinstance(node, (ast.Raise, ast.Assert)) for node in ast.walk(_parsed(outside(cell.source)))):
            yield "a test cell needs a visible check that tells the child what to look at"
    yield from _telling(inside(cell.source, Region.HIDDEN), visible)


def _telling(hidden: list[str], visible: set[str]) -> Iterator[str]:
    """Hidden tests may speak only in words the pupil's notebook already holds, by name, so a message gives nothing away."""
    for node in ast.walk(_parsed(hidden)):
        said: list[ast.expr] = []
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            said = [*node.exc.args, *(keyword.value for keyword in node.exc.keywords)]
        elif isinstance(node, ast.Assert) and node.msg:
            said = [node.msg]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "display"):
            yield "a hidden test must not print"
        if not all(isinstance(word, ast.Name) and word.id in visible for word in said):
            yield "a hidden test's message must be a name with fixed words, set in a visible cell"


def _names(code: str) -> set[str]:
    """Names that the notebook's top level sets to a plain string."""
    return {
        target.id
        for node in _parsed(code.split("\n")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _parsed(lines: list[str]) -> ast.Module:
    try:
        return ast.parse(dedent("\n".join(lines)))
    except SyntaxError:  # reported once a cell, by _code_cell
        return ast.Module(body=[], type_ignores=[])


def _program(source: str) -> str:
    """A cell's Python: without the line of a cell magic (``%%kani``)."""
    return source.partition("\n")[2] if source.startswith("%%") else source


def _is_python(source: str) -> bool:
    try:
        ast.parse(_program(source))
    except SyntaxError:
        return False
    return True


def _unread(word: Word) -> str:
    return f"「{word.text}」 (line {word.line}, column {word.column}) needs furigana, or kana where no furigana can stand"


def _runs(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    for grade_id, mark in solve.marks(notebook).items():
        if mark.points != mark.max_points:
            yield f"cell {grade_id}", f"its own solution gets {mark.points:g} of {mark.max_points:g}: {mark.hint}"
    for grade_id, mark in solve.marks(solve.blank(notebook)).items():
        if mark.points:
            yield f"cell {grade_id}", f"a blank notebook gets {mark.points:g} points"
        elif not mark.hint.strip():
            yield f"cell {grade_id}", "a blank notebook fails without a hint"
