"""The library of lessons: each is a folder ``lessons/<id>/`` with ``lesson.toml`` and nbgrader source notebooks."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from kanikko.errors import KanikkoError
from lessons.furigana import FuriganaError, plain, words

LIBRARY = Path(__file__).resolve().parent
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Marked = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""Text with furigana markup."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]


class LessonError(KanikkoError):
    """A lesson is missing or its ``lesson.toml`` makes no sense."""


def _at_least_one_and_none_twice(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or len(set(names)) < len(names):
        raise ValueError("name at least one notebook, and none twice")
    return names


class Lesson(BaseModel):
    """One lesson as the library knows it. ``title`` and ``about`` carry furigana markup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Name = Field(description="The folder's name; nbgrader's assignment name.")
    title: Marked
    about: Marked = Field(description="What the children learn, in a sentence or two, for teachers.")
    grade: int = Field(ge=1, le=9, description="School year it is written for.")
    minutes: int = Field(ge=5, le=180, description="Planned length in minutes.")
    points: float = Field(gt=0, description="Points in all, over every notebook.")
    robot: bool = Field(False, description="Its programs may go to the robots of an event.")
    notebooks: Annotated[tuple[Name, ...], AfterValidator(_at_least_one_and_none_twice)]
    folder: Path

    @property
    def plain_title(self) -> str:
        """The title with kanji and without readings."""
        return plain(self.title)

    def source(self, notebook: str) -> Path:
        """The source notebook, with its solutions and hidden tests."""
        return self.folder / f"{notebook}.ipynb"


def lessons(library: Path = LIBRARY) -> list[Lesson]:
    """Every lesson of ``library``, by grade and then id. Raises LessonError for the first that makes no sense."""
    found = [_read(place.parent) for place in sorted(library.glob("*/lesson.toml"))]
    return sorted(found, key=lambda lesson: (lesson.grade, lesson.id))


def lesson(lesson_id: str, library: Path = LIBRARY) -> Lesson:
    """The lesson called ``lesson_id``. Raises LessonError if there is none, or it makes no sense."""
    # The id may come from a request: it is checked before it becomes a path.
    if not ID.fullmatch(lesson_id) or not (library / lesson_id / "lesson.toml").is_file():
        known = ", ".join(sorted(place.parent.name for place in library.glob("*/lesson.toml"))) or "none yet"
        raise LessonError(f"the library has no lesson 「{lesson_id[:64]}」", remedy=f"choose one of: {known}")
    return _read(library / lesson_id)


def _read(folder: Path) -> Lesson:
    place = folder / "lesson.toml"
    try:
        facts = tomllib.loads(place.read_text(encoding="utf-8"))
        read = Lesson(**{**facts, "id": folder.name, "folder": folder})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LessonError(f"{folder.name}/lesson.toml is not TOML: {error}", remedy="see docs/ja/lessons.md") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise LessonError(f"{folder.name}/lesson.toml: {problems}", remedy="see docs/ja/lessons.md") from error
    _check_markup(read)
    for notebook in read.notebooks:
        if not read.source(notebook).is_file():
            raise LessonError(f"{folder.name}: notebook {notebook}.ipynb is not there", remedy="add it or correct lesson.toml")
    return read


def _check_markup(read: Lesson) -> None:
    for field, text in (("title", read.title), ("about", read.about)):
        try:
            words(text)
        except FuriganaError as error:
            raise LessonError(f"{read.id}/lesson.toml, {field}: {error.message}", remedy=error.remedy) from error
