"""The example programs do what their first line says."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from robots.simulator.examples import Program, example_programs
from robots.simulator.field import load_field
from robots.simulator.run import Run

Go = Callable[..., Run]
EXAMPLES = {program.name: program for program in example_programs()}


@pytest.fixture
def play(go: Go) -> Callable[..., Run]:
    def played(name: str, **more: object) -> Run:
        program = EXAMPLES[name]
        more.setdefault("rules", "practice")
        return go(program.source, program.field, bare=True, **more)

    return played


def kinds(run: Run) -> list[str]:
    return [event.kind for event in run.recording.events]


@pytest.mark.parametrize("program", EXAMPLES.values(), ids=EXAMPLES)
def test_every_example_says_what_it_does_runs_on_its_field_and_ends(go: Go, program: Program) -> None:
    assert len(program.about) > 10
    run = go(program.source, program.field, bare=True, rules="practice", presses=(7.0,) if program.name == "button" else ())
    assert run.ended == {"mistake": "error", "button": "button"}.get(program.name, "end"), run.error
    x, y = run.recording.frames["x"], run.recording.frames["y"]
    width, height = load_field(program.field).size
    assert all(0 < one < width for one in x) and all(0 < one < height for one in y)


def test_there_are_enough_and_some_speak_japanese() -> None:
    assert len(EXAMPLES) >= 12
    assert "まえ(" in EXAMPLES["nihongo"].source and "まつ(" in EXAMPLES["nihongo"].source


@pytest.mark.parametrize("seed", range(3))
def test_straight_is_nearly_straight(play: Callable[..., Run], seed: int) -> None:
    frames = play("straight", seed=seed).recording.frames
    assert frames["y"][-1] - 1.5 == pytest.approx(0.48, abs=0.03) and abs(frames["x"][-1] - 1.5) < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_the_square_has_four_corners_and_comes_back(play: Callable[..., Run], seed: int) -> None:
    frames = play("square", seed=seed).recording.frames
    assert frames["heading"][-1] - frames["heading"][0] == pytest.approx(2 * math.pi, abs=0.4)
    assert math.dist((frames["x"][-1], frames["y"][-1]), (1.5, 1.5)) < 0.2
    assert 0.3 < max(frames["x"]) - min(frames["x"]) < 0.6 and 0.3 < max(frames["y"]) - min(frames["y"]) < 0.6


@pytest.mark.parametrize("name", ["one_eye", "two_eyes", "smooth"])
@pytest.mark.parametrize("seed", [0, 3])
def test_line_followers_stay_on_the_line_all_the_way_round(play: Callable[..., Run], name: str, seed: int) -> None:
    run = play(name, seed=seed)
    (line,) = load_field("line").lines
    ends = list(zip(line.points, line.points[1:] + line.points[:1], strict=True))
    from robots.simulator.shapes import distance_to_segment

    for x, y in zip(run.recording.frames["x"], run.recording.frames["y"], strict=True):
        assert min(distance_to_segment(x, y, *piece) for piece in ends) < 0.1
    assert "goal" in kinds(run)  # once round at least


@pytest.mark.parametrize("seed", range(3))
def test_until_the_line_stops_at_the_line(play: Callable[..., Run], seed: int) -> None:
    run = play("until_line", seed=seed)
    assert run.recording.frames["y"][-1] + 0.085 == pytest.approx(1.4, abs=0.05)
    assert run.printed.startswith("せんを 見つけた") and "beep" in kinds(run)


@pytest.mark.parametrize("seed", range(3))
def test_the_egg_is_delivered_and_the_crab_comes_home(play: Callable[..., Run], seed: int) -> None:
    run = play("egg", seed=seed)
    assert {item.name for item in run.score.items} >= {"egg", "returned", "far"} and run.score.total == 6


@pytest.mark.parametrize("seed", range(3))
def test_the_ball_is_brought_home(play: Callable[..., Run], seed: int) -> None:
    assert "balls" in {item.name for item in play("ball", seed=seed).score.items}


def test_the_slalom_leaves_every_pin_standing(play: Callable[..., Run]) -> None:
    run = play("slalom")
    assert "pin" not in kinds(run) and run.score.total == 3


def test_dances_differ_by_the_seed(play: Callable[..., Run]) -> None:
    dances = {play("dance", seed=seed).printed for seed in range(4)}
    assert len(dances) == 4


def test_the_timer_keeps_time(play: Callable[..., Run]) -> None:
    run = play("timed")
    lights = [event.t for event in run.recording.events if event.kind == "light"]
    assert lights == pytest.approx(range(1, 11), abs=0.1)
    assert run.printed.splitlines()[-1] == "10 びょう"


def test_the_mistake_is_in_the_line_that_it_says(play: Callable[..., Run]) -> None:
    run = play("mistake")
    assert "line 5" in run.error and "はやく" in run.error


@pytest.mark.parametrize("seed", [0, 2, 5])
@pytest.mark.parametrize("opponent", [False, True])
def test_the_contest_run_scores_all_but_two_balls(play: Callable[..., Run], seed: int, opponent: bool) -> None:
    run = play("contest", seed=seed, rules="echizen-2022", opponent=opponent)
    assert run.ended == "end"
    assert {item.name: item.points for item in run.score.items} == {
        "left-start": 1, "midpoint": 1, "far": 1, "egg": 1, "returned": 2, "own-balls": 1, "first": 1,
    }  # fmt: skip
    assert kinds(run)[-1] == "stopped"


def test_the_contest_run_works_on_the_other_board_too(play: Callable[..., Run]) -> None:
    assert play("contest", profile="esp32", rules="echizen-2022").score.total == 8
