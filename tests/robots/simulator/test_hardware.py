"""The pins of a board: operation by operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from robots.board import load_profile
from robots.simulator.hardware import LOOK_US, QUICK_US, ROW, SLOW_US, BadOperation, Hardware, RunOver, digest
from robots.simulator.setup import Setup, SetupError
from robots.simulator.world import World

Make = Callable[..., Setup]


def board(setup: Setup) -> Hardware:
    return Hardware(setup.profile, World(setup))


def value(hardware: Hardware, name: str, *arguments: Any) -> int:
    return hardware.op(name, *arguments)[0]


def test_time_passes_only_by_operations(make: Make) -> None:
    hardware = board(make())
    assert value(hardware, "ticks") == LOOK_US["ticks"]
    assert value(hardware, "sleep", 123_456) == 123_456
    value(hardware, "pwm", 10, 1000, 0)
    assert hardware.now == LOOK_US["ticks"] + 123_456 + QUICK_US
    assert value(hardware, "ticks") == hardware.now


def test_a_loop_that_only_orders_moves_on_too_but_orders_that_belong_together_are_quick(make: Make) -> None:
    hardware = board(make(profile="esp32"))
    for _ in range(100):  # as kani drives a wheel: no power, the direction, power
        before = hardware.now
        value(hardware, "pwm", 4, 1000, 0)
        value(hardware, "write", 16, 1)
        value(hardware, "write", 17, 0)
        value(hardware, "pwm", 4, 1000, 40000)
        assert hardware.now - before == 3 * QUICK_US + SLOW_US
    before = hardware.now
    for _ in range(10 * ROW):
        value(hardware, "write", 2, 1)
    assert hardware.now - before == 10 * ((ROW - 1) * QUICK_US + SLOW_US)


def test_in_in_drivers(make: Make) -> None:
    hardware = board(make())
    crab = hardware.world.crab
    value(hardware, "pwm", 10, 1000, 65535)
    value(hardware, "pwm", 13, 1000, 32768)
    assert crab.power == [1.0, -32768 / 65535]
    value(hardware, "pwm", 10, 1000, 0)
    assert crab.power[0] == 0
    value(hardware, "write", 11, 1)  # a pin that is simply high is full power
    assert crab.power[0] == -1
    value(hardware, "write", 10, 1)  # both: a brake
    assert crab.power[0] == 0


def test_phase_drivers(make: Make) -> None:
    hardware = board(make(profile="esp32"))
    crab = hardware.world.crab
    value(hardware, "pwm", 4, 1000, 32768)
    assert crab.power == [0, 0]  # no direction yet
    value(hardware, "write", 16, 1)
    assert crab.power[0] == pytest.approx(0.5, abs=1e-4)
    value(hardware, "write", 16, 0)
    value(hardware, "write", 17, 1)
    assert crab.power[0] == pytest.approx(-0.5, abs=1e-4)


@pytest.mark.parametrize("name", ["pico", "esp32", "microbit"])
def test_every_board_drives_the_way_that_it_is_told(go: Callable[..., Any], name: str) -> None:
    straight = go("forward(60, 1)", profile=name).recording.frames
    assert straight["y"][-1] > 1.65 and abs(straight["x"][-1] - 1.5) < 0.05
    assert go("back(60, 1)", profile=name).recording.frames["y"][-1] < 1.35
    assert go("turn_left(50, 0.6)", profile=name).recording.frames["heading"][-1] == pytest.approx(1.57 * 2, abs=0.2)
    assert go("turn_right(50, 0.6)", profile=name).recording.frames["heading"][-1] == pytest.approx(0, abs=0.2)
    assert max(go("arm_up()\nwait(0.6)", profile=name).recording.frames["arm"]) >= 89


def test_the_three_boards_get_to_the_same_place(go: Callable[..., Any]) -> None:
    program = "forward(60, 1)\nturn_left(50, 0.4)\nforward(40, 1)"
    places = [
        (run["x"][-1], run["y"][-1]) for run in (go(program, profile=name).recording.frames for name in ("pico", "esp32", "microbit"))
    ]
    for place in places[1:]:
        assert place == pytest.approx(places[0], abs=0.01)


def test_eyes_read_white_and_black_with_this_crabs_own_levels_and_noise(make: Make) -> None:
    white = board(make("empty"))
    seen = [value(white, "adc", 26) >> 4 for _ in range(200)]
    assert 20 < min(seen) < max(seen) < 200 and 5 < max(seen) - min(seen) <= 50
    assert value(white, "adc", 27) >> 4 != seen[0]
    black = board(make("kanazawa"))
    assert all(3600 < value(black, "adc", pin) >> 4 < 4095 for pin in (26, 27) for _ in range(50))
    assert value(white, "adc", 99) == 0


def test_the_battery_pin_shows_the_battery(make: Make) -> None:
    assert value(board(make()), "adc", 28) / 65535 * 9.9 == pytest.approx(6.2, abs=0.2)
    assert value(board(make(charge=0.02)), "adc", 28) / 65535 * 9.9 < 4


def test_a_press_is_read_and_interrupts(make: Make) -> None:
    hardware = board(make(presses=(1.0,)))
    hardware.op("irq", 14, 3)
    assert value(hardware, "read", 14) == 1
    passed, fired = hardware.op("sleep", 2_000_000)
    assert fired == ("irq:14",) and hardware.now == 1_000_000 and passed == 1_000_000 - QUICK_US - LOOK_US["read"]
    assert value(hardware, "read", 14) == 0
    _, fired = hardware.op("sleep", 1_000_000)
    assert fired == ("irq:14",) and hardware.now == 1_300_000
    assert value(hardware, "read", 14) == 1


@pytest.mark.parametrize(("trigger", "times"), [(1, [1_300_000]), (2, [1_000_000]), (0, [])])
def test_only_the_edge_that_was_asked_for(make: Make, trigger: int, times: list[int]) -> None:
    hardware = board(make(presses=(1.0,)))
    hardware.op("irq", 14, trigger)
    seen = []
    while hardware.now < 2_000_000:
        if hardware.op("sleep", 2_000_000)[1]:
            seen.append(hardware.now)
    assert seen == times


def test_a_periodic_timer_keeps_its_beat_while_handlers_take_time(make: Make) -> None:
    hardware = board(make())
    start, seen = hardware.now, list[int]()
    hardware.op("timer", 1, 100_000, 1)
    while len(seen) < 5:
        _, fired = hardware.op("sleep", 1_000_000)
        if fired:
            assert fired == ("timer:1",)
            seen.append(hardware.now - start)
            hardware.op("read", 14)
            hardware.op("adc", 28)
    assert seen == [100_000, 200_000, 300_000, 400_000, 500_000]


def test_a_timer_that_is_missed_fires_once_and_not_in_a_burst(make: Make) -> None:
    hardware = board(make())
    hardware.op("timer", 1, 300, 1)
    _, fired = hardware.op("adc", 26)
    assert fired == ("timer:1",)


def test_once_is_once_off_is_off_and_anew_is_anew(make: Make) -> None:
    hardware = board(make())
    hardware.op("timer", 1, 100_000, 0)
    hardware.op("timer", 2, 150_000, 1)
    hardware.op("timer", 2, 0, 0)
    hardware.op("timer", 3, 50_000, 1)
    hardware.op("timer", 3, 400_000, 0)
    fired = []
    while hardware.now < 1_000_000:
        fired += hardware.op("sleep", 1_000_000)[1]
    assert fired == ["timer:1", "timer:3"]


def test_a_sleep_that_a_handler_interrupts_does_not_get_longer(make: Make) -> None:
    hardware = board(make())
    hardware.op("timer", 1, 30_000, 1)
    start, left = hardware.now, 100_000
    while left:
        passed, fired = hardware.op("sleep", left)
        left -= passed
        if fired:
            hardware.op("adc", 26)
    assert hardware.now - start == 100_000


def test_many_short_sleeps_move_on(make: Make) -> None:
    hardware = board(make())
    for _ in range(1000):
        assert value(hardware, "sleep", 1) == 1
    assert 200_000 < hardware.now < 300_000


def test_the_run_ends_at_its_time_to_the_microsecond_and_stays_over(make: Make) -> None:
    hardware = board(make(seconds=1.5))
    for _ in range(2):
        with pytest.raises(RunOver) as over:
            hardware.op("sleep", 5_000_000)
        assert over.value.reason == "time"
    assert hardware.world.us == 1_500_000 and hardware.decisions == []
    assert not isinstance(over.value, Exception)  # no program's `except Exception` catches it


def test_decisions_are_what_was_asked_and_answered(make: Make) -> None:
    hardware = board(make())
    hardware.op("pwm", 10, 1000, 40000)
    hardware.op("sleep", 1000)
    seen = value(hardware, "adc", 26)
    assert hardware.decisions == [
        (0, "pwm", (10, 1000, 40000), 0),
        (SLOW_US, "sleep", (1000,), 1000),
        (SLOW_US + 1000, "adc", (26,), seen),
    ]


@pytest.mark.parametrize(
    "asked",
    [
        ("explode",), ("adc",), ("adc", 1, 2), ("adc", 1.5), ("adc", True), ("adc", None), ("adc", [26]), ("sleep",), ("sleep", "1"),
        ("sleep", 1.5), ("timer", "x", 1, 1), ("pwm", 10, "x", 1), ("ticks", 1), ("__class__",), ("irq", 14, "up"), (None,), (["adc"], 1),
        ("adc", "x" * 1000), ("write", 1, "1"), ("pin", 1, 0, None), ("sleep", "x" * 1000), ("timer", 10**5000, 1, 1),
    ],
)  # fmt: skip
def test_what_is_no_operation_is_refused_and_changes_nothing(make: Make, asked: tuple[Any, ...]) -> None:
    hardware = board(make())
    with pytest.raises(BadOperation):
        hardware.op(*asked)
    assert hardware.decisions == [] and hardware.over == ""
    assert value(hardware, "read", 14) == 1  # it works on


def test_numbers_out_of_range_do_no_harm(make: Make) -> None:
    hardware = board(make())
    value(hardware, "pwm", 10, -5, 2**52)
    assert hardware.world.crab.power[0] == 1
    assert value(hardware, "sleep", -10) == 0
    value(hardware, "timer", 1, -1, 1)
    value(hardware, "timer", 1, 2**52, 1)
    value(hardware, "pwm", 15, 50, 65535)  # a pulse that no servo understands
    assert hardware.world.crab.arm_order == 0
    huge = 10**5000
    value(hardware, "pwm", huge, huge, huge)
    value(hardware, "pwm", 16, huge, 1)
    value(hardware, "timer", 2, huge, huge)
    value(hardware, "irq", huge, -huge)
    value(hardware, "adc", huge)
    assert len(digest(hardware.decisions)) == 64
    with pytest.raises(RunOver):
        hardware.op("sleep", huge)


@pytest.mark.parametrize(("angle", "duty"), [(0, 1966), (45, 3441), (90, 4915)])
def test_the_servo_follows_its_pulse(make: Make, angle: int, duty: int) -> None:
    hardware = board(make())
    hardware.op("pwm", 15, 50, duty)
    hardware.op("sleep", 500_000)
    assert hardware.world.crab.arm == pytest.approx(angle, abs=0.1)


def test_setups_that_make_no_sense(make: Make) -> None:
    for wrong in (
        {"seconds": 0}, {"seconds": float("nan")}, {"seconds": 1e9}, {"charge": 2}, {"presses": (-1.0,)}, {"retries": (float("inf"),)},
        {"presses": (1.0,) * 1000},
    ):  # fmt: skip
        with pytest.raises(SetupError) as error:
            make(**wrong)
        assert next(iter(wrong)) in error.value.message and error.value.remedy


def test_a_profiles_button_may_be_down_when_high(make: Make) -> None:
    pico = load_profile("pico")
    other = pico.model_copy(update={"parts": pico.parts.model_copy(update={"button_down": 1})})
    hardware = board(make(profile=other, presses=(0.0,)))
    hardware.op("irq", 14, 2)
    assert value(hardware, "read", 14) == 1
    assert hardware.op("sleep", 1_000_000)[1] == ("irq:14",)
    assert value(hardware, "read", 14) == 0
