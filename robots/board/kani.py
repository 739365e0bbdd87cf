"""kani: the words with which a program moves the crab. This one file runs on the robot and in the simulator.

    from kani import *
    forward(60)
    wait(1.5)
    stop()

Motors stop when the program ends or fails, when the button is pressed, and when the battery is low.
Which pin is what says ``kani_board`` (made from a profile); what was measured on this one robot is in ``kani.cal``.
"""

import os
import sys
import time

import kani_board as _b

VERSION = "1.0"

_program = None  # what stopped the program: None while nothing has
_began = 0
_held = False  # the button is still down from the start
_tired = 0  # checks in a row with a low battery
_guard = None
_CHECK_MS = 100
_LOW_CHECKS = 20  # two seconds: a motor's start may pull the voltage down for a moment


class Stopped(BaseException):
    """The crab was stopped: by its button, or because the battery is low. Programs need not look for it."""


# ------------------------------------------------------------------ the board
def _calibration():
    """What ``kani.cal`` says, over what the profile says: lines ``name=number``."""
    found = dict(_b.CALIBRATION)
    try:
        with open("kani.cal") as file:
            lines = file.read().split("\n")
        for line in lines:
            name, _, number = line.partition("=")
            if name in found:
                found[name] = float(number)
    except (OSError, ValueError):
        pass
    return found


_cal = _calibration()

if _b.PORT == "microbit":
    import microbit as _m

    class _Digital:
        def __init__(self, pin, out=False):
            self._pin = getattr(_m, pin)

        def value(self, value=None):
            return self._pin.read_digital() if value is None else self._pin.write_digital(value)

    class _Power:
        def __init__(self, pin, hz):
            self._pin = getattr(_m, pin)
            self._pin.set_analog_period_microseconds(1000000 // hz)

        def share(self, part):
            self._pin.write_analog(int(part * 1023))

    def _analog(pin):
        pin = getattr(_m, pin)
        return lambda: pin.read_analog() * 4095 // 1023

    def _tone(hz):
        _m.audio.stop() if not hz else __import__("music").pitch(int(hz), wait=False)

    _ticks_ms, _sleep_ms = _m.running_time, _m.sleep

    def _diff(later, sooner):
        return later - sooner
else:
    import machine as _m

    class _Digital:
        def __init__(self, pin, out=False):
            self._pin = _m.Pin(pin, _m.Pin.OUT if out else _m.Pin.IN, *(() if out else (_m.Pin.PULL_UP,)))
            self.value = self._pin.value

    class _Power:
        def __init__(self, pin, hz):
            self._pwm = _m.PWM(_m.Pin(pin), freq=hz, duty_u16=0)

        def share(self, part):
            self._pwm.duty_u16(int(part * 65535))

    def _analog(pin):
        adc = _m.ADC(_m.Pin(pin))
        return lambda: adc.read_u16() >> 4

    def _tone(hz):
        if _b.BUZZER is not None:
            pwm = _m.PWM(_m.Pin(_b.BUZZER), freq=int(hz) or 1000, duty_u16=32768 if hz else 0)
            if not hz:
                pwm.deinit()

    _ticks_ms, _sleep_ms, _diff = time.ticks_ms, time.sleep_ms, time.ticks_diff


class _Motor:
    """One wheel. ``pins`` as the driver wants them: two to drive it both ways, or with a third that says how strongly."""

    def __init__(self, pins, trim):
        self._trim = trim
        if _b.DRIVER == "in-in":
            self._ahead, self._astern = _Power(pins[0], _b.MOTOR_HZ), _Power(pins[1], _b.MOTOR_HZ)
        else:  # "phase": a direction (or two opposite ones) and a strength
            self._ways = [_Digital(pin, True) for pin in pins[:-1]]
            self._strength = _Power(pins[-1], _b.MOTOR_HZ)

    def drive(self, speed):
        part = min(abs(speed) * self._trim / 100, 1) * _b.MOTOR_MOST
        if _b.DRIVER == "in-in":
            # The side that goes down first: never both at once.
            first, second = (self._astern, self._ahead) if speed >= 0 else (self._ahead, self._astern)
            first.share(0)
            second.share(part)
        else:
            self._strength.share(0)
            for number, way in enumerate(self._ways):
                way.value(int((speed >= 0) != bool(number)))
            self._strength.share(part)


_left = _Motor(_b.LEFT_MOTOR, _cal["left_trim"])
_right = _Motor(_b.RIGHT_MOTOR, _cal["right_trim"])
_eyes = (_analog(_b.LEFT_EYE), _analog(_b.RIGHT_EYE))
_button = _Digital(_b.BUTTON)
_led = None if _b.LED is None else _Digital(_b.LED, True)
_servo = None if _b.SERVO is None else _Power(_b.SERVO, 50)
_volts = None if _b.BATTERY is None else _analog(_b.BATTERY)


# ------------------------------------------------------------------ safety
def _halt(why):
    """Stop for good: no order moves the crab after this, until the next start."""
    global _program
    if _program is None:
        _program = why
    _drive(0, 0)


def _check(timer=None):
    """Look at button and battery. Called ten times a second in the background, and while the program waits."""
    global _held, _tired
    if _program is not None:
        return
    pressed = button()
    if _held:
        _held = pressed
    elif pressed:
        _halt("button")
    if _volts is not None:
        _tired = _tired + 1 if 0.5 < battery() < _b.BATTERY_LOW else 0
        if _tired > _LOW_CHECKS:
            _halt("battery")


def _alive():
    if _program is not None:
        raise Stopped(_program)


def _begin():
    global _program, _began, _held, _tired, _guard
    _program, _tired, _held, _began = None, 0, button(), _ticks_ms()
    if _b.PORT == "machine" and _guard is None:
        _guard = _m.Timer(_b.TIMER)
        _guard.init(period=_CHECK_MS, mode=_m.Timer.PERIODIC, callback=_check)


def _end():
    global _guard
    if _guard is not None:
        _guard.deinit()
        _guard = None
    _drive(0, 0)
    _tone(0)


def run(name="program", start_button=True):
    """Run the program in file ``name`` (.py or .mpy), and leave the crab standing whatever happens. Says how it ended.

    Returns "end", "button", "battery", or "error" (then ``kani.log`` has the traceback).
    """
    _drive(0, 0)
    if start_button:
        _wait_for_start()
    _begin()
    sys.modules.pop(name, None)
    try:
        __import__(name)
        ended = "end"
    except SystemExit:
        ended = "end"
    except Stopped:
        ended = "stopped"
    except Exception as error:
        ended = "error"
        _halt(ended)
        _complain(error)
    finally:
        _end()
    return _program or ended


def _wait_for_start():
    """Blink until the button is pressed and let go."""
    looks = 0
    while not button():  # looked at often: a child's press may be short
        if looks % 10 == 0:
            light(looks // 10 % 2 == 0)
        looks += 1
        _sleep_ms(20)
    while button():
        _sleep_ms(20)
    light(0)


def _complain(error):
    """Say what went wrong, and keep it for who asks later."""
    if not hasattr(sys, "print_exception"):  # CPython: who called us says it
        raise error
    sys.print_exception(error)
    try:
        with open("kani.log", "w") as file:
            sys.print_exception(error, file)
    except OSError:
        pass


# ------------------------------------------------------------------ words: moving
def _drive(left, right):
    _left.drive(left)
    _right.drive(right)
    if _program is not None and (left or right):  # stopped in between, by the background's look
        _left.drive(0)
        _right.drive(0)


def _number(value, least, most, word):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(word + "( ) needs a number, not " + repr(value))
    return min(max(value, least), most)


def motors(left, right, seconds=None):
    """Drive each wheel on its own: -100 (back) to 100 (forward) percent. With seconds: for so long, then stop."""
    _alive()
    _drive(_number(left, -100, 100, "motors"), _number(right, -100, 100, "motors"))
    if seconds is not None:
        wait(seconds)
        stop()


def forward(speed=60, seconds=None):
    """Go forward at speed percent, until something else is said, or for some seconds."""
    motors(speed, speed, seconds)


def back(speed=60, seconds=None):
    """Go back."""
    motors(-speed, -speed, seconds)


def turn_left(speed=50, seconds=None):
    """Turn to the left on the spot."""
    motors(-speed, speed, seconds)


def turn_right(speed=50, seconds=None):
    """Turn to the right on the spot."""
    motors(speed, -speed, seconds)


def stop():
    """Stand still."""
    _alive()
    _drive(0, 0)


def arm(angle):
    """Move the arm: 0 (down) to 90 (up)."""
    _alive()
    angle = _number(angle, 0, 90, "arm")
    if _servo is not None:
        pulse = _cal["arm_down_us"] + (_cal["arm_up_us"] - _cal["arm_down_us"]) * angle / 90
        _servo.share(pulse / 20000)


def arm_up():
    """Lift the arm."""
    arm(90)


def arm_down():
    """Lower the arm."""
    arm(0)


# ------------------------------------------------------------------ words: seeing, waiting, telling
def wait(seconds):
    """Do nothing new for so many seconds; what the crab is doing goes on."""
    left = int(_number(seconds, 0, 3600, "wait") * 1000)
    _alive()
    while left > 0:
        step = min(left, _CHECK_MS)
        _sleep_ms(step)
        left -= step
        if _guard is None:
            _check()
        _alive()


def _eye(number, side):
    _alive()
    white, black = _cal[side + "_white"], _cal[side + "_black"]
    seen = int((_eyes[number]() - white) * 4095 / (black - white)) if black != white else 0
    return min(max(seen, 0), 4095)


def left_eye():
    """What the left eye sees: 0 (white) to 4095 (black)."""
    return _eye(0, "left")


def right_eye():
    """What the right eye sees: 0 (white) to 4095 (black)."""
    return _eye(1, "right")


def button():
    """Whether the button is down."""
    return _button.value() == _b.BUTTON_DOWN


def battery():
    """The battery's voltage; 0 where it cannot be measured."""
    return 0 if _volts is None else _volts() * _b.BATTERY_VOLTS / 4095


def light(on=True):
    """Switch the light on or off."""
    if _led is not None:
        _led.value(1 if on else 0)


def beep(hz=880, seconds=0.2):
    """Sound a tone."""
    _tone(_number(hz, 20, 20000, "beep"))
    try:
        wait(seconds)
    finally:
        _tone(0)


def timer():
    """Seconds since the program began."""
    return _diff(_ticks_ms(), _began) / 1000


まえ, うしろ, ひだり, みぎ, とまる, モーター = forward, back, turn_left, turn_right, stop, motors
まつ, ひだりめ, みぎめ, うで, うであげる, うでさげる = wait, left_eye, right_eye, arm, arm_up, arm_down
ボタン, でんち, ひかる, ならす, タイマー = button, battery, light, beep, timer


# ------------------------------------------------------------------ for mentors
def calibrate(**measured):
    """Keep what was measured on this robot, e.g. ``calibrate(left_white=210, left_black=3900)``; it survives new programs."""
    found = _calibration()
    for name, value in measured.items():
        if name not in found:
            raise ValueError("no calibration " + name + "; there are " + ", ".join(sorted(found)))
        found[name] = value
    text = "".join(name + "=" + str(found[name]) + "\n" for name in sorted(found))
    if not hasattr(os, "rename"):  # a micro:bit
        with open("kani.cal", "w") as file:
            file.write(text)
    else:  # whole or not at all, should the power go now
        with open("kani.new", "w") as file:
            file.write(text)
        os.rename("kani.new", "kani.cal")
    _cal.update(found)


def self_test(seconds=0.3):
    """Try every part, wheels in the air. Returns what was seen: eyes, battery, button; what moves, a person must watch."""
    _begin()
    try:
        for left, right in ((40, 0), (-40, 0), (0, 40), (0, -40)):
            motors(left, right, seconds)
        arm_up()
        wait(seconds)
        arm_down()
        light(1)
        beep(1000, 0.1)
        light(0)
        return {
            "version": VERSION,
            "board": _b.NAME,
            "left_eye": _eyes[0](),
            "right_eye": _eyes[1](),
            "battery": battery(),
            "button": button(),
        }
    finally:
        _end()
