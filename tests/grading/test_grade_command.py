"""``kanikko grade``: a whole class now, with or without a running house, and never anybody twice."""

from __future__ import annotations

from collections import Counter

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from grading.course import nbgrader_config
from grading.marks.gradebook import GRADED

RIGHT, WRONG = "def double(n): return n + n", "def double(n): return 0"


def ended(command) -> tuple[int, str, str]:  # type: ignore[no-untyped-def]
    out, errors = command.communicate(timeout=120)
    return command.returncode, out, errors


def scores(house) -> dict[str, float]:  # type: ignore[no-untyped-def]
    with Gradebook(f"sqlite:///{house.root / 'gradebook.db'}") as book:
        return {row.student.id: row.score for row in book.assignment_submissions("lesson")}


def test_what_was_handed_in_and_what_was_collected_is_graded_and_only_once(house) -> None:  # type: ignore[no-untyped-def]
    house.collected("ucollected", RIGHT)
    house.hand_in("uhandedina", WRONG)
    house.collected("ubrokenaaa", RIGHT)
    (house.root / "submitted/ubrokenaaa/lesson/crab.ipynb").write_text("no notebook")
    code, out, errors = ended(house.grade())
    assert code == 1 and "graded 2, were graded before 0, could not be graded 1, left 0" in out
    assert "ubrokenaaa" in errors and "uhandedina" not in errors
    assert scores(house) == {"ucollected": 2, "uhandedina": 0}
    (house.root / "submitted/ubrokenaaa/lesson/crab.ipynb").unlink()
    code, out, _ = ended(house.grade())
    assert "graded 0, were graded before 2" in out


def test_killed_at_any_moment_it_goes_on_where_it_was(house) -> None:  # type: ignore[no-untyped-def]
    pupils = [f"upupil{number}aaa" for number in range(5)]
    for pupil in pupils:
        house.collected(pupil, RIGHT)
    command = house.grade()
    while not any(one.state == "graded" for one in house.store.submissions(lesson="lesson")):
        assert command.poll() is None
    command.kill()
    command.communicate()
    code, _, errors = ended(house.grade())
    assert code == 0, errors
    assert scores(house) == dict.fromkeys(pupils, 2)
    with Gradebook(f"sqlite:///{house.root / 'gradebook.db'}") as book:
        assert sorted(row.student for row in book.db.execute(GRADED.select())) == pupils
    told = Counter(event.account for event, _, _ in house.store.changes(0) if event.state == "graded")
    assert told == Counter(pupils)


def test_while_the_house_runs_the_house_does_the_work(house) -> None:  # type: ignore[no-untyped-def]
    worker = house.start()
    house.graded(house.hand_in("ufirstaaaa", RIGHT))
    house.collected("ucollected", RIGHT)
    code, out, _ = ended(house.grade("--all", "lesson"))
    assert code == 0 and "graded 1, were graded before 1" in out
    assert worker.poll() is None and scores(house) == {"ufirstaaaa": 2, "ucollected": 2}


def test_after_a_test_was_mended_all_are_graded_anew_and_teachers_marks_stay(house) -> None:  # type: ignore[no-untyped-def]
    for pupil, answer in (("upupilaaaa", WRONG), ("upupilbaaa", WRONG)):
        house.collected(pupil, answer)
    assert ended(house.grade())[0] == 0
    with Gradebook(f"sqlite:///{house.root / 'gradebook.db'}") as book:
        book.find_grade("check", "crab", "lesson", "upupilbaaa").manual_score = 1
        book.db.commit()
    _release_again(house)
    code, out, errors = ended(house.grade("--again", "caaaaaaa", "lesson"))
    assert code == 0 and "graded 2" in out, errors
    assert scores(house) == {"upupilaaaa": 2, "upupilbaaa": 1}
    assert {one.student: one.score for one in house.store.submissions(lesson="lesson")} == {"upupilaaaa": 2, "upupilbaaa": 1}


def _release_again(house) -> None:  # type: ignore[no-untyped-def]
    """The lesson with its check mended, as a teacher does it."""
    place = house.root / "source/lesson/crab.ipynb"
    source = nbformat.read(place, as_version=4)
    source.cells[1].source = "assert double(2) == 0"
    nbformat.write(source, place)
    answer = NbGraderAPI(config=nbgrader_config("caaaaaaa", house.root)).generate_assignment("lesson", force=True)
    assert answer["success"], answer


def test_an_unknown_class_is_named(house) -> None:  # type: ignore[no-untyped-def]
    code, _, errors = ended(house.grade("cnoneaaa", "lesson"))
    assert code == 1 and "no such class: cnoneaaa" in errors
