"""From a hand-in to marks: points, hints, notes, folders, and the gradebook written exactly once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from grading.marks import gradebook as gradebook_module
from grading.marks import notes
from grading.marks.grade import Marks, grade
from grading.marks.result import GradingError, HandIn
from grading.sandbox import SandboxLimits


@pytest.fixture
def lesson(course, kit: ModuleType):  # type: ignore[no-untyped-def]
    """A lesson with one answer and a visible check; answers what pupils get."""
    return course.release(
        kit.notebook(
            kit.solution("### BEGIN SOLUTION\ndef double(n):\n    return 2 * n\n### END SOLUTION"),
            kit.check('assert double(2) == 4, "2 の ばいは 4 だよ"'),
        )
    )


def hand_in_and_grade(course, node, limits: SandboxLimits, **files: bytes) -> tuple[HandIn, Marks]:  # type: ignore[no-untyped-def]
    hand_in = course.hand_in(node, **files)
    return hand_in, grade(course.book, hand_in, limits)


def test_a_right_answer_gets_all_points_and_no_hint(course, lesson, kit, limits) -> None:  # type: ignore[no-untyped-def]
    _, marks = hand_in_and_grade(course, kit.answered(lesson, "answer", "def double(n): return n + n"), limits)
    assert (marks.score, marks.max_score, marks.note, marks.flags) == (2, 2, None, ())
    assert [(cell.grade_id, cell.notebook, cell.points, cell.hint) for cell in marks.cells] == [("check", "crab", 2, None)]


def test_a_wrong_answer_gets_the_words_of_the_check(course, lesson, kit, limits) -> None:  # type: ignore[no-untyped-def]
    _, marks = hand_in_and_grade(course, kit.answered(lesson, "answer", "def double(n): return n"), limits)
    assert (marks.score, marks.cells[0].hint) == (0, "2 の ばいは 4 だよ")


def test_a_blank_hand_in_gets_zero_and_python_s_own_word(course, lesson, limits) -> None:  # type: ignore[no-untyped-def]
    _, marks = hand_in_and_grade(course, lesson, limits)
    assert (marks.score, marks.cells[0].hint) == (0, "NameError: name 'double' is not defined")
    with Gradebook(course.book.url) as book:
        assert book.find_comment("answer", "crab", "lesson", "uaaaaaaaaa").auto_comment == "No response."


def test_a_killed_notebook_is_a_zero_with_a_reason(course, lesson, kit, limits) -> None:  # type: ignore[no-untyped-def]
    _, marks = hand_in_and_grade(course, kit.answered(lesson, "answer", "import os; os._exit(1)"), limits)
    assert (marks.score, marks.note, marks.cells[0].hint) == (0, notes.ENDED["died"], notes.NOT_REACHED)


def test_a_result_above_the_maximum_is_a_zero_for_the_cell_and_a_flag(course, kit, limits) -> None:  # type: ignore[no-untyped-def]
    released = course.release(kit.notebook(kit.solution("### BEGIN SOLUTION\nbest = 1\n### END SOLUTION"), kit.check("best")))
    _, marks = hand_in_and_grade(course, kit.answered(released, "answer", "best = 100"), limits)
    assert marks.score == 0 and "above-maximum" in {flag.kind for flag in marks.flags}


def test_a_tag_that_would_skip_a_check_does_not_and_is_flagged(course, lesson, limits) -> None:  # type: ignore[no-untyped-def]
    lesson.cells[1].metadata["tags"] = ["skip-execution"]
    _, marks = hand_in_and_grade(course, lesson, limits)
    assert marks.score == 0 and "tag" in {flag.kind for flag in marks.flags}


def test_a_changed_check_is_put_back(course, lesson, limits) -> None:  # type: ignore[no-untyped-def]
    lesson.cells[1].source = "pass"
    lesson.cells[1].metadata.nbgrader["points"] = 100
    _, marks = hand_in_and_grade(course, lesson, limits)
    assert (marks.score, marks.max_score) == (0, 2)


def test_a_check_that_was_deleted_waits_for_the_teacher_even_after_full_points(course, lesson, kit, limits) -> None:  # type: ignore[no-untyped-def]
    right = kit.answered(lesson, "answer", "def double(n): return n + n")
    hand_in_and_grade(course, right, limits)
    right.cells.pop()
    _, marks = hand_in_and_grade(course, right, limits)
    assert (marks.score, marks.cells[0].points, marks.cells[0].hint) == (0, None, notes.NO_CELL)


def test_metadata_broken_beyond_repair_is_refused_with_a_kind_word(course, lesson, limits) -> None:  # type: ignore[no-untyped-def]
    lesson.cells[1].metadata.nbgrader["solution"] = True
    with pytest.raises(GradingError) as refused:
        hand_in_and_grade(course, lesson, limits)
    assert refused.value.note == notes.BROKEN


def test_grading_the_same_hand_in_twice_counts_once(course, lesson, kit, limits, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    hand_in, first = hand_in_and_grade(course, kit.answered(lesson, "answer", "def double(n): return n + n"), limits)
    monkeypatch.setattr("grading.marks.notebook.execute", None)  # it must not even run again
    assert grade(course.book, hand_in, limits) == first
    with Gradebook(course.book.url) as book:
        assert book.find_submission("lesson", "uaaaaaaaaa").score == 2
        assert len(book.db.execute(gradebook_module.GRADED.select()).all()) == 1


def test_a_crash_in_the_transaction_leaves_nothing(course, lesson, kit, limits, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    hand_in = course.hand_in(kit.answered(lesson, "answer", "def double(n): return n + n"))
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(gradebook_module, "_marks", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        grade(course.book, hand_in, limits)
    with Gradebook(course.book.url) as book:
        assert book.students == [] and book.db.execute(gradebook_module.GRADED.select()).all() == []
    assert grade(course.book, hand_in, limits).score == 2


def test_the_newest_hand_in_counts_whatever_the_order_of_grading(course, lesson, kit, limits) -> None:  # type: ignore[no-untyped-def]
    wrong = course.hand_in(lesson)
    right = course.hand_in(kit.answered(lesson, "answer", "def double(n): return n + n"))
    assert grade(course.book, right, limits).score == 2
    assert grade(course.book, wrong, limits).score == 0
    with Gradebook(course.book.url) as book:
        assert book.find_submission("lesson", "uaaaaaaaaa").score == 2
    assert "n + n" in (course.root / "autograded/uaaaaaaaaa/lesson/crab.ipynb").read_text()


def test_a_late_hand_in_gets_the_course_s_penalty(course, lesson, kit, limits) -> None:  # type: ignore[no-untyped-def]
    course.book.config.LateSubmissionPlugin.penalty_method = "zero"
    with Gradebook(course.book.url) as book:
        book.update_or_create_assignment("lesson", duedate="2026-04-01 00:00:00")
    hand_in = course.hand_in(kit.answered(lesson, "answer", "def double(n): return n + n"))
    assert grade(course.book, hand_in, limits).score == 0
    early = replace(hand_in, id="searly", submitted_at=hand_in.submitted_at - timedelta(days=90))
    with Gradebook(course.book.url) as book:
        assert book.find_submission("lesson", "uaaaaaaaaa").late_submission_penalty == 2
    assert grade(course.book, early, limits).score == 2


def test_a_teacher_s_mark_stands_before_the_machine_s(course, lesson, kit, limits) -> None:  # type: ignore[no-untyped-def]
    hand_in_and_grade(course, lesson, limits)
    with Gradebook(course.book.url) as book:
        book.find_grade("check", "crab", "lesson", "uaaaaaaaaa").manual_score = 1.5
        book.db.commit()
    _, marks = hand_in_and_grade(course, kit.answered(lesson, "answer", "def double(n): return n + n"), limits)
    assert marks.score == 1.5


def test_the_folders_are_where_formgrader_looks(course, lesson, limits) -> None:  # type: ignore[no-untyped-def]
    hand_in_and_grade(course, lesson, limits, note__txt=b"hi", evil__html=b"<script>alert(1)</script>", pic__svg=b"<svg/>")
    submitted, autograded = (course.root / step / "uaaaaaaaaa" / "lesson" for step in ("submitted", "autograded"))
    assert {place.name for place in submitted.iterdir()} == {"crab.ipynb", "note.txt", "evil.html", "pic.svg", "timestamp.txt"}
    assert {place.name for place in autograded.iterdir()} == {"crab.ipynb", "note.txt", "evil.html.txt", "pic.svg.txt", "timestamp.txt"}
    assert (autograded / "timestamp.txt").read_text().startswith("2026-05-01 09:00:01")


def test_links_planted_in_the_course_folder_lead_nowhere(course, lesson, limits, folder: Path) -> None:  # type: ignore[no-untyped-def]
    outside = folder / "outside"
    outside.mkdir()
    (course.root / "autograded" / "uaaaaaaaaa").mkdir(parents=True)
    (course.root / "autograded" / "uaaaaaaaaa" / "lesson").symlink_to(outside)
    (course.root / "source" / "lesson" / "stolen.txt").symlink_to("/etc/passwd")
    hand_in_and_grade(course, lesson, limits)
    assert list(outside.iterdir()) == []
    assert not (course.root / "autograded/uaaaaaaaaa/lesson/stolen.txt").exists()


def test_a_gradebook_that_is_a_link_is_refused(course, lesson, limits) -> None:  # type: ignore[no-untyped-def]
    (course.root / "gradebook.db").rename(course.root / "other.db")
    (course.root / "gradebook.db").symlink_to("other.db")
    with pytest.raises(GradingError):
        hand_in_and_grade(course, lesson, limits)


def test_teachers_files_beside_the_notebook_come_into_the_room(course, kit, limits) -> None:  # type: ignore[no-untyped-def]
    (course.root / "source/lesson").mkdir(parents=True)
    (course.root / "source/lesson/data.txt").write_text("7")
    released = course.release(kit.notebook(kit.check("assert open('data.txt').read() == '7'")))
    _, marks = hand_in_and_grade(course, released, limits, data__txt=b"8")
    assert marks.score == 2


# ------------------------------------------------------------------------------------------------ hidden tests
SECRET = "ひみつの 数は 9871"
HIDDEN = f"""
assert double(2) == 4, "2 の ばいは 4 だよ"
### BEGIN HIDDEN TESTS
assert double(9871) == 19742, "{SECRET}"
### END HIDDEN TESTS
"""
STEALERS = {
    "wrong only for the hidden number": "def double(n): return 4",
    "prints the checks": "def double(n):\n    print(In[-1])\n    return 4",
    "says the checks in its own error": "def double(n):\n    raise AssertionError(In[-1])",
    "keeps the checks and shows them later": "kept = []\ndef double(n):\n    kept.append(In[-1]); return 4",
    "raises what it was given": "def double(n):\n    if n > 2: raise ValueError(n)\n    return 4",
    "looks at the caller's frame": "import sys\ndef double(n):\n    print(sys._getframe(1).f_code.co_consts); return 4",
    "names its error after what it was given": (
        "def double(n):\n    if n > 2: raise type(f'E{n}', (Exception,), {})('2 の ばいは 4 だよ')\n    return 4"
    ),
    "writes it backwards": "def double(n):\n    print(In[-1][::-1]); return 4",
}


@pytest.fixture
def hidden_lesson(course, kit):  # type: ignore[no-untyped-def]
    return course.release(
        kit.notebook(
            kit.solution("### BEGIN SOLUTION\ndef double(n):\n    return 2 * n\n### END SOLUTION"),
            kit.check(HIDDEN),
            kit.solution("### BEGIN SOLUTION\n1\n### END SOLUTION", "later"),
            kit.check("print(globals().get('kept'))\nassert not globals().get('kept'), kept", "later-check"),
        )
    )


@pytest.mark.parametrize("thief", STEALERS.values(), ids=STEALERS.keys())
def test_hidden_tests_reach_the_pupil_by_no_way(course, hidden_lesson, kit, limits, thief: str) -> None:  # type: ignore[no-untyped-def]
    assert "9871" not in nbformat.writes(hidden_lesson)
    node = kit.answered(hidden_lesson, "answer", thief)
    _, marks = hand_in_and_grade(course, kit.answered(node, "later", "print(globals().get('kept'))"), limits)
    page = feedback(course)
    for text in (marks.model_dump_json(), page):
        for secret in ("9871", "1789", SECRET, "HIDDEN"):
            assert secret not in text
    assert "double" in page
    if "kept" not in thief and "raise AssertionError" not in thief:
        assert marks.cells[0].hint == notes.HIDDEN


@pytest.mark.parametrize(
    ("answer", "points", "hint"),
    [
        ("def double(n): print('ここを' + 'みて'); return n + n", 2, None),
        ("def double(n):\n    print('ここを' + 'みて'); raise NotImplementedError", 0, "NotImplementedError"),
        ("def double(n): print('ここを' + 'みて'); return 5", 0, "2 の ばいは 4 だよ"),
        ("def double(n): print('ここを' + 'みて'); return dobule", 0, "NameError: name 'dobule' is not defined"),
    ],
    ids=["right", "not written yet", "fails the visible check", "does not run"],
)
def test_feedback_shows_the_outputs_of_a_run_without_hidden_tests(course, hidden_lesson, kit, limits, answer, points, hint) -> None:  # type: ignore[no-untyped-def]
    _, marks = hand_in_and_grade(course, kit.answered(hidden_lesson, "answer", answer), limits)
    assert (marks.cells[0].points, marks.cells[0].hint) == (points, hint)
    page = feedback(course)
    assert page.count("ここをみて") == 1  # printed by the visible check: the hidden one would print once more
    assert "9871" not in page


def test_a_hidden_message_that_the_released_notebook_holds_may_be_shown(course, kit, limits) -> None:  # type: ignore[no-untyped-def]
    setup = new_code_cell('WORDS = "ほかの 数でも ためしてみよう"', metadata={"nbgrader": {**kit.mark("setup"), "locked": True}})
    check = "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(3) == 6, WORDS\n### END HIDDEN TESTS"
    released = course.release(kit.notebook(setup, kit.solution("### BEGIN SOLUTION\n1\n### END SOLUTION"), kit.check(check)))
    _, marks = hand_in_and_grade(course, kit.answered(released, "answer", "def double(n): return 4"), limits)
    assert (marks.score, marks.cells[0].hint) == (0, "ほかの 数でも ためしてみよう")


def test_the_teacher_sees_the_hidden_tests_and_what_they_gave(course, hidden_lesson, kit, limits) -> None:  # type: ignore[no-untyped-def]
    hand_in_and_grade(course, kit.answered(hidden_lesson, "answer", "def double(n): return 4"), limits)
    seen = (course.root / "autograded/uaaaaaaaaa/lesson/crab.ipynb").read_text()
    assert SECRET in json.dumps(json.loads(seen), ensure_ascii=False)


def feedback(course) -> str:  # type: ignore[no-untyped-def]
    """The page that nbgrader's own generate_feedback makes with the house's configuration."""
    answer = course.api.generate_feedback("lesson", "uaaaaaaaaa", force=True)
    assert answer["success"], answer
    return str((course.root / "feedback/uaaaaaaaaa/lesson/crab.html").read_text())


def test_feedback_after_nbgrader_s_own_autograde_hides_them_too(course, hidden_lesson, kit) -> None:  # type: ignore[no-untyped-def]
    node = kit.answered(hidden_lesson, "answer", STEALERS["prints the checks"])
    place = course.root / "submitted/uaaaaaaaaa/lesson/crab.ipynb"
    place.parent.mkdir(parents=True)
    nbformat.write(node, place)
    assert course.api.autograde("lesson", "uaaaaaaaaa")["success"]
    assert "9871" in (course.root / "autograded/uaaaaaaaaa/lesson/crab.ipynb").read_text()
    assert "9871" not in feedback(course)


def test_the_first_hand_ins_of_a_class_may_be_graded_at_once(course, lesson, kit, limits) -> None:  # type: ignore[no-untyped-def]
    right = kit.answered(lesson, "answer", "def double(n): return n + n")
    hand_ins = [course.hand_in(right, student=f"upupil{number}aaa") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        marks = list(pool.map(lambda hand_in: grade(course.book, hand_in, limits), hand_ins))
    assert [found.score for found in marks] == [2] * 6
