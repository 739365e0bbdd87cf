"""The crab's body: how it rolls, lags, coasts and tires."""

from __future__ import annotations

import math

import pytest

from robots.simulator.crab import DEAD, FASTEST, TRACK, Build, Crab


def ideal(heading: float = 0.0) -> Crab:
    """A crab with equal motors on a floor that does not slip."""
    crab = Crab(0, 0, heading)
    crab.build = Build(1, 1, 1, (0, 0), (4095, 4095))
    crab.volts = 6.0
    return crab


def drive(crab: Crab, left: float, right: float, seconds: float, step_us: int = 10_000) -> None:
    crab.drive(0, left)
    crab.drive(1, right)
    us, end = 0, round(seconds * 1_000_000)
    while us < end:
        crab.go(min(step_us, end - us))
        us += step_us


def test_straight_ahead_at_the_speed_its_power_gives() -> None:
    crab = ideal(math.pi / 2)
    drive(crab, 0.5, 0.5, 3)
    speed = (0.5 - DEAD) / (1 - DEAD) * FASTEST
    assert crab.x == pytest.approx(0, abs=1e-12)
    assert crab.y == pytest.approx(speed * (3 - 0.08), rel=1e-6)  # it lags by 0.08 s
    assert crab.heading == math.pi / 2


@pytest.mark.parametrize(("left", "right"), [(0.4, 0.8), (0.8, 0.4), (0.9, 0.7)])
def test_a_curve_is_a_circle_of_the_radius_its_wheels_give(left: float, right: float) -> None:
    crab = ideal()
    drive(crab, left, right, 1)  # up to speed
    slow, fast = crab.speed
    radius = TRACK / 2 * (fast + slow) / (fast - slow)
    middle = (crab.x - radius * crab.sine, crab.y + radius * crab.cosine)
    for _ in range(40):
        drive(crab, left, right, 0.1)
        assert math.dist((crab.x, crab.y), middle) == pytest.approx(abs(radius), rel=1e-6)


def test_turning_on_the_spot_stays_on_the_spot() -> None:
    crab = ideal()
    drive(crab, -0.5, 0.5, 2)
    assert math.dist((crab.x, crab.y), (0, 0)) < 1e-12
    assert crab.heading == pytest.approx(2 * (0.5 - DEAD) / (1 - DEAD) * FASTEST / TRACK * (2 - 0.08), rel=1e-6)
    assert (crab.sine, crab.cosine) == (pytest.approx(math.sin(crab.heading), abs=1e-12), pytest.approx(math.cos(crab.heading), abs=1e-12))


@pytest.mark.parametrize("step_us", [1_000, 2_000, 5_000, 20_000])
def test_the_step_does_not_matter(step_us: int) -> None:
    def driven(step: int) -> Crab:
        crab = ideal()
        for left, right, seconds in ((0.6, 0.6, 1.0), (-0.5, 0.5, 0.4), (0.8, 0.3, 1.2), (0, 0, 0.3), (0.4, 0.45, 1.0)):
            drive(crab, left, right, seconds, step)
        return crab

    fine, coarse = driven(500), driven(step_us)
    assert math.dist((fine.x, fine.y), (coarse.x, coarse.y)) < 0.0005  # half a millimetre after 1.5 metres
    assert coarse.heading == pytest.approx(fine.heading, abs=0.001)
    assert coarse.speed == pytest.approx(fine.speed, abs=1e-6)


def test_nothing_moves_without_power_and_coasting_ends() -> None:
    crab = ideal()
    drive(crab, 0, 0, 1)
    assert (crab.x, crab.y, crab.heading, crab.speed) == (0, 0, 0, [0, 0]) and crab.stands
    drive(crab, 0.8, 0.8, 1)
    assert not crab.stands
    before = crab.x
    drive(crab, 0, 0, 1)
    assert crab.stands and crab.speed == [0, 0]
    assert 0.01 < crab.x - before < 0.05
    stopped = crab.x
    drive(crab, 0, 0, 1)
    assert crab.x == stopped


def test_a_little_power_moves_no_wheel() -> None:
    crab = ideal()
    drive(crab, DEAD, -DEAD, 1)
    assert crab.speed == [0, 0]
    drive(crab, DEAD + 0.05, DEAD + 0.05, 1)
    assert crab.speed[0] > 0


def test_a_shorted_motor_brakes_sooner_than_a_free_one_rolls_out() -> None:
    def rolls(brake: bool) -> float:
        crab = ideal()
        drive(crab, 0.8, 0.8, 1)
        before = crab.x
        crab.drive(0, 0, brake=brake)
        crab.drive(1, 0, brake=brake)
        for _ in range(100):
            crab.go(10_000)
        return crab.x - before

    assert rolls(True) < rolls(False) / 2


def test_the_battery_falls_with_use_sags_under_load_and_slows_the_crab() -> None:
    crab = Crab(0, 0, 0)
    fresh = crab.volts
    crab.drain(50_000)
    resting = crab.volts
    drive(crab, 1, 1, 0.01)
    crab.drain(50_000)
    assert crab.volts < resting < fresh  # the motors' start pulls it down …
    drive(crab, 1, 1, 1)
    crab.drain(50_000)
    assert crab.volts > resting - 0.2  # … and running freely they take little
    charge = crab.charge
    for _ in range(1000):
        crab.drain(50_000)
    assert crab.charge < charge < 1
    weak = Crab(0, 0, 0, charge=0.05)
    drive(weak, 1, 1, 1)
    assert weak.volts < 4 and weak.speed[0] < crab.speed[0]


def test_an_empty_battery_stays_empty() -> None:
    crab = Crab(0, 0, 0, charge=0)
    crab.drain(1_000_000)
    assert crab.charge == 0 and crab.volts > 0


def test_crabs_differ_by_their_seed_and_only_by_it() -> None:
    assert Build.of(3) == Build.of(3) != Build.of(4)
    gains = [Build.of(seed).left_gain / Build.of(seed).right_gain for seed in range(200)]
    assert 0.96 < min(gains) < 0.99 and 1.01 < max(gains) < 1.04
    crab, other = Crab(0, 0, 0, seed=1), Crab(0, 0, 0, seed=2)
    for one in (crab, other):
        drive(one, 0.6, 0.6, 2)
    assert (crab.x, crab.y) != (other.x, other.y)


def test_a_load_makes_it_slower_to_get_going_and_no_slower_then() -> None:
    light, heavy = ideal(), ideal()
    heavy.load = 60
    for crab in (light, heavy):
        drive(crab, 0.6, 0.6, 0.05)
    assert heavy.speed[0] < light.speed[0] * 0.97
    for crab in (light, heavy):
        drive(crab, 0.6, 0.6, 2)
    assert heavy.speed == pytest.approx(light.speed)


def test_the_arm_takes_its_time() -> None:
    crab = ideal()
    crab.arm_order = 90
    crab.go(100_000)
    assert crab.arm == pytest.approx(30) and not crab.stands
    for _ in range(3):
        crab.go(100_000)
    assert crab.arm == 90 and crab.stands
