"""The one writer: many hand-ins in one transaction, each exactly once, and a bad one takes no other down."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing

import pytest
from nbgrader.api import Gradebook

from grading.marks import gradebook as gradebook_module
from grading.marks.grade import Finished, Prepared, conclude, prepare
from grading.marks.gradebook import GRADED, OpenBook, OpenBooks
from grading.marks.notebook import MarkedNotebook
from grading.marks.result import GradingError, Marks, NotebookScores

PUPILS = ("upupilaaaa", "upupilbaaa", "upupilcaaa")


@pytest.fixture
def finished(course, kit, limits) -> list[Finished]:  # type: ignore[no-untyped-def]
    """Three hand-ins that are marked (2 points each) and not written yet."""
    released = course.release(
        kit.notebook(kit.solution("### BEGIN SOLUTION\nbest = 1\n### END SOLUTION"), kit.check("assert best", points=2)),
    )
    with closing(OpenBook(course.book)) as book:
        prepared = [prepare(book, course.hand_in(released, student=student), limits) for student in PUPILS]
    marked = {"crab": MarkedNotebook(node=b"{}", scores=NotebookScores({"check": 2.0}, {"answer": None}))}
    return [Finished(one, marked) for one in prepared if isinstance(one, Prepared)]


def counted(course) -> dict[str, float]:  # type: ignore[no-untyped-def]
    """Points by pupil, as nbgrader's own gradebook sees them; our own rows must agree."""
    with Gradebook(course.book.url, course.book.course) as book:
        rows = sorted(row.student for row in book.db.execute(GRADED.select())) if _has_our_table(course) else []
        points = {row.student.id: row.score for row in book.assignment_submissions("lesson")}
    assert rows == sorted(points)
    return points


def _has_our_table(course) -> bool:  # type: ignore[no-untyped-def]
    with closing(sqlite3.connect(course.root / "gradebook.db")) as database:
        return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = 'kanikko_graded'").fetchone())


def write(course, finished: list[Finished]) -> list[Marks | Exception]:  # type: ignore[no-untyped-def]
    with closing(OpenBook(course.book)) as book:
        return conclude(book, finished)


def test_a_whole_class_is_written_at_once_and_only_once(course, finished) -> None:  # type: ignore[no-untyped-def]
    first = write(course, finished)
    assert write(course, finished) == first
    assert counted(course) == dict.fromkeys(PUPILS, 2)


def test_a_hand_in_that_the_gradebook_refuses_takes_no_other_down(course, finished) -> None:  # type: ignore[no-untyped-def]
    with closing(sqlite3.connect(course.root / "gradebook.db")) as database:
        refuse = "WHEN NEW.student_id = 'upupilbaaa' BEGIN SELECT RAISE(ABORT, 'no'); END"
        database.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON submitted_assignment {refuse}")
    results = write(course, finished)
    assert [isinstance(result, Marks) for result in results] == [True, False, True]
    assert counted(course) == {"upupilaaaa": 2, "upupilcaaa": 2}


def test_a_hand_in_whose_folder_is_a_planted_link_takes_no_other_down(course, finished, folder) -> None:  # type: ignore[no-untyped-def]
    (course.root / "autograded").mkdir(exist_ok=True)
    (course.root / "autograded" / "upupilbaaa").symlink_to(folder)
    results = write(course, finished)
    assert [isinstance(result, Marks) for result in results] == [True, False, True]
    assert counted(course) == {"upupilaaaa": 2, "upupilcaaa": 2}


def test_killed_in_the_middle_of_a_batch_nothing_of_it_is_counted_and_all_of_it_later(course, finished) -> None:  # type: ignore[no-untyped-def]
    child = os.fork()
    if child == 0:
        honest, seen = gradebook_module._marks, []

        def killing(*arguments):  # type: ignore[no-untyped-def]
            seen.append(1)
            if len(seen) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            return honest(*arguments)

        gradebook_module._marks = killing
        write(course, finished)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert counted(course) == {}
    assert all(isinstance(result, Marks) for result in write(course, finished))
    assert counted(course) == dict.fromkeys(PUPILS, 2)


def test_grading_anew_changes_the_machine_s_points_and_keeps_the_teacher_s(course, finished) -> None:  # type: ignore[no-untyped-def]
    write(course, finished)
    with Gradebook(course.book.url, course.book.course) as book:
        book.find_grade("check", "crab", "lesson", "upupilaaaa").manual_score = 1.5
        book.db.commit()
    worse = {"crab": MarkedNotebook(node=b"{}", scores=NotebookScores({"check": 0.0}, {"answer": None}))}
    anew = []
    for one in finished:
        object.__setattr__(one.prepared.hand_in, "again", True)
        anew.append(Finished(one.prepared, worse))
    assert [found.score for found in write(course, anew) if isinstance(found, Marks)] == [1.5, 0, 0]
    assert counted(course) == {"upupilaaaa": 1.5, "upupilbaaa": 0, "upupilcaaa": 0}


def test_a_lesson_that_is_released_anew_is_read_anew(course, finished, kit) -> None:  # type: ignore[no-untyped-def]
    with closing(OpenBook(course.book)) as book:
        assert book.lesson("lesson")["crab"].grade_cells[0].max_score == 2
        course.release(kit.notebook(kit.solution("### BEGIN SOLUTION\nbest = 1\n### END SOLUTION"), kit.check("assert best", points=5)))
        assert book.lesson("lesson")["crab"].grade_cells[0].max_score == 5


def test_a_gradebook_that_was_replaced_is_opened_anew_and_a_link_is_refused(course, finished) -> None:  # type: ignore[no-untyped-def]
    books = OpenBooks()
    first, place = books.of(course.book), course.root / "gradebook.db"
    assert books.of(course.book) is first
    place.with_name("restored.db").write_bytes(place.read_bytes())
    place.with_name("restored.db").replace(place)
    assert books.of(course.book) is not first
    place.rename(place.with_name("other.db"))
    place.symlink_to("other.db")
    with pytest.raises(GradingError):
        books.of(course.book)
    books.close()
