"""The demo city that a newcomer meets."""

from __future__ import annotations

import pytest

from hub.roster import apply_oneroster
from hub.roster.demo_city import write_demo
from hub.roster.demo_names import FAMILY, GIVEN, pairs


def test_it_has_two_schools_and_four_classes_of_forty_in_grades_3_to_7(roster, tmp_path):
    apply_oneroster(roster, write_demo(tmp_path / "demo"))
    classes = roster.classes()
    assert [each.grade for each in classes] == [3, 5, 6, 7]
    assert len({each.school for each in classes}) == 2
    for each in classes:
        pupils = roster.pupils(each.course)
        assert len(pupils) == 40 and {pupil.grade for pupil in pupils} == {each.grade}
        assert [pupil.kana for pupil in pupils] == sorted(pupil.kana for pupil in pupils)
        assert roster.teachers(each.course)


def test_it_is_the_same_city_every_time(tmp_path):
    one, two = write_demo(tmp_path / "one", pupils_per_class=5), write_demo(tmp_path / "two", pupils_per_class=5)
    other = write_demo(tmp_path / "other", pupils_per_class=5, seed=2)
    assert all(file.read_bytes() == (two / file.name).read_bytes() for file in one.iterdir())
    assert (one / "users.csv").read_bytes() != (other / "users.csv").read_bytes()


def test_every_name_part_has_a_reading_in_hiragana():
    for written, kana in pairs(FAMILY) + pairs(GIVEN):
        assert written and all("ぁ" <= letter <= "ん" for letter in kana)


def test_a_city_without_a_class_for_each_school_is_no_city(tmp_path):
    with pytest.raises(ValueError, match="class for each"):
        write_demo(tmp_path / "demo", schools=5, classes=3)
