"""Profiles: which pin is what on each kind of board, as data (``profiles/*.toml``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kanikko.errors import KanikkoError
from robots.shelf import Shelf

FOLDER = Path(__file__).resolve().parent / "profiles"

Pin = int | str
"""A pin's number; on a micro:bit its name."""


class ProfileError(KanikkoError):
    """A profile is not there or does not make sense."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Motor(_Part):
    """Motor driver. ``left``, ``right``: two pins for ``in-in``; for ``phase`` one or two for the direction, the last for the strength."""

    driver: Literal["in-in", "phase"]
    left: tuple[Pin, ...] = Field(min_length=2, max_length=3)
    right: tuple[Pin, ...] = Field(min_length=2, max_length=3)
    hz: int = Field(1000, ge=50, le=40_000)
    most: float = Field(1.0, gt=0, le=1)


class Eyes(_Part):
    """Analog pins of the two light sensors."""

    left: Pin
    right: Pin


class Parts(_Part):
    """What else there is; None for what this board lacks. ``timer``: the number of a free hardware timer (-1: a virtual one)."""

    button: Pin
    button_down: Literal[0, 1] = 0
    servo: Pin | None = None
    led: Pin | None = None
    buzzer: Pin | None = None
    timer: int = -1


class Battery(_Part):
    """``volts``: the battery's voltage at a full reading. ``low``: below this, in volts, the crab stops."""

    pin: Pin
    volts: float = Field(gt=0)
    low: float = Field(gt=0)


class Profile(_Part):
    """One kind of board. ``boards``: what MicroPython says of its machine there. ``usb``: (vendor, product) of its serial port."""

    name: str = Field(pattern="^[a-z0-9-]+$")
    title: str
    port: Literal["machine", "microbit"]
    boards: tuple[str, ...]
    usb: tuple[tuple[int, int], ...] = ()
    firmware: Literal["rp2040", "rp2350", "esp32", "microbit"]
    motor: Motor
    eyes: Eyes
    parts: Parts
    battery: Battery | None = None
    calibration: Mapping[str, float]

    def module_source(self) -> str:
        """The module ``kani_board`` for this board: names and literals only."""
        parts, battery = self.parts, self.battery
        values = {
            "NAME": self.name,
            "PORT": self.port,
            "DRIVER": self.motor.driver,
            "LEFT_MOTOR": self.motor.left,
            "RIGHT_MOTOR": self.motor.right,
            "MOTOR_HZ": self.motor.hz,
            "MOTOR_MOST": self.motor.most,
            "LEFT_EYE": self.eyes.left,
            "RIGHT_EYE": self.eyes.right,
            "SERVO": parts.servo,
            "BUTTON": parts.button,
            "BUTTON_DOWN": parts.button_down,
            "LED": parts.led,
            "BUZZER": parts.buzzer,
            "TIMER": parts.timer,
            "BATTERY": battery.pin if battery else None,
            "BATTERY_VOLTS": battery.volts if battery else 0,
            "BATTERY_LOW": battery.low if battery else 0,
            "CALIBRATION": dict(self.calibration),
        }
        return "".join(f"{name} = {value!r}\n" for name, value in values.items())


_SHELF = Shelf(FOLDER, Profile, ProfileError, "board profile")


def load_profile(place: str | Path) -> Profile:
    """A profile by its name (``pico``) or file. Raises ProfileError, with the place and what is wrong there."""
    return _SHELF.load(place)


@cache
def profiles() -> Mapping[str, Profile]:
    """All that come with Kanikko, by name."""
    return {name: load_profile(name) for name in _SHELF.names()}
