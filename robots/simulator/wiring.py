"""Which pin moves what: a board's profile, turned into orders for wheels and arm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from robots.board.profile import Pin, Profile

FULL = 65535
SERVO_DOWN_US, SERVO_UP_US = 600.0, 1500.0
"""The simulated servo's pulses for 0 and 90 degrees."""


@dataclass
class Levels:
    """What the program put on each pin: a share 0…65535 of the time high, and how often a second (0: just high or low)."""

    share: dict[Pin, int] = field(default_factory=dict)
    hz: dict[Pin, int] = field(default_factory=dict)

    def of(self, pin: Pin) -> float:
        """The share of the time that ``pin`` is high, 0 … 1."""
        return self.share.get(pin, 0) / FULL


Order = Callable[[Levels], tuple[float, bool]]


def _in_in(pins: tuple[Pin, ...]) -> Order:
    ahead, astern = pins[:2]

    def order(levels: Levels) -> tuple[float, bool]:
        forward, backward = levels.of(ahead), levels.of(astern)
        return forward - backward, forward > 0 and backward > 0

    return order


def _phase(pins: tuple[Pin, ...]) -> Order:
    *ways, strength = pins

    def order(levels: Levels) -> tuple[float, bool]:
        sides = [levels.of(way) > 0.5 for way in ways]
        power = levels.of(strength)
        if len(sides) == 2 and sides[0] == sides[1]:
            return 0.0, sides[0]
        return (power if sides[0] else -power), False

    return order


class Wiring:
    """``wheels``: pins → number of the wheel (0 left, 1 right) and how to read its order, as ``(power -1 … 1, brake)``."""

    def __init__(self, profile: Profile) -> None:
        motor, parts = profile.motor, profile.parts
        make = _in_in if motor.driver == "in-in" else _phase
        self.wheels: dict[Pin, tuple[int, Order]] = {}
        for number, pins in enumerate((motor.left, motor.right)):
            order = make(pins)
            self.wheels.update(dict.fromkeys(pins, (number, order)))
        self.eyes = {profile.eyes.left: 0, profile.eyes.right: 1}
        self.button, self.button_down = parts.button, parts.button_down
        self.servo, self.led, self.buzzer = parts.servo, parts.led, parts.buzzer
        self.battery = profile.battery.pin if profile.battery else None
        self.battery_volts = profile.battery.volts if profile.battery else 1.0

    def arm_angle(self, levels: Levels) -> float | None:
        """The angle that the servo is told to take; None while it gets no pulses that mean one."""
        if self.servo is None or not levels.hz.get(self.servo):
            return None
        pulse = levels.of(self.servo) * 1000000.0 / levels.hz[self.servo]
        if not 300.0 <= pulse <= 2700.0:
            return None
        return min(max((pulse - SERVO_DOWN_US) / (SERVO_UP_US - SERVO_DOWN_US) * 90.0, 0.0), 90.0)
