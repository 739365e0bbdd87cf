"""What happens between the crab, the field, the things and the other robot."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from robots.simulator.crab import HOLDS
from robots.simulator.events import Event
from robots.simulator.field import Field, field_from, load_field
from robots.simulator.hardware import digest
from robots.simulator.rules import Score
from robots.simulator.run import Run
from robots.simulator.world import World

Go = Callable[..., Run]
Kinds = Callable[[Run], list[str]]

HOME = {"name": "home", "title": "いえ", "points": [[0, 0], [1, 0], [1, 1], [0, 1]], "colour": "#00f"}
FAR = {"name": "far", "title": "むこう", "points": [[0, 1.5], [2, 1.5], [2, 2], [0, 2]], "colour": "#f00"}


def field(**more: Any) -> Field:
    """Two metres square, home below on the left, the crab looks up."""
    facts = {"name": "f", "title": "F", "size": [2, 2], "paper": "#fff", "paper_shade": 0, "start": {"x": 0.5, "y": 0.5}}
    return field_from({**facts, "areas": [HOME, FAR], **more})


def thing(kind: str, x: float, y: float, name: str = "") -> dict[str, object]:
    return {"kind": kind, "name": name or kind, "x": x, "y": y}


def find(run: Run, kind: str) -> list[Event]:
    return [event for event in run.recording.events if event.kind == kind]


def test_areas_are_entered_and_left_in_order(go: Go, kinds: Kinds) -> None:
    run = go("forward(100, 2.6)\nback(100, 2.6)", field(goal_after="far"))
    told = [(event.kind, event.area) for event in run.recording.events][1:-1]
    assert told == [("left", "home"), ("entered", "far"), ("left", "far"), ("entered", "home"), ("goal", "home")]
    times = [event.t for event in run.recording.events]
    assert times == sorted(times)
    assert run.ended == "end"


def test_it_is_no_goal_to_come_home_without_having_been_there(go: Go, kinds: Kinds) -> None:
    run = go("forward(100, 1.5)\nback(100, 1.5)", field(goal_after="far"))
    assert kinds(run) == ["left", "entered"]


def test_off_the_field_the_run_is_over(go: Go) -> None:
    run = go("back(100)\nwait(60)\nprint('not reached')", field())
    assert (run.ended, run.printed) == ("off-field", "")
    assert run.seconds < 5
    assert run.recording.frames["y"][-1] < 0


def test_a_ball_is_caught_carried_and_put_down(go: Go, kinds: Kinds) -> None:
    program = "arm_up()\nwait(0.5)\nforward(50, 3)\narm_down()\nwait(0.5)\nback(50, 3)\narm_up()\nwait(0.5)"
    probe = go(program, field())
    top = max(probe.recording.frames["y"])
    run = go(program, field(things=[thing("ball", 0.5, top + 0.15)]), rules="echizen-2022")
    assert kinds(run) == ["left", "picked", "entered", "goal", "brought", "placed"]  # it backs home: the ball comes last
    (ball,) = run.recording.things
    assert len(ball.held) == len(ball.x) == len(run.recording.frames["x"])
    assert 1 in ball.held and ball.held[-1] == 0
    assert ball.y[-1] == pytest.approx(run.recording.frames["y"][-1] + 0.15, abs=0.01)
    assert find(run, "placed")[0].area == "home"


def test_what_is_too_far_from_the_arm_is_not_caught(go: Go, kinds: Kinds) -> None:
    run = go("arm_up()\nwait(0.5)\narm_down()\nwait(0.5)", field(things=[thing("ball", 0.5, 0.5 + 0.15 + 0.06)]))
    assert kinds(run) == []


def test_no_more_fits_under_the_arm_than_it_holds(go: Go, kinds: Kinds) -> None:
    program = "arm_up()\nwait(0.5)\nforward(50, 3)\narm_down()\nwait(0.5)"
    probe = go(program, field()).recording.frames
    x, y = probe["x"][-1], probe["y"][-1] + 0.15
    balls = [thing("ball", x + 0.005 * number, y, f"ball-{number}") for number in range(HOLDS + 2)]
    run = go(program, field(things=balls))
    assert kinds(run).count("picked") == HOLDS < len(balls)


def test_the_body_pushes_what_it_runs_into(go: Go) -> None:
    run = go("arm_up()\nwait(0.5)\nforward(60, 3)", field(things=[thing("ball", 0.5, 0.9)]))
    (ball,) = run.recording.things
    assert ball.y[-1] == pytest.approx(run.recording.frames["y"][-1] + 0.12, abs=0.002)
    assert set(ball.held) == {0}


def test_a_thing_that_is_left_alone_has_one_value(go: Go) -> None:
    run = go("forward(40, 1)", field(things=[thing("ball", 1.8, 0.3)]))
    (ball,) = run.recording.things
    assert (ball.x, ball.y, ball.held) == ((1.8,), (0.3,), (0,))


def test_the_egg_is_carried_from_the_start_and_placed(go: Go) -> None:
    run = go("forward(100, 3)\narm_up()\nwait(0.5)", field(things=[{"kind": "egg", "name": "egg", "held": True}]), rules="echizen-2022")
    (placed,) = find(run, "placed")
    assert (placed.thing, placed.area, placed.points) == ("egg", "far", 1)
    assert run.recording.things[0].held[0] == 1


def test_a_pin_falls_once(go: Go) -> None:
    run = go("forward(60, 3)\nback(60, 2)\nforward(60, 2)", field(things=[thing("pin", 0.5, 0.9)]), rules="practice")
    (pin,) = find(run, "pin")
    assert pin.points == -1


def test_a_block_stops_the_crab_and_motors_that_go_on_in_vain_end_the_run(go: Go) -> None:
    run = go("forward(60)\nwait(60)", field(blocks=[{"title": "かべ", "x": [0, 2], "y": [1.0, 1.1]}]))
    assert run.ended == "stuck"
    assert run.recording.frames["y"][-1] == pytest.approx(1.0 - 0.105, abs=0.001)
    assert [event.text for event in find(run, "bumped")] == ["かべに ぶつかった"]
    assert 10 < run.seconds < 15


def test_too_little_power_is_stuck_too_but_standing_still_on_purpose_is_not(go: Go) -> None:
    assert go("forward(5)\nwait(60)").ended == "stuck"
    waits = go("wait(40)\nforward(60, 1)")
    assert waits.ended == "end" and waits.recording.frames["y"][-1] > 1.6
    assert go("while True: wait(1)", seconds=30).ended == "time"
    assert go("turn_left(50)\nwait(40)").ended == "end"  # it turns: that is getting somewhere


def test_who_keeps_trying_something_else_is_not_stuck(go: Go) -> None:
    wall = field(blocks=[{"title": "かべ", "x": [0, 2], "y": [1.0, 1.1]}])
    assert go("while True:\n    motors(60, 60)\n    wait(4)\n    motors(40, 40)\n    wait(4)", wall, seconds=40).ended == "time"


def opponent(**more: Any) -> dict[str, object]:
    return {"path": [[1.6, 0.3], [1.6, 1.0], [1.4, 1.0], [1.6, 0.3]], "speed": 0.2, "after": 1, **more}


def test_the_opponent_drives_takes_a_rare_ball_and_reaches_its_goal(go: Go) -> None:
    with_rare = field(things=[thing("rare", 1.3, 1.0)], opponent=opponent(takes=["rare"]))
    run = go("wait(12)", with_rare, opponent=True, rules="echizen-2022")
    assert [event.kind for event in run.recording.events] == ["start", "taken", "opponent-goal", "stopped"]
    assert find(run, "opponent-goal")[0].t == pytest.approx(1 + (0.7 + 0.2 + 0.728) / 0.2, abs=0.06)
    rare, other = run.recording.things
    assert (other.kind, other.x[-1], other.y[-1]) == ("opponent", 1.6, 0.3)
    assert (rare.x[-1], rare.y[-1], rare.held[-1]) == (1.6, 0.3, 1)
    alone = go("wait(12)", with_rare)
    assert [event.kind for event in alone.recording.events] == ["start", "stopped"] and len(alone.recording.things) == 1


def test_the_opponent_takes_nothing_out_of_our_home(make: Callable[..., Any]) -> None:
    made = field(things=[thing("rare", 1.3, 1.0)], opponent=opponent(takes=["rare"]))
    for home, where in ((False, "opponent"), (True, "floor")):
        world = World(make(made, opponent=True))
        world.things[0].home, world.things[0].moved = home, False
        world.advance(12_000_000)
        assert world.things[0].where == where


def test_the_opponent_does_not_give_way(go: Go) -> None:
    way = field(opponent={"path": [[0.5, 1.4], [0.5, 0.8]], "speed": 0.1, "after": 0})
    run = go("forward(40)\nwait(12)", way, opponent=True)
    assert find(run, "bumped")
    frames, rival = run.recording.frames, run.recording.things[0]
    apart = [
        math.dist(*places) for places in zip(zip(frames["x"], frames["y"], strict=True), zip(rival.x, rival.y, strict=True), strict=True)
    ]
    assert 0.205 < min(apart) < 0.215


def test_a_goal_after_the_opponents_brings_no_extra_point(go: Go) -> None:
    program = "forward(100, 2.6)\nback(100, 2.6)"
    first = go(program, field(goal_after="far", opponent=opponent(after=9)), opponent=True, rules="echizen-2022")
    second = go("wait(15)\n" + program, field(goal_after="far", opponent=opponent(after=0)), opponent=True, rules="echizen-2022")
    assert first.score.total == second.score.total + 1


def test_retry_puts_crab_and_own_things_back_and_the_points_to_none(make: Callable[..., Any]) -> None:
    held = {"kind": "egg", "name": "egg", "held": True}
    made = field(things=[held, thing("ball", 0.9, 1.2), thing("rare", 1.3, 1.0), thing("rare", 1.9, 1.0, "rare-2")])
    world = World(make(made, rules="echizen-2022"))
    egg, ball, rare, other = world.things
    world.tell("left", "", area="home")
    assert world.score.total == 1
    egg.where, egg.x, ball.where, rare.where = "floor", 1.9, "arm", "arm"
    world.crab.put(1.5, 1.5, 0)
    world.retry()
    assert world.score == Score()
    assert (world.crab.x, world.crab.y) == (0.5, 0.5)
    assert egg.where == "arm" and (ball.where, ball.x, ball.y) == ("floor", 0.9, 1.2)
    assert (rare.where, other.where) == ("out", "floor")
    assert [event.kind for event in world.events][-2:] == ["lost", "retry"]


def test_a_run_with_a_retry_begins_again(go: Go) -> None:
    run = go("print('begin')\nforward(60)\nwait(4)", field(), retries=(2.0,), rules="echizen-2022")
    assert run.printed == "begin\nbegin\n"
    assert [event.kind for event in run.recording.events] == ["start", "left", "retry", "left", "stopped"] or run.ended == "end"
    assert run.score.total == 1
    retry = find(run, "retry")[0]
    index = round(retry.t / 0.05) + 2
    assert (run.recording.frames["x"][index], run.recording.frames["y"][index]) == (0.5, 0.5)
    assert run.seconds > 2 + 5 + 4


@pytest.mark.parametrize("program", ["back(100)\nwait(60)", "forward(5)\nwait(60)", "forward('x')", "stop()"])
def test_after_whatever_end_a_retry_begins_again(go: Go, program: str) -> None:
    once = go(program, field())
    twice = go(program, field(), retries=(30.0,))
    assert twice.ended == once.ended
    assert twice.seconds == pytest.approx(once.seconds + 35, abs=0.2)


def test_the_points_of_the_events_add_up_to_the_score(go: Go) -> None:
    from robots.simulator.examples import example_programs

    contest = next(one for one in example_programs() if one.name == "contest")
    run = go(contest.source, "kanazawa", bare=True, rules="echizen-2022")
    assert sum(event.points for event in run.recording.events) == run.score.total > 5


def test_many_events_do_not_grow_without_end(go: Go) -> None:
    run = go("while True:\n    light(1)\n    light(0)", seconds=60)
    assert run.ended == "time" and len(run.recording.events) < 400


def test_the_worlds_step_does_not_depend_on_how_often_the_program_looks(go: Go) -> None:
    """Looking at the button all the time or sleeping: the crab gets to the same place."""
    sleeping = go("forward(60)\nwait(3)")
    looking = go("forward(60)\nwhile timer() < 3:\n    button()")
    for name, tolerance in (("x", 0.003), ("y", 0.005), ("heading", 0.02)):
        assert looking.recording.frames[name][-1] == pytest.approx(sleeping.recording.frames[name][-1], abs=tolerance)
    assert digest(sleeping.decisions) != digest(looking.decisions)


def test_every_field_can_be_driven_on(go: Go) -> None:
    for name in ("empty", "line", "kanazawa", "delivery", "slalom"):
        assert go("forward(60, 0.5)\nleft_eye()", load_field(name), opponent=True).ended == "end"
