"""A program may send the hardware anything, at any time: the run stays whole."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from robots.simulator.field import fields
from robots.simulator.hardware import BadOperation, RunOver
from robots.simulator.outcome import Run, Trial
from robots.simulator.setup import Setup
from robots.simulator.words import describe

NAMES = ("pin", "read", "write", "irq", "pwm", "adc_pin", "adc", "timer", "sleep", "ticks", "nonsense")
WEIGHTS = (1, 2, 3, 1, 12, 1, 4, 1, 8, 1, 1)


def scribble(trial: Trial, dice: random.Random) -> str:
    """Send a few hundred operations, some of them nonsense; why the run was over ("" if it was not)."""
    motor, parts = trial.setup.profile.motor, trial.setup.profile.parts
    pins = [*motor.left, *motor.right, parts.servo, parts.button, 0, 99, "x", None, True, 1.5, 10**40]
    for _ in range(dice.randint(50, 500)):
        name = dice.choices(NAMES, WEIGHTS)[0]
        numbers = [dice.choice([0, 1, -1, 50, 1000, 4000, 65535, 200_000, 3_000_000]) for _ in range(3)]
        shapes = {"ticks": [], "sleep": numbers[:1], "timer": [dice.randint(0, 4), *numbers[:2]], "pwm": [dice.choice(pins), *numbers[:2]]}
        arguments = shapes.get(name, [dice.choice(pins), *numbers[: {"pin": 2, "write": 1, "irq": 1}.get(name, 0)]])
        try:
            trial.hardware.op(name, *arguments[: dice.choice([1, 9, 9, 9, 9])])
        except BadOperation:
            pass
        except RunOver as over:
            return over.reason
    return ""


def played(make: Callable[..., Setup], seed: int) -> Run:
    dice = random.Random(seed)
    setup = make(
        dice.choice(fields()),
        profile=dice.choice(["pico", "esp32", "microbit"]),
        seed=seed,
        rules=dice.choice(["practice", "echizen-2022"]),
        seconds=dice.choice([1, 20, 60]),
        presses=tuple(dice.uniform(0, 20) for _ in range(dice.randint(0, 3))),
        retries=tuple(dice.uniform(0, 30) for _ in range(dice.randint(0, 3))),
        opponent=dice.random() < 0.5,
        charge=dice.random(),
    )
    trial = Trial(setup)
    why = scribble(trial, dice)
    while trial.hardware.restart():
        why = scribble(trial, dice)
    return trial.finish({"": "end"}.get(why, why))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_sent_the_run_stays_whole_and_repeats(make: Callable[..., Setup], seed: int) -> None:
    run = played(make, seed)
    assert run == played(make, seed)
    assert run.ended in ("end", "time", "off-field", "stuck")
    assert sum(event.points for event in run.recording.events) == run.score.total
    assert (len(run.recording.frames["x"]) - 1) * 0.05 == pytest.approx(run.seconds, abs=0.051)
    times = [event.t for event in run.recording.events]
    assert times == sorted(times)
    json.loads(run.recording.dumps())
    assert describe(run.recording)
