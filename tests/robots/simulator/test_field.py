"""Fields as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from robots.simulator.field import FieldError, field_from, fields, load_field

BARE = {"name": "f", "title": "F", "size": [2, 1], "paper": "#fff", "paper_shade": 0, "start": {"x": 1, "y": 0.5}}


def test_all_that_come_along_can_be_loaded() -> None:
    assert {"empty", "line", "kanazawa"} <= set(fields())
    for name in fields():
        field = load_field(name)
        assert field.name == name and field.title and field.about
        if field.goal_after:
            assert field.area("home") is not None


def test_the_contests_field_is_as_the_contest_says() -> None:
    field = load_field("kanazawa")
    assert field.size == (3.6, 3.6)
    titles = [area.title for area in field.areas]
    assert {"かなざわエリア", "うちゅうエリア", "げつめんエリア"} <= set(titles)
    assert {line.width for line in field.lines} == {0.1} and {line.shade for line in field.lines} == {0.0}
    kinds = [thing.kind for thing in field.things]
    assert kinds.count("egg") == 1 and kinds.count("rare") == 3 and kinds.count("ball") == 6  # three on each half
    assert {thing.x for thing in field.things if thing.kind == "rare"} == {1.8}  # in the middle: either robot may take them


def test_the_two_halves_mirror_each_other() -> None:
    field = load_field("kanazawa")
    for x in (0.1, 0.7, 0.75, 0.9, 1.12, 1.6):
        for y in (0.15, 0.8, 1.55, 2.0, 2.45, 3.0):
            assert field.shade(x, y) == pytest.approx(field.shade(3.6 - x, y), abs=1e-6)
    home, other = field.area("home"), field.area("other-home")
    assert home is not None and other is not None
    assert [(round(3.6 - x, 6), y) for x, y in home.points] == list(other.points)
    assert field.opponent is not None and field.opponent.path[0][0] == pytest.approx(2.7)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"size": [2]}, "size"),
        ({"size": [2, float("nan")]}, "size"),
        ({"paper": "red"}, "paper"),
        ({"paper_shade": 2}, "paper_shade"),
        ({"start": {"x": 3, "y": 0.5}}, "start is off"),
        ({"start": {"x": float("inf"), "y": 0.5}}, "start.x"),
        ({"colour": "#fff"}, "colour"),
        ({"lines": [{"points": [[0, 0]], "width": 0.1, "shade": 0, "colour": "#fff"}]}, "lines.0.points"),
        ({"things": [{"kind": "egg", "name": "e", "x": 5, "y": 0}]}, "e is off"),
        ({"things": [{"kind": "egg", "name": "e"}, {"kind": "ball", "name": "e"}]}, "called e"),
        ({"things": [{"kind": "car", "name": "e"}]}, "things.0.kind"),
        ({"goal_after": "far"}, "no area far"),
        ({"opponent": {"path": [[0, 0], [1, 1]], "takes": ["gold"]}}, "rare ball"),
        ({"title": ""}, "title"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused_with_the_place(changed: dict[str, object], place: str) -> None:
    with pytest.raises(FieldError, match=place) as caught:
        field_from({**BARE, **changed}, "my.toml")
    assert "my.toml" in caught.value.message and caught.value.remedy


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FieldError, match="no field mars") as caught:
        load_field("mars")
    assert "kanazawa" in caught.value.remedy
    with pytest.raises(FieldError, match="no name of field"):
        load_field("../rules/practice")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ", encoding="utf-8")
    with pytest.raises(FieldError, match=r"broken\.toml"):
        load_field(broken)
    broken.write_bytes(b'name = "\xff"')
    with pytest.raises(FieldError, match=r"broken\.toml"):
        load_field(broken)
    with pytest.raises(FieldError, match="no field"):
        load_field(tmp_path / "missing.toml")
