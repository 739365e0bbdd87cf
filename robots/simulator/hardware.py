"""The pins of one simulated board. A program's every use of ``machine`` and ``time`` ends here, and time passes nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from kanikko.errors import KanikkoError
from robots.board.profile import Pin, Profile
from robots.simulator.agenda import PRESS, PRESS_US, RELEASE, Agenda
from robots.simulator.crab import EYES
from robots.simulator.dice import Dice
from robots.simulator.wiring import FULL, Levels, Wiring
from robots.simulator.world import COARSE_US, FINE_US, World

LOOK_US = {"adc": 2_000, "read": 1_000, "ticks": 1_000}
"""What looking costs, in µs. It is slow (an eye is given time to settle), so that a loop which only looks moves on."""

QUICK_US = 50
"""An order is quick: between those that belong together hardly anything moves …"""

SLOW_US, ROW = 1_000, 5
"""… but one that gives power, and every fifth of a row, is as slow: a loop that only orders moves on too."""

MOST_DECISIONS = 300_000
"""So many are kept: more than a sensible program makes in three minutes."""

NOISE = 25.0
"""What an eye's reading may be off, of 4095."""

FAR_US = 1 << 53
"""Longer than any run, in µs."""

MOST_HZ, MOST_TIMERS = 1_000_000, 1_000_000

CARRY_US = 5_000_000
"""So long does it take to carry the crab back to its start and to press its button."""

COAST_US = 2_000_000
"""The most that the world goes on after a program's end, for the crab to come to rest."""

Decision = tuple[int, str, tuple[int | str, ...], int]
"""``(µs since the start, operation, its arguments, what it gave)``."""


class RunOver(BaseException):
    """The run is over, whatever the program thinks. ``reason``: ``"time"``, ``"off-field"``, ``"stuck"``, ``"endless"``, or ``"retry"``:
    this try is over, and the program is to begin again after :meth:`Hardware.restart`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadOperation(KanikkoError, ValueError):
    """No operation of this hardware: an unknown name, or arguments that do not fit."""


class Hardware:
    """The pins of one board (by its Profile), connected to one crab in one World. Time passes only here.

    ``decisions`` holds what the program did and read, in order. After :class:`RunOver` was raised once, every operation raises it.
    """

    def __init__(self, profile: Profile, world: World) -> None:
        setup = world.setup
        self.world = world
        self.now = 0
        self.decisions: list[Decision] = []
        self.over = ""
        self.busy = False
        self._wiring = Wiring(profile)
        presses = [int(press * 1000000) for press in setup.presses]
        self._agenda = Agenda(presses)
        self._presses = [(press, press + PRESS_US) for press in presses]
        self._clear()
        self._end = int(setup.seconds * 1000000)
        self._retries = [us for us in sorted(int(retry * 1000000) for retry in setup.retries) if us + CARRY_US < self._end]
        self._eyes = (Dice(setup.seed, "left eye"), Dice(setup.seed, "right eye"))
        self._row = 0  # orders since the program last looked or slept
        self._looks: dict[str, Callable[..., int]] = {
            "adc": self._adc,
            "read": self._read,
            "ticks": lambda: self.now,
        }
        self._orders: dict[str, Callable[..., int]] = {
            "pin": lambda pin, mode, pull: 0,
            "write": self._write,
            "irq": self._irq,
            "pwm": self._pwm,
            "adc_pin": lambda pin: 0,
            "timer": self._timer,
        }

    # ------------------------------------------------------------------ the one door
    def op(self, name: str, *arguments: int | str) -> tuple[int, tuple[str, ...]]:
        """Do one thing on the hardware. Returns its value and the interrupts that became due.

        Raises RunOver when the run is over, BadOperation for what is none.
        """
        if self.over:
            raise RunOver(self.over)
        kinds = tuple(map(type, arguments))
        if type(name) is not str or kinds not in _SHAPES.get(name, ()) or (str in kinds and len(str(arguments[0])) > _LONGEST):
            raise BadOperation("no operation of this hardware")  # what a hostile program sent is not repeated
        began = self.now
        self.busy = True
        try:
            if name in self._looks:
                self._row = 0
                fired = self._pass(began + LOOK_US[name])
                value = self._looks[name](*arguments)
            elif name == "sleep":
                value, fired = self._nap(*arguments)  # type: ignore[arg-type]  # that is checked
            else:
                value = self._orders[name](*arguments)
                fired = self._pass(began + self._cost(name, arguments))
        finally:
            self.busy = False
        if self.over:
            raise RunOver(self.over)
        if len(self.decisions) < MOST_DECISIONS:
            self.decisions.append((began, name, arguments, value))
        return value, fired

    def _cost(self, name: str, arguments: tuple[int | str, ...]) -> int:
        self._row += 1
        if self._row < ROW and not (name == "pwm" and arguments[2]):
            return QUICK_US
        self._row = 0
        return SLOW_US

    def stop(self, reason: str) -> None:
        """End the run from outside: the next operation (or the one under way) raises RunOver."""
        self.over = self.over or reason

    def settle(self) -> None:
        """After the program's end: let the crab come to rest, and the last step be recorded."""
        world = self.world
        end = min(self.now + COAST_US, self._end)
        while not self.over and not world.over and self.now < end:
            if world.crab.stands and self.now % COARSE_US == 0:
                break
            self.now = min(self.now - self.now % COARSE_US + COARSE_US, end)
            world.advance(self.now)

    def restart(self) -> bool:
        """After a program's end: wait for the next retry, and have all as at a board's start; False when no more retry is called."""
        if not self._retries or self.over not in ("", "retry", "off-field", "stuck"):
            return False
        self.busy = True
        world = self.world
        self.now = max(self.now, self._retries.pop(0))
        world.advance(self.now)
        self.decisions.append((self.now, "retry", (), 0))
        self._clear()
        world.retry()
        world.over = ""
        self.now += CARRY_US
        world.advance(self.now)
        self.busy = False
        if self.over != "endless":  # that can come from outside at any moment
            self.over = ""
        return True

    def _clear(self) -> None:
        """As after a reset: no pin is driven, no interrupt asked for."""
        self._levels = Levels()
        self._irqs: dict[Pin, int] = {}
        self._agenda.clear()
        self._sleep: tuple[int, int] | None = None  # what is left of an interrupted sleep, and when that was to end
        self._told_light = self._told_tone = False

    # ------------------------------------------------------------------ time
    def _pass(self, until: int) -> tuple[str, ...]:
        """Let the clock go to ``until``. The world follows when its next step is due, or when someone looks."""
        fired: tuple[str, ...] = ()
        if self._agenda.next <= until:
            fired = self._fire(until)
        self.now = until
        world = self.world
        if until // FINE_US != world.us // FINE_US:
            self._follow()
        if until >= self._end:
            self._follow()
            self.stop("time")
        elif self._retries and until >= self._retries[0]:
            self._follow()
            self.stop("retry")
        return fired

    def _follow(self) -> None:
        world = self.world
        world.advance(min(self.now, self._end))
        if world.over:
            self.stop(world.over)

    def _nap(self, asked: int) -> tuple[int, tuple[str, ...]]:
        asked = min(max(asked, 0), FAR_US)
        if asked < SLOW_US:  # going to sleep takes its time too
            return asked, self._pass(self.now + max(asked, self._cost("sleep", ())))
        self._row = 0
        until = self.now + asked
        # What is left of a sleep that an interrupt cut ends when the whole was to end: its handler's time is no extra.
        if self._sleep is not None and self._sleep[0] == asked:
            until = max(self._sleep[1], self.now)
        self._sleep = None
        if self._agenda.next >= until:
            return asked, self._pass(until)
        wake = max(self._agenda.next, self.now)
        slept = min(max(asked - (until - wake), 0), asked)
        self._sleep = (asked - slept, until)
        return slept, self._pass(wake)

    # ------------------------------------------------------------------ interrupts
    def _fire(self, until: int) -> tuple[str, ...]:
        fired = []
        for key in self._agenda.take(until):
            if key in (PRESS, RELEASE):
                fired += self._edge(key)
            else:
                fired.append(key)
        return tuple(fired)

    def _edge(self, key: str) -> list[str]:
        wiring = self._wiring
        if key == PRESS:
            self.world.tell("pressed", "ボタンが おされた")
        rises = (key == PRESS) == (wiring.button_down == 1)
        wanted = self._irqs.get(wiring.button, 0)
        return [f"irq:{wiring.button}"] if wanted & (1 if rises else 2) else []

    def _irq(self, pin: Pin, trigger: int) -> int:
        self._irqs[pin] = trigger
        return 0

    def _timer(self, number: int, period: int, again: int) -> int:
        if not 0 <= number <= MOST_TIMERS:
            raise BadOperation("no timer of this hardware")
        self._agenda.timer(self.now, number, min(period, FAR_US), again=bool(again))
        return 0

    # ------------------------------------------------------------------ pins
    def _read(self, pin: Pin) -> int:
        wiring = self._wiring
        if pin == wiring.button:
            down = any(begins <= self.now < ends for begins, ends in self._presses)
            return wiring.button_down if down else 1 - wiring.button_down
        return int(self._levels.of(pin) > 0.5)

    def _write(self, pin: Pin, value: int) -> int:
        self._put(pin, FULL if value else 0, 0)
        if pin == self._wiring.led and bool(value) != self._told_light:
            self._told_light = bool(value)
            self.world.tell("light", "ライトが ついた" if value else "ライトが きえた")
        return 0

    def _pwm(self, pin: Pin, hz: int, duty: int) -> int:
        self._put(pin, min(max(duty, 0), FULL), min(max(hz, 0), MOST_HZ))
        if pin == self._wiring.buzzer and (duty > 0) != self._told_tone:
            self._told_tone = duty > 0
            if duty > 0:
                self.world.tell("beep", f"おとを ならした（{min(hz, MOST_HZ)}ヘルツ）")
        return 0

    def _put(self, pin: Pin, share: int, hz: int) -> None:
        levels, wiring = self._levels, self._wiring
        if levels.share.get(pin) == share and levels.hz.get(pin) == hz:
            return
        levels.share[pin], levels.hz[pin] = share, hz
        if pin in wiring.wheels:
            wheel, order = wiring.wheels[pin]
            power, brake = order(levels)
            if power != self.world.crab.power[wheel] or brake:
                self._follow()
                self.world.crab.drive(wheel, power, brake=brake)
                self.world.ordered()
        elif pin == wiring.servo:
            angle = wiring.arm_angle(levels)
            if angle is not None:
                self._follow()
                self.world.crab.arm_order = angle
                self.world.ordered()

    def _adc(self, pin: Pin) -> int:
        wiring, crab = self._wiring, self.world.crab
        eye = wiring.eyes.get(pin)
        if eye is not None:
            self._follow()
            shade = self.world.field.shade(*crab.place(EYES[eye]))
            white, black = crab.build.whites[eye], crab.build.blacks[eye]
            seen = white + (black - white) * shade + self._eyes[eye].bell(NOISE)
            return min(max(int(seen), 0), 4095) * 16
        if pin == wiring.battery:
            return min(max(int(crab.volts / wiring.battery_volts * FULL), 0), FULL)
        return 0


_PIN_FIRST = {
    "pin": 2, "adc_pin": 0, "adc": 0, "read": 0, "write": 1, "irq": 1, "pwm": 2,
}  # fmt: skip
_SHAPES: dict[str, frozenset[tuple[type, ...]]] = {
    **{name: frozenset((pin, *[int] * more) for pin in (int, str)) for name, more in _PIN_FIRST.items()},
    "timer": frozenset([(int, int, int)]),
    "sleep": frozenset([(int,)]),
    "ticks": frozenset([()]),
}
"""What the arguments of each operation are: whole numbers; a pin may also be a name."""

_LONGEST = 40  # letters of a pin's name


def digest(decisions: Iterable[Decision]) -> str:
    """SHA-256 of a run's decisions: equal wherever the same program ran on the same setup."""
    total = hashlib.sha256()
    for us, name, arguments, value in decisions:
        # Hexadecimal: a program may have given numbers with more digits than Python likes to write in decimal.
        said = [one if isinstance(one, str) else format(one, "x") for one in arguments]
        total.update(f"{us:x} {name} {said} {value:x}\n".encode())
    return total.hexdigest()
