"""Give a lesson of the library to a class, and take it back.

The pupils' version is made in a private folder, looked over, and only then copied: into the course folder for the teacher, into the
exchange for the pupils. A failure before that leaves everything as it was.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from grading.course import ensure_course
from grading.course.folder import GRADEBOOK
from grading.exchange.store import Store
from grading.release.errors import ReleaseError
from grading.release.generator import Generator
from grading.release.guard import check_release
from grading.release.render import render
from hub.roster import Roster, SchoolClass
from kanikko import safe_files
from kanikko.errors import KanikkoError
from kanikko.settings import Settings
from lessons import library
from lessons.library import Lesson


@dataclass(frozen=True)
class Released:
    """``new`` is false if pupils had the very same files already."""

    course: str
    lesson: str
    new: bool


def build(settings: Settings, course: str, lesson: str, *, generator: Generator | None = None) -> Path:
    """Make the lesson's source and pupils' version in the course folder; returns the latter. Pupils see nothing of it yet.

    The gradebook learns assignment, notebooks and cells; marks in it stay. Raises ReleaseError, LessonError.
    """
    _build(settings, course, library.lesson(lesson), generator)
    return settings.courses_dir / course / "release" / lesson


def release(settings: Settings, course: str, lesson: str, *, generator: Generator | None = None) -> Released:
    """Give the lesson to the class, or bring what it has up to date. Safe to call again: marks and hand-ins stay.

    Raises ReleaseError, LessonError.
    """
    found = library.lesson(lesson)
    files = _build(settings, course, found, generator)
    store = Store(settings)
    try:
        if _is_out(store, course, found, files):
            return Released(course, lesson, new=False)
        with tempfile.TemporaryDirectory(prefix="kk") as folder:
            safe_files.write_tree(Path(folder), files)
            store.put_release(course, lesson, found.title, Path(folder))
        return Released(course, lesson, new=True)
    finally:
        store.close()


def release_many(settings: Settings, courses: Iterable[str], lesson: str) -> Iterator[Released | KanikkoError]:
    """``release`` for class after class, nbgrader loaded once. A class that fails is answered by its error; the others go on."""
    with Generator(settings) as generator:
        for course in courses:
            try:
                yield release(settings, course, lesson, generator=generator)
            except KanikkoError as error:
                yield error


def withdraw(settings: Settings, course: str, lesson: str) -> bool:
    """Hide the lesson from the class's pupils; hand-ins, marks and the course folder stay. False if it was not out."""
    store = Store(settings)
    try:
        if store.lesson(course, lesson) is None:
            return False
        store.withdraw(course, lesson)
        return True
    finally:
        store.close()


def _build(settings: Settings, course: str, lesson: Lesson, generator: Generator | None) -> dict[str, bytes]:
    """The pupils' files, looked over, and a copy of them and their sources in the course folder."""
    grade = _school_class(settings, course).grade or lesson.grade
    sources = {f"{name}.ipynb": render(lesson.source(name).read_bytes(), grade) for name in lesson.notebooks}
    folder = ensure_course(settings, course)
    with tempfile.TemporaryDirectory(prefix="kk") as private:
        safe_files.write_tree(Path(private), sources, "source", lesson.id)
        with _own_or(generator, settings) as generating:
            generating.generate(course, lesson.id, Path(private), folder / GRADEBOOK)
        released = {name: place.read_bytes() for name, place in safe_files.files_below(Path(private, "release", lesson.id)).items()}
    check_release(sources, released)
    for step, files in (("source", sources), ("release", released)):
        safe_files.write_tree(folder, files, step, lesson.id, replace=True)
    return released


def _own_or(generator: Generator | None, settings: Settings) -> AbstractContextManager[Generator]:
    """The caller's generator, which the caller ends, or one for this lesson alone."""
    return nullcontext(generator) if generator else Generator(settings)


def _school_class(settings: Settings, course: str) -> SchoolClass:
    found = Roster(settings.roster_db).school_class(course)
    if found is None:
        raise ReleaseError(f"クラス {course[:64]!r} は名簿にありません", remedy="クラスの番号をたしかめてください。")
    return found


def _is_out(store: Store, course: str, lesson: Lesson, files: dict[str, bytes]) -> bool:
    """Whether the class has these very files already, so that nobody is told of news that are none."""
    current = store.lesson(course, lesson.id)
    if current is None or current.title != lesson.title:
        return False
    there = safe_files.files_below(store.release_files(course, lesson.id))
    return {name: place.read_bytes() for name, place in there.items()} == files
