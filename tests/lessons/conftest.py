"""Shared by the tests of lessons: pupils who solve some tasks, and a little library to break."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from hub.roster import Roster, apply_oneroster
from hub.roster.demo_city import write_demo
from kanikko.settings import Settings
from lessons import library
from lessons.library import Lesson


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Lesson], Path]:
    """Copies a lesson into a library of its own, where a test may break it; returns that library."""

    def copy_of(lesson: Lesson) -> Path:
        folder = tmp_path / "library" / lesson.id
        folder.mkdir(parents=True)
        for place in lesson.folder.iterdir():
            (folder / place.name).write_bytes(place.read_bytes())
        return folder.parent

    return copy_of


@pytest.fixture(scope="session")
def kani() -> Lesson:
    return library.lesson("kani-wo-ugokasou")


@pytest.fixture(scope="session")
def kani_source(kani: Lesson) -> NotebookNode:
    return nbformat.read(kani.source("kani-wo-ugokasou"), as_version=4)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, dict[int, list[str]]]:
    """One house for all releases (its first gradebook takes nbgrader seconds), and its unused classes by grade."""
    settings = Settings(var=tmp_path_factory.mktemp("house"))
    settings.make_dirs()
    roster = Roster(settings.roster_db)
    apply_oneroster(roster, write_demo(tmp_path_factory.mktemp("city") / "oneroster", classes=80, pupils_per_class=1))
    unused: dict[int, list[str]] = {}
    for found in roster.classes():
        unused.setdefault(found.grade or 0, []).append(found.course)
    return settings, unused


@pytest.fixture
def settings(house: tuple[Settings, dict[int, list[str]]]) -> Settings:
    return house[0]


@pytest.fixture
def city(house: tuple[Settings, dict[int, list[str]]]) -> dict[int, str]:
    """The course id of a class of each grade that no other test has had."""
    return {grade: courses.pop() for grade, courses in house[1].items() if grade in (3, 5, 6)}
