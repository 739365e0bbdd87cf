"""The library lists its lessons, and says plainly what is wrong with one."""

import shutil
from pathlib import Path

import pytest

from lessons import library
from lessons.library import Lesson, LessonError

GOOD = """
title = "{貝|かい}"
about = "ためし"
grade = 3
minutes = 20
points = 2
notebooks = ["hitotsu"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "tameshi"
    place.mkdir()
    (place / "hitotsu.ipynb").write_text("{}")
    (place / "lesson.toml").write_text(GOOD)
    return place


def test_the_library_lists_its_lessons_by_grade() -> None:
    found = library.lessons()
    assert "kani-wo-ugokasou" in [lesson.id for lesson in found]
    assert [lesson.grade for lesson in found] == sorted(lesson.grade for lesson in found)


def test_a_lesson_is_found_by_its_id(kani: Lesson) -> None:
    assert (kani.grade, kani.minutes, kani.points) == (5, 45, 10)
    assert kani.plain_title == "カニを 動かそう"
    assert kani.source("kani-wo-ugokasou").is_file()


@pytest.mark.parametrize("name", ["nai", "", "..", "../kani-wo-ugokasou", "kani-wo-ugokasou/", "KANI", "カニ"])
def test_a_lesson_that_is_not_there_is_answered_with_those_that_are(name: str) -> None:
    with pytest.raises(LessonError) as error:
        library.lesson(name)
    assert "kani-wo-ugokasou" in error.value.remedy


def test_a_good_description_is_read(folder: Path) -> None:
    assert library.lesson("tameshi", folder.parent).notebooks == ("hitotsu",)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("grade = 3", "grade = 10", "grade: Input should be less than or equal to 9"),
        ("grade = 3", "", "grade: Field required"),
        ("minutes = 20", 'minutes = "nijuu"', "minutes: Input should be a valid integer"),
        ("points = 2", "points = 0", "points: Input should be greater than 0"),
        ('["hitotsu"]', "[]", "name at least one notebook"),
        ('["hitotsu"]', '["hitotsu", "hitotsu"]', "none twice"),
        ('["hitotsu"]', '["../hitotsu"]', "notebooks.0: String should match"),
        ('["hitotsu"]', '["futatsu"]', "futatsu.ipynb is not there"),
        ("grade = 3", "grade = 3\ncolour = 1", "colour: Extra inputs are not permitted"),
        ("{貝|かい}", "{貝|かい", "title: furigana, line 1, column 1"),
        ("grade = 3", "grade is 3", "is not TOML"),
    ],
)
def test_a_bad_description_says_which_line_to_mend(folder: Path, old: str, new: str, problem: str) -> None:
    (folder / "lesson.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(LessonError) as error:
        library.lesson("tameshi", folder.parent)
    assert problem in error.value.message
    assert error.value.message.startswith("tameshi")
    assert error.value.remedy


def test_a_folder_with_a_name_no_url_should_hold_is_refused(folder: Path) -> None:
    shutil.move(folder, folder.with_name("Tameshi_1"))
    with pytest.raises(LessonError, match="id: String should match"):
        library.lessons(folder.parent)
