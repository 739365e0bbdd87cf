"""Programs killed with -9 while children hand in: nothing a child was told is in gets lost, nothing is graded twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from kanikko.settings import PROJECT
from tests.e2e.child import Child
from tests.e2e.house import House

pytestmark = [pytest.mark.house, pytest.mark.timeout(600)]

KILLS = 20
VICTIMS = ("hub", "exchange", "grader")
LONGEST_STEP_SECONDS = 1.5
CLASS = 3
AGAIN_SECONDS = 60


@pytest.fixture(autouse=True)
def logs(house: House) -> Iterator[None]:
    """The house's logs are kept for whoever reads a failure."""
    yield
    for log in house.settings.logs_dir.glob("*.log"):
        (PROJECT / "tests" / "artefacts" / f"crashes-{log.name}").write_bytes(log.read_bytes())


@pytest.fixture(scope="module")
def children(house: House) -> list[Child]:
    class_of = [Child(house.url, house.sheet, number) for number in range(CLASS)]
    for child in class_of:
        child.signs_in()
        child.opens_the_lesson()
    return class_of


def test_twenty_kills_at_random_moments_lose_nothing_and_grade_nothing_twice(house: House, children: list[Child]) -> None:
    seed = random.randrange(1 << 32)
    print(f"random seed {seed}")
    dice = random.Random(seed)
    told: list[tuple[Child, str]] = []
    for kill in range(KILLS):
        answers: dict[int, str | None] = {}

        def hand_in(number: int, answers: dict[int, str | None] = answers) -> None:
            answers[number] = children[number].hands_in()
            until = time.monotonic() + AGAIN_SECONDS
            while answers[number] is None and time.monotonic() < until:  # the page says: press again
                time.sleep(0.2)
                answers[number] = children[number].hands_in()

        threads = [threading.Thread(target=hand_in, args=(number,)) for number in range(CLASS)]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0, LONGEST_STEP_SECONDS))
        house.kill(VICTIMS[kill % len(VICTIMS)])
        for thread in threads:
            thread.join(90)
        told += [(children[number], submission) for number, submission in answers.items() if submission]
    print(f"{len(told)} hand-ins acknowledged")
    assert len(told) == KILLS * CLASS

    for child, submission in told:
        last = _graded(child, submission, seconds=120)
        assert last and last["state"] == "graded", f"{submission} was acknowledged and never graded: {last}"
    assert len({submission for _, submission in told}) == len(told)
    _graded_once(house, [submission for _, submission in told])
    for program in VICTIMS:
        assert house.pid_of(program), f"{program} did not come back"


def _graded(child: Child, submission: str, seconds: float) -> dict[str, Any] | None:
    """The last that was heard of a hand-in: graded, failed, or what it was when the time ran out."""
    until = time.monotonic() + seconds
    marks = None
    while time.monotonic() < until:
        marks = child.marks(submission) or marks
        if marks and marks["state"] in ("graded", "failed"):
            return marks
        time.sleep(0.3)
    return marks


def _graded_once(house: House, submissions: list[str]) -> None:
    from sqlite_utils import Database

    exchange = Database(house.settings.exchange_dir / "exchange.db")
    for submission in submissions:
        graded = exchange.execute("SELECT count(*) FROM changes WHERE submission = ? AND state = 'graded'", [submission]).fetchone()[0]
        assert graded == 1, f"{submission} was graded {graded} times"
    gradebook = Database(house.settings.courses_dir / house.sheet["course"] / "gradebook.db")
    marked = [row[0] for row in gradebook.execute("SELECT submission FROM kanikko_graded")]
    assert len(marked) == len(set(marked)) and set(submissions) <= set(marked)
