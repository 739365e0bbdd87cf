"""The same seed gives the same run: here, tomorrow, and on every other machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from robots.board import Profile
from robots.simulator.examples import example_programs
from robots.simulator.hardware import MOST_DECISIONS, Hardware, RunOver, digest
from robots.simulator.run import Run
from robots.simulator.setup import Setup
from robots.simulator.world import World

Go = Callable[..., Run]
EXAMPLES = {program.name: program for program in example_programs()}

PINNED = {
    ("line", "pico", 0): "2389ad677a1dd6f771359d62311260c1edb9fae53dbb3a648c52f5636e290847",
    ("line", "pico", 1): "f63e5fc41ca53b6d79be1cef572399eb33cafb2d52d93df931a8459bafc681f6",
    ("line", "esp32", 2): "8e384a32b93c66569343bbd033adacc5b0c4759fe6e2f0205002fd1604411d89",
    ("kanazawa", "pico", 3): "da0d15943658f4694d266e0f778bcf99f59037d9e7682373e9bc1280dd3e7f4a",
    ("kanazawa", "microbit", 4): "435652226bceeb854e685561ab5f5192b4b7dfd2349fe061450fec5e3080eefb",
    ("delivery", "esp32", 5): "dc019d10a9657739bad8ba7347d5f97f4968adc23b090a2a99a7518737144f16",
    ("slalom", "pico", 2**31 - 1): "30a15e9f05ebb30938c4b8035cdcecaa1bf121fcdcc9cbcb02d84402d9549e90",
}
"""Field, board, seed → SHA-256 of the decisions. If one is different on your machine, its arithmetic is not that of IEEE 754 (or
the simulator was changed on purpose: then these are to be made anew)."""


def wander(hardware: Hardware, profile: Profile) -> None:
    """Steer by what the eyes see, straight on the pins: no kani in between. The arm moves, timers fire, the button is pressed."""
    hardware.op("timer", 1, 170_000, 1)
    hardware.op("irq", profile.parts.button, 3)
    ticks = 0
    while True:
        left, _ = hardware.op("adc", profile.eyes.left)
        right, _ = hardware.op("adc", profile.eyes.right)
        off = (left - right) // 4
        for pins, power in ((profile.motor.left, 30_000 - off), (profile.motor.right, 30_000 + off)):
            if profile.motor.driver == "in-in":
                hardware.op("pwm", pins[0], 1000, max(power, 0))
                hardware.op("pwm", pins[1], 1000, max(-power, 0))
            else:
                hardware.op("write", pins[0], int(power >= 0))
                hardware.op("write", pins[1], int(power < 0))
                hardware.op("pwm", pins[2], 1000, abs(power))
        if profile.battery is not None:
            hardware.op("adc", profile.battery.pin)
        ticks += len(hardware.op("sleep", 9_000)[1])
        if profile.parts.servo is not None:
            hardware.op("pwm", profile.parts.servo, 50, 1966 + 300 * (ticks % 10))


@pytest.mark.parametrize(("field", "board", "seed"), PINNED)
def test_decisions_are_those_of_every_machine(make: Callable[..., Setup], field: str, board: str, seed: int) -> None:
    setup = make(field, profile=board, seed=seed, seconds=20, presses=(3.0,), opponent=True)
    hardware = Hardware(setup.profile, World(setup))
    with pytest.raises(RunOver) as over:
        wander(hardware, setup.profile)
    assert over.value.reason in ("time", "off-field") and len(hardware.decisions) > 1000
    assert digest(hardware.decisions) == PINNED[field, board, seed]


def test_the_same_seed_the_same_decisions_and_recording(go: Go) -> None:
    program = EXAMPLES["contest"]
    runs = [go(program.source, program.field, bare=True, seed=11, rules="practice", opponent=True) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0].recording.dumps() == runs[1].recording.dumps()


def test_different_seeds_differ(go: Go) -> None:
    program = EXAMPLES["two_eyes"]
    digests = {digest(go(program.source, "line", bare=True, seed=seed, seconds=5).decisions) for seed in range(8)}
    assert len(digests) == 8


def test_a_digest_sees_every_part_of_a_decision() -> None:
    decisions = [(0, "adc", (26,), 5), (2000, "pwm", (10, 1000, 0), 0)]
    whole = digest(decisions)
    for other in (
        decisions[:1],
        decisions[::-1],
        [(1, "adc", (26,), 5), decisions[1]],
        [(0, "read", (26,), 5), decisions[1]],
        [(0, "adc", (27,), 5), decisions[1]],
        [(0, "adc", ("26",), 5), decisions[1]],
        [(0, "adc", (26,), 6), decisions[1]],
    ):
        assert digest(other) != whole  # type: ignore[arg-type]
    assert digest(decisions) == whole


def test_the_list_of_decisions_has_an_end(go: Go) -> None:
    run = go("import time\nwhile True: time.sleep_us(1)", bare=True, seconds=100)
    assert run.ended == "time" and len(run.decisions) == MOST_DECISIONS
