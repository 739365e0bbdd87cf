"""A run as a picture: what is in it, that it can be drawn, and that nothing in it can run."""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from robots.simulator import png
from robots.simulator.svg import animated_svg, description, still_svg
from tests.robots.notebook.a_run import Written, a_run

SVG = "{http://www.w3.org/2000/svg}"
MOVING = {"animate", "animateTransform", "set"}
HARMLESS = {"svg", "title", "desc", "rect", "polygon", "polyline", "path", "circle", "ellipse", "g", "text", *MOVING}


def parts(svg: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter())


def names(svg: str) -> set[str]:
    return {part.tag.removeprefix(SVG) for part in parts(svg)}


def crab_at(svg: str) -> tuple[float, float]:
    """Where the last thing that is drawn, the crab, stands."""
    place = ElementTree.fromstring(svg)[-1].attrib["transform"].removeprefix("translate(").removesuffix(")").split()
    return float(place[0]), float(place[1])


def test_the_run_is_told_in_words() -> None:
    assert description(Written(a_run())).splitlines() == [
        "れんしゅう コース: 6.0びょう、2てん。プログラムの さいごまで うごいた。",
        "1.0びょう スタートを でた (+1てん)",
        "4.2びょう たまごを おいた (+1てん)",
        "6.0びょう とまった",
    ]


def test_a_still_picture_shows_a_moment_with_y_upwards() -> None:
    run = Written(a_run())
    assert crab_at(still_svg(run, at=0)) == (20, 100)
    assert crab_at(still_svg(run, at=3)) == (80, 82.5)
    assert crab_at(still_svg(run)) == crab_at(still_svg(run, at=99)) == (140, 30)
    assert not names(still_svg(run)) & MOVING


def test_a_moving_picture_ends_where_the_run_did_and_in_its_time() -> None:
    moves = [part for part in parts(animated_svg(Written(a_run()))) if part.tag == f"{SVG}animateTransform"]
    ways = [move.attrib["values"].split(";") for move in moves if move.attrib["type"] == "translate"]
    assert ["20 100", "140 30"] in [[way[0], way[-1]] for way in ways]
    assert {move.attrib["dur"] for move in moves} == {"6s"}
    for move in moves:
        times = [float(time) for time in move.attrib["keyTimes"].split(";")]
        assert times == sorted(times) and times[0] == 0 and times[-1] == 1 and len(times) == len(move.attrib["values"].split(";"))


def test_three_minutes_stay_small() -> None:
    assert len(animated_svg(Written(a_run(3601)))) < 60_000


def test_a_crab_that_turns_round_and_round_never_spins_back() -> None:
    facts = a_run(50)
    facts["frames"]["heading"] = [(0.4 * step + 3.14) % 6.28 - 3.14 for step in range(50)]
    (turns,) = [part.attrib["values"] for part in parts(animated_svg(Written(facts))) if part.attrib.get("type") == "rotate"]
    angles = [float(angle) for angle in turns.split(";")]
    assert all(-30 < after - before < 0 for before, after in pairwise(angles))


def test_screen_readers_find_title_and_words() -> None:
    for svg in (still_svg(Written(a_run())), animated_svg(Written(a_run()))):
        root = ElementTree.fromstring(svg)
        assert root.attrib["role"] == "img"
        assert [root[0].text, root[1].text] == ["れんしゅう コース", description(Written(a_run()))]
        assert root.attrib["aria-labelledby"] == f"{root[0].attrib['id']} {root[1].attrib['id']}"


def hostile() -> dict[str, Any]:
    facts = a_run()
    bad = "</title><script>alert(1)</script>\x00\x1b[31m\u202e\"'><image href='http://127.0.0.1/'/>"
    facts["field"]["title"] = facts["events"][0]["text"] = bad
    facts["field"]["paper"] = 'red"/><script>'
    facts["field"]["lines"][0]["colour"] = "url(http://127.0.0.1/)"
    facts["things"][0]["kind"] = '"><script>'
    return facts


@pytest.mark.parametrize("draw", [still_svg, animated_svg])
def test_nothing_of_a_recording_becomes_markup(draw: Any) -> None:
    svg = draw(Written(hostile()))
    assert names(svg) <= HARMLESS
    attributes = {name for part in parts(svg) for name in part.attrib}
    assert not {name for name in attributes if name.startswith("on") or "href" in name}
    assert "url(" not in svg and "\x1b" not in svg and "\u202e" not in svg


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0' onload='alert(1)"])
def test_what_is_no_number_is_refused(value: object) -> None:
    facts = a_run()
    facts["frames"]["x"][-1] = value
    with pytest.raises(ValueError, match=r"number|float"):
        still_svg(Written(facts))


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", picture[16:24])  # type: ignore[return-value]


def test_a_picture_has_the_size_asked_for_and_differs_from_moment_to_moment() -> None:
    run = Written(a_run())
    assert size(png.picture(run, width=480)) == (480, 320)
    assert png.picture(run, at=1) == png.picture(run, at=1) != png.picture(run, at=2)


def test_frames_are_numbered_files_for_a_film(tmp_path: Path) -> None:
    made = png.frames(Written(a_run()), tmp_path / "film", fps=2, width=90)
    assert [place.name for place in made] == [f"frame-{number:05}.png" for number in range(13)]
    assert {size(place.read_bytes()) for place in made} == {(90, 60)}


@pytest.mark.parametrize(("fps", "width"), [(0, 800), (-1, 800), (1e6, 800), (float("nan"), 800), (10, 3), (10, 10**6)])
def test_too_many_or_too_large_pictures_are_refused_with_the_remedy(tmp_path: Path, fps: float, width: int) -> None:
    with pytest.raises(png.PictureError) as refused:
        png.frames(Written(a_run()), tmp_path / "film", fps=fps, width=width)
    assert refused.value.remedy
    assert list(tmp_path.rglob("*.png")) == []
