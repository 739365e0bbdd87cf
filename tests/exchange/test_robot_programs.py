"""Programs that pupils marked for the robot, as the teacher's page asks for them."""

from __future__ import annotations

import hashlib
import json

import pytest
from exchange_house import AIKO, BUNTA, COURSE, OTHER_TEACHER, TEACHER, House, notebook

from kanikko.exchange_client import Asks, ExchangeFault

PROGRAM = b"from kani import *\n\xe3\x81\xbe\xe3\x81\x88(60)\n"


def marker(program: str = "crab.py", content: bytes = PROGRAM) -> bytes:
    return json.dumps({"program": program, "sha256": hashlib.sha256(content).hexdigest(), "at": "2026-11-23T10:00:00+09:00"}).encode()


def test_the_newest_marked_program_of_each_pupil_comes_out(house: House, released: str) -> None:
    aiko, bunta = house.client(AIKO), house.client(BUNTA)
    aiko.submit(COURSE, released, {"kani.ipynb": notebook(), "crab.py": b"old\n", "robot.json": marker(content=b"old\n")})
    newer = aiko.submit(COURSE, released, {"kani.ipynb": notebook(), "crab.py": PROGRAM, "robot.json": marker()})
    aiko.submit(COURSE, released, {"kani.ipynb": notebook("1 + 1")})  # later, without a mark: the one before stays
    bunta.submit(COURSE, released, {"kani.ipynb": notebook(), "crab.py": PROGRAM})
    (found,) = house.client(TEACHER).ask(Asks.programs(COURSE, released))
    assert (found.student, found.submission, found.program) == (AIKO, newer.id, "crab.py")
    assert found.source == PROGRAM.decode()
    assert found.sha256 == hashlib.sha256(PROGRAM).hexdigest()


@pytest.mark.parametrize(
    "files",
    [
        {"robot.json": b"{"},
        {"robot.json": b"[" * 2000},
        {"robot.json": marker("../crab.py"), "crab.py": PROGRAM},
        {"robot.json": marker("robot.json")},
        {"robot.json": marker(), "crab.py": b"\xff\xfe"},
        {"robot.json": marker(), "crab.py": b"#" * 200_000},
        {"robot.json": marker()},
    ],
)
def test_a_mark_that_makes_no_sense_is_passed_over(house: House, released: str, files: dict[str, bytes]) -> None:
    house.client(AIKO).submit(COURSE, released, {"kani.ipynb": notebook(), **files})
    assert house.as_hub().ask(Asks.programs(COURSE, released)) == []


def test_only_who_teaches_the_class_may_ask(house: House, released: str) -> None:
    for other in (AIKO, OTHER_TEACHER):
        with pytest.raises(ExchangeFault):
            house.client(other).ask(Asks.programs(COURSE, released))
