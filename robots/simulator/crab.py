"""The crab's body: two wheels with motors that lag, a battery that sags, two eyes, an arm. No field, no program, no clock in here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import sqrt

from robots.simulator.dice import Dice
from robots.simulator.exact import exp, sincos, small_sincos

LENGTH, WIDTH = 0.20, 0.18
"""Metres; with the arm it fits the contest's cube of 25 cm."""

BODY = 0.105
"""Radius of the circle that bumps into things."""

EYES = ((0.085, 0.02), (0.085, -0.02))
"""Left and right eye: ahead of the axle's middle, to the left of it."""

ARM = (0.15, 0.0)
REACH = 0.055
"""What lies within this of the arm's end when it comes down is caught."""

HOLDS = 5
"""As many things fit under the arm."""

TRACK = 0.143  # between the wheels
FASTEST = 0.44  # m/s at full power and 6 V
DEAD = 0.12  # below this share of power a wheel stands
DRIVEN, COASTING, BRAKED = 0.08, 0.08, 0.03  # seconds in which a wheel comes 63 % nearer to the speed that it is to have
WEIGHT = 600.0  # grams: what it carries besides makes it slower to get going
STANDS = 0.004  # m/s: friction holds the wheel
ARM_SPEED = 300.0  # degrees a second
CHARGE = 7200.0  # a fresh battery: four AA cells of 2000 mAh, in ampere seconds
RESISTANCE = 0.25  # ohms, all four
ELECTRONICS, IDLE, STALLED = 0.08, 0.06, 0.8  # amperes: the board; a motor that turns freely; one that is held


@dataclass(frozen=True)
class Build:
    """What differs from one crab to the next. Made from the seed."""

    left_gain: float
    right_gain: float
    grip: float
    whites: tuple[float, float]
    blacks: tuple[float, float]

    @classmethod
    def of(cls, seed: int) -> Build:
        """The crab of this ``seed``: motors that differ by up to 2 % each, eyes that see white at 60…160 and black at 3900…4040."""
        dice = Dice(seed, "build")
        return cls(
            left_gain=1.0 + dice.bell(0.02),
            right_gain=1.0 + dice.bell(0.02),
            grip=dice.between(0.94, 0.98),
            whites=(dice.between(60, 160), dice.between(60, 160)),
            blacks=(dice.between(3900, 4040), dice.between(3900, 4040)),
        )


@cache
def _lag(us: int, lag: float) -> tuple[float, float]:
    """How much of a difference is left after ``us``, and the seconds' worth of way that it made meanwhile."""
    left = exp(-(us / 1000000.0) / lag)
    return left, lag * (1.0 - left)


def open_volts(charge: float) -> float:
    """What the battery gives when nothing draws on it, by the share of its charge that is left."""
    return 4.9 + 1.4 * charge if charge > 0.15 else 3.0 + charge * (2.11 / 0.15)


class Crab:
    """Pose, speeds, arm and battery. ``heading`` counts on beyond a full turn. Speeds in m/s, ``power`` -1 … 1."""

    def __init__(self, x: float, y: float, heading: float, *, seed: int = 0, charge: float = 1.0) -> None:
        self.build = Build.of(seed)
        self._slips = (Dice(seed, "left wheel"), Dice(seed, "right wheel"))
        self.slip = [0.0, 0.0]
        self.charge = charge
        self.volts = open_volts(charge)
        self.arm = self.arm_order = 0.0
        self.load = 0.0  # grams
        self.power = [0.0, 0.0]
        self.put(x, y, heading)

    def put(self, x: float, y: float, heading: float) -> None:
        """Set it down, standing."""
        self.x, self.y, self.heading = x, y, heading
        self.sine, self.cosine = sincos(heading)
        self.speed = [0.0, 0.0]
        self._targets = [0.0, 0.0]
        self._lags = [COASTING, COASTING]
        self.drive(0, self.power[0])
        self.drive(1, self.power[1])

    def drive(self, wheel: int, power: float, *, brake: bool = False) -> None:
        """Give wheel 0 (left) or 1 (right) so much power from now on; ``brake``: its wires are shorted."""
        self.power[wheel] = power
        strength = abs(power)
        if strength <= DEAD:
            self._targets[wheel] = 0.0
            self._lags[wheel] = BRAKED if brake else COASTING if power == 0.0 else DRIVEN
            return
        gain = self.build.right_gain if wheel else self.build.left_gain
        speed = (strength - DEAD) / (1.0 - DEAD) * FASTEST * gain * self.volts / 6.0
        self._targets[wheel] = speed if power > 0 else -speed
        self._lags[wheel] = DRIVEN * (1.0 + self.load / WEIGHT)

    @property
    def pose(self) -> tuple[float, float, float, float, float]:
        """Where it is and where it looks: x, y, heading, and the heading's sine and cosine."""
        return self.x, self.y, self.heading, self.sine, self.cosine

    @property
    def stands(self) -> bool:
        """Whether it neither moves nor is about to."""
        return self.speed == [0.0, 0.0] and self._targets == [0.0, 0.0] and self.arm == self.arm_order

    def go(self, us: int) -> None:
        """Let time pass. Ways of the wheels are exact however it is cut up; the arc is exact for wheels whose speeds keep their ratio."""
        if self.arm != self.arm_order:
            most = ARM_SPEED * us / 1000000.0
            change = self.arm_order - self.arm
            self.arm = self.arm_order if abs(change) <= most else self.arm + (most if change > 0 else -most)
        left = self._turn_wheel(0, us)
        right = self._turn_wheel(1, us)
        if left or right:
            self._roll(left, right)

    def _turn_wheel(self, wheel: int, us: int) -> float:
        """The way of one wheel over the ground, in metres."""
        target, speed = self._targets[wheel], self.speed[wheel]
        way = target * (us / 1000000.0)
        if speed != target:
            left, run = _lag(us, self._lags[wheel])
            way += (speed - target) * run
            speed = target + (speed - target) * left
            if target == 0.0 and -STANDS < speed < STANDS:
                speed = 0.0
            self.speed[wheel] = speed
        return way * (1.0 - self.slip[wheel])

    def _roll(self, left: float, right: float) -> None:
        turned = (right - left) / TRACK * self.build.grip
        way = (left + right) / 2.0
        sine, cosine = small_sincos(turned / 2.0)
        half_sine = self.sine * cosine + self.cosine * sine
        half_cosine = self.cosine * cosine - self.sine * sine
        square = turned * turned
        chord = way * (1.0 - square / 24.0 * (1.0 - square / 80.0))
        self.x += chord * half_cosine
        self.y += chord * half_sine
        new_sine = half_sine * cosine + half_cosine * sine
        new_cosine = half_cosine * cosine - half_sine * sine
        length = sqrt(new_sine * new_sine + new_cosine * new_cosine)
        self.sine, self.cosine = new_sine / length, new_cosine / length
        self.heading += turned

    def grind(self) -> None:
        """Each tenth of a second: the floor under each wheel is a little more or less slippery."""
        self.slip = [self._slips[0].between(0.0, 0.03), self._slips[1].between(0.0, 0.03)]

    def drain(self, us: int) -> None:
        """Take from the battery what ``us`` cost, and have the motors feel its voltage."""
        amperes = ELECTRONICS
        for wheel in (0, 1):
            strength = abs(self.power[wheel])
            if strength:
                lacks = strength - abs(self.speed[wheel]) / FASTEST
                amperes += strength * IDLE + (STALLED * lacks if lacks > 0 else 0.0)
        self.charge = max(self.charge - amperes * us / 1000000.0 / CHARGE, 0.0)
        self.volts = open_volts(self.charge) - RESISTANCE * amperes
        self.drive_on()

    def drive_on(self) -> None:
        """The orders as they were, at the voltage as it is."""
        for wheel in (0, 1):
            if abs(self.power[wheel]) > DEAD:
                self.drive(wheel, self.power[wheel])

    def place(self, part: tuple[float, float]) -> tuple[float, float]:
        """Where on the field a part (ahead, to the left) of the crab is."""
        ahead, aside = part
        return self.x + ahead * self.cosine - aside * self.sine, self.y + ahead * self.sine + aside * self.cosine
