"""A lesson of the library reaches a class: with its furigana, its gradebook, and without its secrets."""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from grading.exchange.store import Store
from grading.release import LeakError, Released, ReleaseError, build, publish, release, release_many, withdraw
from grading.release.generator import Generator
from kanikko.safe_files import UnsafeFiles
from kanikko.settings import Settings
from lessons import library
from lessons.library import Lesson, LessonError
from lessons.regions import MARKS

KANI = "kani-wo-ugokasou"
NOTEBOOK = f"{KANI}.ipynb"
Give = Callable[[str, str], Released]


@pytest.fixture(scope="module")
def generator() -> Iterator[Generator]:
    """One process with nbgrader in it for all these tests."""
    with Generator(Settings()) as running:
        yield running


@pytest.fixture
def give(settings: Settings, generator: Generator) -> Give:
    """``release`` in this test's house."""
    return functools.partial(release, settings, generator=generator)


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings)


def cells(folder: Path) -> dict[str, Any]:
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads((folder / NOTEBOOK).read_text())["cells"]}


def gradebook(settings: Settings, course: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(settings.courses_dir / course / "gradebook.db")) as database:
        return database.execute(sql).fetchall()


def mark_a_pupil(settings: Settings, course: str) -> None:
    """As after grading: one pupil has 2 points for the second task."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{settings.courses_dir / course / 'gradebook.db'}", course) as book:
        pupil = book.students[0].id
        book.add_submission(KANI, pupil)
        book.find_grade("tashikame-2", KANI, KANI, pupil).auto_score = 2
        book.db.commit()


def scores(settings: Settings, course: str) -> list[tuple[Any, ...]]:
    return gradebook(settings, course, "SELECT auto_score FROM grade WHERE auto_score IS NOT NULL")


def test_pupils_find_the_lesson_with_furigana_for_their_class_and_without_its_secrets(
    give: Give, city: dict[int, str], store: Store
) -> None:
    assert give(city[5], KANI).new
    [out] = store.lessons([city[5]])
    assert (out.lesson, out.title, out.notebooks) == (KANI, "カニを {動|うご}かそう", (KANI,))
    pupils = cells(store.release_files(city[5], KANI))
    assert pupils["kotae-1"] == "start(1)\n\n# ここに かいてね\n\nshow()"
    assert "カニを 動かそう" in pupils["hajime"]
    text = (store.release_files(city[5], KANI) / NOTEBOOK).read_text()
    assert not [mark for mark in MARKS if mark in text]
    assert "for size in" not in text


def test_a_younger_class_gets_more_furigana(settings: Settings, city: dict[int, str], store: Store) -> None:
    for outcome in release_many(settings, (city[3], city[6]), KANI):
        assert isinstance(outcome, Released)
    third, sixth = (cells(store.release_files(city[grade], KANI))["hajime"] for grade in (3, 6))
    assert "カニを <ruby>動<rp>(</rp><rt>うご</rt><rp>)</rp></ruby>かそう" in third
    assert "カニを 動かそう" in sixth
    assert "<ruby>" not in sixth


def test_explanations_cannot_be_edited_or_deleted_and_answers_can_be_edited(
    give: Give, settings: Settings, city: dict[int, str], store: Store
) -> None:
    give(city[5], KANI)
    notebook = json.loads((store.release_files(city[5], KANI) / NOTEBOOK).read_text())
    editable = [cell["id"] for cell in notebook["cells"] if cell["metadata"].get("editable", True)]
    assert editable == ["kotae-1", "kotae-2", "kotae-3", "kotae-4", "kotae-5", "asobou"]


def test_the_gradebook_knows_every_task_and_the_teacher_has_source_and_release(
    generator: Generator, settings: Settings, city: dict[int, str]
) -> None:
    folder = build(settings, city[5], KANI, generator=generator)
    assert folder == settings.courses_dir / city[5] / "release" / KANI
    assert gradebook(settings, city[5], "SELECT sum(max_score), count(*) FROM base_cell JOIN grade_cells USING (id)") == [(10, 5)]
    assert "steps = 4" in cells(folder.parent.parent / "source" / KANI)["kotae-1"]
    assert "steps = 4" not in cells(folder)["kotae-1"]
    assert Store(settings).lessons([city[5]]) == []  # built only


def test_releasing_again_changes_nothing_and_keeps_marks(give: Give, settings: Settings, city: dict[int, str], store: Store) -> None:
    give(city[5], KANI)
    mark_a_pupil(settings, city[5])
    change = store.last_change()
    assert not give(city[5], KANI).new
    assert store.last_change() == change  # nobody is told of news that are none
    assert scores(settings, city[5]) == [(2,)]


def edit_library(monkeypatch: pytest.MonkeyPatch, library_folder: Path) -> None:
    monkeypatch.setattr(publish.library, "lesson", lambda name, real=library.lesson: real(name, library_folder))


def test_a_mended_lesson_reaches_a_class_whose_marks_stay(
    give: Give,
    settings: Settings,
    city: dict[int, str],
    store: Store,
    copied: Callable[[Lesson], Path],
    kani: Lesson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(city[5], KANI)
    mark_a_pupil(settings, city[5])
    mended = copied(kani)
    place = mended / KANI / NOTEBOOK
    place.write_text(place.read_text().replace("おつかれさま!", "よく がんばったね!"))
    edit_library(monkeypatch, mended)
    assert give(city[5], KANI).new
    assert "よく がんばったね!" in cells(store.release_files(city[5], KANI))["owari"]
    assert scores(settings, city[5]) == [(2,)]


def test_a_lesson_whose_tasks_changed_is_refused_where_marks_exist_and_the_class_keeps_what_it_has(
    give: Give,
    settings: Settings,
    city: dict[int, str],
    store: Store,
    copied: Callable[[Lesson], Path],
    kani: Lesson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(city[5], KANI)
    mark_a_pupil(settings, city[5])
    before = (store.release_files(city[5], KANI) / NOTEBOOK).read_bytes()
    source = (settings.courses_dir / city[5] / "source" / KANI / NOTEBOOK).read_bytes()
    mended = copied(kani)
    place = mended / KANI / NOTEBOOK
    place.write_text(place.read_text().replace("tashikame-2", "tashikame-9"))
    edit_library(monkeypatch, mended)
    with pytest.raises(ReleaseError, match=r"tashikame-2.*tashikame-9") as error:
        give(city[5], KANI)
    assert error.value.remedy
    assert (store.release_files(city[5], KANI) / NOTEBOOK).read_bytes() == before
    assert (settings.courses_dir / city[5] / "source" / KANI / NOTEBOOK).read_bytes() == source
    assert scores(settings, city[5]) == [(2,)]
    assert give(city[6], KANI).new  # a class without marks takes it


def test_a_withdrawn_lesson_is_hidden_keeps_its_marks_and_can_come_back(
    give: Give, settings: Settings, city: dict[int, str], store: Store
) -> None:
    assert not withdraw(settings, city[5], KANI)  # never out
    give(city[5], KANI)
    mark_a_pupil(settings, city[5])
    assert withdraw(settings, city[5], KANI)
    assert store.lessons([city[5]]) == []
    assert scores(settings, city[5]) == [(2,)]
    assert (settings.courses_dir / city[5] / "source" / KANI / NOTEBOOK).is_file()
    assert not withdraw(settings, city[5], KANI)
    assert give(city[5], KANI).new
    assert [out.lesson for out in store.lessons([city[5]])] == [KANI]


def test_a_planted_link_leads_nowhere(give: Give, generator: Generator, settings: Settings, city: dict[int, str], tmp_path: Path) -> None:
    folder = build(settings, city[5], KANI, generator=generator).parent.parent
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / NOTEBOOK).write_text("a pupil's work")
    for step in ("source", "release"):
        (folder / step / KANI).rename(folder / step / "old")
        (folder / step / KANI).symlink_to(outside)
    give(city[5], KANI)
    assert (outside / NOTEBOOK).read_text() == "a pupil's work"
    assert not (folder / "source" / KANI).is_symlink()
    (folder / "source").rename(folder / "moved")
    (folder / "source").symlink_to(outside)
    with pytest.raises(UnsafeFiles):
        give(city[5], KANI)
    assert sorted(place.name for place in outside.iterdir()) == [NOTEBOOK]


def test_a_configuration_planted_in_the_course_folder_is_not_run(
    give: Give, generator: Generator, settings: Settings, city: dict[int, str], tmp_path: Path
) -> None:
    folder = build(settings, city[5], KANI, generator=generator).parent.parent
    (folder / "nbgrader_config.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    give(city[5], KANI)
    assert not (tmp_path / "ran").exists()


def test_one_class_that_fails_does_not_stop_the_others(settings: Settings, city: dict[int, str]) -> None:
    first, second = release_many(settings, ["cnobody2", city[5]], KANI)
    assert isinstance(first, ReleaseError)
    assert "名簿にありません" in first.message
    assert second == Released(city[5], KANI, new=True)


def test_a_lesson_the_library_does_not_have_is_refused(give: Give, city: dict[int, str]) -> None:
    with pytest.raises(LessonError):
        give(city[5], "../kani")


def test_nothing_goes_out_if_nbgrader_left_a_secret_in(
    give: Give, settings: Settings, city: dict[int, str], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(self: object, course: str, lesson: str, folder: Path, gradebook: Path) -> None:
        (folder / "release").mkdir()
        (folder / "source" / lesson).rename(folder / "release" / lesson)

    monkeypatch.setattr(Generator, "generate", careless)
    with pytest.raises(LeakError):
        give(city[5], KANI)
    assert store.lessons([city[5]]) == []
    assert not (settings.courses_dir / city[5] / "release" / KANI).exists()
