"""kani on a bench: pins that remember, a clock that moves only when somebody waits."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import robots.board
from robots.board import Profile, load_profile
from robots.simulator.onboard import connect

KANI = Path(robots.board.__file__).with_name("kani.py")
OP_US = 20


class BenchHardware:
    """What `machine` is connected to: remembers every operation; ``levels`` and ``analog`` are what pins read."""

    def __init__(self) -> None:
        self.t = 0
        self.levels: dict[int | str, int] = {}
        self.analog: dict[int | str, int] = {}
        self.duty: dict[int | str, int] = {}
        self.done: list[tuple[Any, ...]] = []
        self.timers: dict[int, list[int]] = {}
        self.at: list[tuple[int, Callable[[], None]]] = []
        """What happens when (µs), in order."""

    def op(self, name: str, *arguments: Any) -> tuple[int, tuple[str, ...]]:
        self.done.append((self.t, name, *arguments))
        match name:
            case "sleep":
                return self._pass(int(arguments[0]))
            case "read":
                value = self.levels.get(arguments[0], 1)
            case "write":
                self.levels[arguments[0]] = arguments[1]
                value = 0
            case "pwm":
                self.duty[arguments[0]] = arguments[2]
                value = 0
            case "adc":
                value = self.analog.get(arguments[0], 0)
            case "ticks":
                value = self.t
            case "timer":
                number, period, _ = arguments
                self.timers.pop(number, None)
                if period:
                    self.timers[number] = [self.t + period, period]
                value = 0
            case _:
                value = 0
        return value, self._pass(OP_US)[1]

    def _pass(self, us: int) -> tuple[int, tuple[str, ...]]:
        end = self.t + us
        due = min([when for when, _ in self.timers.values()], default=end + 1)
        moment = min(end, due)
        passed, self.t = moment - self.t, moment
        while self.at and self.at[0][0] <= self.t:
            self.at.pop(0)[1]()
        fired = []
        for number, timer in self.timers.items():
            if timer[0] <= self.t:
                timer[0] += timer[1]
                fired.append(f"timer:{number}")
        return passed, tuple(fired)


class Crab:
    """A freshly imported kani, and the hardware below it."""

    def __init__(self, profile: Profile, folder: Path) -> None:
        self.profile, self.folder = profile, folder
        self.hardware = BenchHardware()
        machine, time = connect(self.hardware.op)
        board = types.ModuleType("kani_board")
        exec(profile.module_source(), board.__dict__)
        self.hardware.analog |= {profile.battery.pin: 40_000} if profile.battery else {}  # 6.04 V
        sys.modules |= {"machine": machine, "time": time, "kani_board": board}  # type: ignore[dict-item]
        self.kani: Any = types.ModuleType("kani")
        sys.modules["kani"] = self.kani
        exec(compile(KANI.read_text(), str(KANI), "exec"), self.kani.__dict__)

    def run(self, program: str) -> str:
        """Run ``program`` as a board does after its button."""
        (self.folder / "bench_program.py").write_text("from kani import *\n" + program)
        return str(self.kani.run("bench_program", start_button=False))

    @property
    def motor_pins(self) -> tuple[int | str, ...]:
        return (*self.profile.motor.left, *self.profile.motor.right)

    @property
    def motors(self) -> tuple[int, ...]:
        """The duty on each motor pin."""
        return tuple(self.hardware.duty.get(pin, 0) for pin in self.motor_pins)

    def press(self, at: float, seconds: float = 0.2) -> None:
        """The button goes down at this second."""
        levels, pin, down = self.hardware.levels, self.profile.parts.button, self.profile.parts.button_down
        self.hardware.at += [
            (int(at * 1e6), lambda: levels.__setitem__(pin, down)),
            (int((at + seconds) * 1e6), lambda: levels.__setitem__(pin, 1 - down)),
        ]


@pytest.fixture
def make_crab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Crab]]:
    kept = {name: sys.modules.get(name) for name in ("machine", "time", "kani", "kani_board", "microbit", "bench_program")}
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield lambda profile="pico": Crab(load_profile(profile) if isinstance(profile, str) else profile, tmp_path)
    for name, module in kept.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


@pytest.fixture
def crab(make_crab: Callable[..., Crab]) -> Crab:
    return make_crab()


@pytest.fixture(scope="session")
def micropython() -> str:
    """The real MicroPython (unix port)."""
    place = Path(sys.executable).with_name("micropython")
    if not place.exists():
        pytest.skip("MicroPython's unix port has no wheel for this machine")
    return str(place)
