"""What a replay gets."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from robots.simulator.examples import example_programs
from robots.simulator.recording import LISTS, STEP
from robots.simulator.run import Run

Go = Callable[..., Run]
CONTEST = next(program for program in example_programs() if program.name == "contest")


@pytest.fixture(scope="module")
def contest(go: Go) -> Run:
    return go(CONTEST.source, "kanazawa", bare=True, rules="echizen-2022", opponent=True)


def test_it_is_json_of_the_agreed_form(contest: Run) -> None:
    facts = json.loads(contest.recording.dumps())
    assert facts == contest.recording.as_json()
    assert set(facts) == {"version", "field", "crab", "step", "frames", "things", "events", "ended", "seconds", "score"}
    assert (facts["version"], facts["step"], facts["ended"]) == (1, STEP, "end")
    assert set(facts["field"]) >= {"name", "title", "size", "paper", "lines", "areas"}
    assert set(facts["field"]["lines"][0]) == {"points", "width", "colour"}
    assert set(facts["field"]["areas"][0]) == {"name", "title", "points", "colour"}
    assert set(facts["crab"]) == {"length", "width", "eyes", "arm"}
    assert set(facts["frames"]) == set(LISTS)
    assert {"t", "kind", "text", "points"} <= set(facts["events"][0])
    assert facts["score"]["total"] == contest.score.total == sum(item["points"] for item in facts["score"]["items"])


def test_there_is_one_value_a_step_from_the_start_to_the_end(contest: Run) -> None:
    frames = contest.recording.frames
    steps = len(frames["x"])
    assert {len(values) for values in frames.values()} == {steps}
    assert (steps - 1) * STEP == pytest.approx(contest.seconds, abs=STEP)
    assert (frames["x"][0], frames["y"][0], frames["heading"][0]) == (0.9, 0.4, 1.57)
    for thing in contest.recording.things:
        assert {len(thing.x), len(thing.y), len(thing.held)} in ({1}, {steps})


def test_values_are_in_their_ranges(contest: Run) -> None:
    frames = contest.recording.frames
    assert all(-100 <= one <= 100 for name in ("left", "right") for one in frames[name])
    assert all(0 <= one <= 4095 for name in ("left_eye", "right_eye") for one in frames[name])
    assert all(0 <= one <= 90 for one in frames["arm"])
    assert all(3 < one < 7 for one in frames["volts"])
    assert min(frames["left_eye"]) == 0 and max(frames["left_eye"]) > 3500
    times = [event.t for event in contest.recording.events]
    assert times == sorted(times) and times[-1] <= contest.seconds


def test_what_the_picture_shows_is_what_the_program_did(go: Go) -> None:
    frames = go("motors(50, -30)\nwait(1)\nmotors(-20, 70, 1)").recording.frames
    assert (frames["left"][10], frames["right"][10]) == pytest.approx((50, -30), abs=1)
    assert (frames["left"][30], frames["right"][30]) == pytest.approx((-20, 70), abs=1)
    assert (frames["left"][-1], frames["right"][-1]) == (0, 0)


def test_three_minutes_are_small(go: Go) -> None:
    program = "arm_up()\nwhile True:\n    arm_down()\n    turn_left(50, 0.7)\n    arm_up()\n    motors(60, 40, 1.1)"
    run = go(program, "line", rules="practice")
    assert run.seconds == 180 or run.ended == "off-field"
    long = go(CONTEST.source + "\nwhile True: turn_left(30)", "kanazawa", bare=True, rules="practice", opponent=True)
    assert long.seconds == 180 and len(long.recording.dumps()) < 400_000
    alone = go("while True:\n    turn_left(50, 0.7)\n    motors(60, 40, 1.1)", "empty")
    assert len(alone.recording.dumps()) < 200_000


def test_a_run_that_was_broken_off_can_be_shown(go: Go) -> None:
    run = go("forward(30, 0.5)\nwhile True: pass", wall=0.2)
    assert run.ended == "endless" and len(run.recording.frames["x"]) > 5
    json.loads(run.recording.dumps())


def test_nothing_in_it_is_infinite_or_says_who(contest: Run) -> None:
    text = contest.recording.dumps()
    assert "NaN" not in text and "Infinity" not in text and "/" not in text.replace("／", "")
