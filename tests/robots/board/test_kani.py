"""The library on the robot: its words, and that the crab stands still when it should."""

from __future__ import annotations

import pytest

FULL = 65535


def test_words_drive_the_wheels(crab):
    crab.kani.forward(60)
    assert crab.motors == (int(0.6 * FULL), 0, int(0.6 * FULL), 0)
    crab.kani.back(100)
    assert crab.motors == (0, FULL, 0, FULL)
    crab.kani.turn_left(50)
    assert crab.motors == (0, FULL // 2, FULL // 2, 0)
    crab.kani.turn_right(50)
    assert crab.motors == (FULL // 2, 0, 0, FULL // 2)
    crab.kani.motors(20, -250)  # more than all is all
    assert crab.motors == (int(0.2 * FULL), 0, 0, FULL)
    crab.kani.stop()
    assert crab.motors == (0, 0, 0, 0)


def test_words_with_seconds_stop_afterwards(crab):
    before = crab.hardware.t
    crab.kani.forward(60, 1.5)
    assert crab.motors == (0, 0, 0, 0)
    assert 1.5 <= (crab.hardware.t - before) / 1e6 < 1.6


def test_japanese_words_are_the_same_functions(crab):
    pairs = {
        "まえ": "forward", "うしろ": "back", "ひだり": "turn_left", "みぎ": "turn_right", "とまる": "stop", "モーター": "motors",
        "まつ": "wait", "ひだりめ": "left_eye", "みぎめ": "right_eye", "うで": "arm", "うであげる": "arm_up", "うでさげる": "arm_down",
        "ボタン": "button", "でんち": "battery", "ひかる": "light", "ならす": "beep", "タイマー": "timer",
    }  # fmt: skip
    for japanese, english in pairs.items():
        assert getattr(crab.kani, japanese) is getattr(crab.kani, english)


def test_never_both_sides_of_a_motor_at_once(crab):
    crab.run("for speed in (100, -100, 30, -30, 0):\n    motors(speed, -speed)\n    wait(0.1)\n")
    duty = {}
    for _, name, *arguments in crab.hardware.done:
        if name == "pwm":
            duty[arguments[0]] = arguments[2]
            for ahead, astern in (crab.profile.motor.left, crab.profile.motor.right):
                assert not (duty.get(ahead) and duty.get(astern))


def test_a_driver_with_direction_pins(make_crab):
    crab = make_crab("esp32")
    one, other, strength = crab.profile.motor.left
    crab.kani.forward(50)
    assert (crab.hardware.levels[one], crab.hardware.levels[other], crab.hardware.duty[strength]) == (1, 0, FULL // 2)
    crab.kani.back(50)
    assert (crab.hardware.levels[one], crab.hardware.levels[other], crab.hardware.duty[strength]) == (0, 1, FULL // 2)


def test_eyes_tell_white_from_black(crab):
    crab.hardware.analog |= {crab.profile.eyes.left: 0, crab.profile.eyes.right: 65535}
    assert (crab.kani.left_eye(), crab.kani.right_eye()) == (0, 4095)


def test_what_was_measured_on_this_robot_is_kept_and_used(make_crab):
    crab = make_crab()
    crab.kani.calibrate(left_white=400, left_black=3400, right_trim=0.5)
    again = make_crab()
    again.hardware.analog[again.profile.eyes.left] = 400 << 4
    assert again.kani.left_eye() == 0
    again.hardware.analog[again.profile.eyes.left] = 3400 << 4
    assert again.kani.left_eye() == 4095
    again.kani.forward(60)
    assert again.motors[2] == int(0.3 * FULL)
    with pytest.raises(ValueError, match="left_white"):
        again.kani.calibrate(nose=1)


def test_a_damaged_calibration_is_passed_over(make_crab, tmp_path):
    (tmp_path / "kani.cal").write_text("left_white=30\nleft_black=abc\n\x00\n")
    assert make_crab().kani.left_eye() == 0


def test_the_arm_goes_between_down_and_up(crab):
    servo = crab.profile.parts.servo
    crab.kani.arm_down()
    down = crab.hardware.duty[servo]
    crab.kani.arm(200)
    up = crab.hardware.duty[servo]
    assert down == pytest.approx(600 / 20000 * FULL, abs=1)
    assert up == pytest.approx(1500 / 20000 * FULL, abs=1)


@pytest.mark.parametrize("wrong", ["forward('fast')", "motors(None, 3)", "wait('1')", "arm(True)", "beep([])"])
def test_a_wrong_argument_names_the_word(crab, wrong):
    with pytest.raises(TypeError, match=wrong.partition("(")[0].replace("forward", "motors")):
        crab.run(wrong)
    assert crab.motors == (0, 0, 0, 0)


# ------------------------------------------------------------------ standing still
@pytest.mark.parametrize(
    ("program", "ended"),
    [
        ("forward(80)\nwait(1)\n", "end"),
        ("forward(80)\nraise SystemExit\n", "end"),
        ("import sys\nforward(80)\nsys.exit(3)\n", "end"),
    ],
)
def test_the_crab_stands_when_the_program_ends(crab, program, ended):
    assert crab.run(program) == ended
    assert crab.motors == (0, 0, 0, 0)


@pytest.mark.parametrize("program", ["forward(80)\n1 / 0\n", "forward(80)\nnobody()\n", "arm_up()\nforward(80)\nassert False\n"])
def test_the_crab_stands_when_the_program_fails(crab, program):
    with pytest.raises((ZeroDivisionError, NameError, AssertionError)):
        crab.run(program)
    assert crab.motors == (0, 0, 0, 0)


def test_the_button_stops_a_program_that_waits(crab):
    crab.press(2.0)
    assert crab.run("forward(80)\nwait(60)\n") == "button"
    assert crab.motors == (0, 0, 0, 0)
    assert crab.hardware.t < 2.3e6


@pytest.mark.parametrize(
    "loop",
    [
        "while True:\n    left_eye()\n",
        "import time\nwhile True:\n    time.sleep_ms(5)\n    if timer() > 5:\n        break\n    forward(70)\n",
        "import time\nwhile timer() < 5:\n    time.sleep_ms(5)\n    try:\n        forward(70)\n    except:\n        pass\n",
        "import time\nwhile timer() < 5:\n    time.sleep_ms(5)\n    try:\n        forward(70)\n    except Exception:\n        pass\n",
    ],
)
def test_the_button_stops_a_program_that_never_waits(crab, loop):
    crab.press(1.0)
    assert crab.run("forward(80)\n" + loop) == "button"
    assert crab.motors == (0, 0, 0, 0)
    moved = [t for t, name, *rest in crab.hardware.done if name == "pwm" and rest[0] in (*crab.profile.motor.left,) and rest[2]]
    assert max(moved) < 1.2e6  # whatever the program caught, nothing moved after the button


@pytest.mark.parametrize("microseconds", range(99_000, 100_200, 20))
def test_an_order_that_is_under_way_when_the_button_is_seen_moves_nothing(crab, microseconds):
    crab.press(0.06)
    assert crab.run(f"import time\ntime.sleep_us({microseconds})\nmotors(60, 60)\ntime.sleep(3)\nprint(timer())\n") == "button"
    powered = [t for t, name, *rest in crab.hardware.done if name == "pwm" and rest[0] in crab.motor_pins and rest[2]]
    assert not powered or powered[-1] < 110_000
    last = {rest[0]: (t, rest[2]) for t, name, *rest in crab.hardware.done if name == "pwm" and t < 1_000_000}
    assert all(last[pin][1] == 0 for pin in crab.motor_pins)  # long before the program's end


def test_a_button_that_is_still_down_from_the_start_stops_nothing(crab):
    crab.hardware.levels[crab.profile.parts.button] = crab.profile.parts.button_down
    crab.hardware.at.append((500_000, lambda: crab.hardware.levels.__setitem__(crab.profile.parts.button, 1)))
    assert crab.run("forward(50, 2)\n") == "end"


def test_a_low_battery_stops_the_crab_and_a_short_dip_does_not(crab):
    pin = crab.profile.battery.pin
    crab.hardware.at += [
        (500_000, lambda: crab.hardware.analog.__setitem__(pin, 24_000)),
        (900_000, lambda: crab.hardware.analog.__setitem__(pin, 40_000)),
    ]
    assert crab.run("forward(80, 3)\n") == "end"
    later = crab.hardware.t + 500_000
    crab.hardware.at.append((later, lambda: crab.hardware.analog.__setitem__(pin, 24_000)))  # 3.6 V
    assert crab.run("forward(80, 10)\n") == "battery"
    assert crab.motors == (0, 0, 0, 0)


def test_without_a_battery_behind_it_only_usb_the_crab_runs(crab):
    crab.hardware.analog[crab.profile.battery.pin] = 0
    assert crab.run("forward(80, 5)\n") == "end"


def test_a_second_run_is_a_fresh_start(crab):
    crab.press(1.0)
    assert crab.run("wait(5)\n") == "button"
    assert crab.run("wait(1)\n") == "end"


def test_the_program_waits_for_the_button_and_is_not_stopped_by_the_same_press(crab):
    crab.press(1.0, 0.5)
    (crab.folder / "bench_program.py").write_text("from kani import *\nforward(50, 1)\n")
    assert crab.kani.run("bench_program") == "end"
    first = next(t for t, name, *rest in crab.hardware.done if name == "pwm" and rest[2])
    assert first > 1.4e6


@pytest.mark.parametrize("at", [1.0, 1.05, 1.11, 1.17])
def test_a_short_press_starts_the_program(crab, at):
    crab.press(at, 0.04)
    (crab.folder / "bench_program.py").write_text("from kani import *\nforward(50, 1)\n")
    assert crab.kani.run("bench_program") == "end"
    assert crab.hardware.t < 3e6


def test_self_test_tells_what_it_saw_and_leaves_the_crab_standing(crab):
    seen = crab.kani.self_test()
    assert seen["board"] == "pico"
    assert seen["battery"] == pytest.approx(6.04, abs=0.01)
    assert crab.motors == (0, 0, 0, 0)
