"""Arithmetic with the same bits everywhere agrees with the platform's, to all digits that matter."""

from __future__ import annotations

import math

import pytest

from robots.simulator.dice import Dice
from robots.simulator.exact import exp, sincos, small_sincos


@pytest.mark.parametrize("angle", [0.0, 1e-9, 0.019, 0.021, 0.1, -0.2, 0.2])
def test_small_angles(angle: float) -> None:
    sine, cosine = small_sincos(angle)
    assert sine == pytest.approx(math.sin(angle), abs=2e-16, rel=1e-14)
    assert cosine == pytest.approx(math.cos(angle), abs=1e-14)


@pytest.mark.parametrize("degrees", range(-720, 721, 15))
def test_any_angle(degrees: int) -> None:
    angle = math.radians(degrees)
    sine, cosine = sincos(angle)
    assert (sine, cosine) == (pytest.approx(math.sin(angle), abs=1e-12), pytest.approx(math.cos(angle), abs=1e-12))
    assert sine * sine + cosine * cosine == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("power", [0.0, -0.001, -0.09, -0.5, -1.0, -7.0, -30.0, 2.5])
def test_exponential(power: float) -> None:
    assert exp(power) == pytest.approx(math.exp(power), rel=1e-13)


def test_the_dice_are_even_and_each_name_has_its_own_row() -> None:
    dice = Dice(7, "left eye")
    drawn = [dice.between(0, 1) for _ in range(4000)]
    assert 0.48 < sum(drawn) / len(drawn) < 0.52 and min(drawn) >= 0 and max(drawn) < 1
    for part in range(10):
        assert 300 < sum(part / 10 <= one < (part + 1) / 10 for one in drawn) < 500
    assert Dice(7, "left eye").word() == Dice(7, "left eye").word() != Dice(7, "right eye").word() != Dice(8, "right eye").word()
    bell = [dice.bell(25) for _ in range(2000)]
    assert max(abs(one) for one in bell) <= 25 and abs(sum(bell) / len(bell)) < 1


def test_the_dice_are_the_same_on_every_machine() -> None:
    dice = Dice(0, "build")
    assert [dice.word() for _ in range(3)] == [2870179105, 1934739642, 43196089]
