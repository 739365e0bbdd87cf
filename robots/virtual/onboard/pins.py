# ruff: noqa: SIM105, RET503 - MicroPython has no pathlib, and this is no module of CPython's
"""Runs on MicroPython: a simple ``machine`` whose pins remember, in real time.

``outside()`` is what the world does to the board: ``{"pins": {"14": 0}, "adc": {"26": 40000}}``; ``emit(**event)`` tells it what the
board does.
"""

import _thread
import time

import micropython


def modules(outside, emit):
    """The names of ``machine`` that this file supplies."""

    class Pin:
        IN, OUT, OPEN_DRAIN = 0, 1, 2
        PULL_UP, PULL_DOWN = 1, 2
        IRQ_RISING, IRQ_FALLING = 4, 8
        _out, _pull = {}, {}

        def __init__(self, id, mode=-1, pull=-1, *, value=None):
            self.id = id.id if isinstance(id, Pin) else id
            self.init(mode, pull, value=value)

        def init(self, mode=-1, pull=-1, *, value=None):
            if mode == Pin.IN:
                Pin._out.pop(self.id, None)
            if pull != -1:
                Pin._pull[self.id] = pull
            if value is not None or mode == Pin.OUT:
                self.value(value or 0)

        def value(self, value=None):
            if value is not None:
                Pin._out[self.id] = 1 if value else 0
                emit(ev="pin", id=self.id, value=Pin._out[self.id])
                return None
            if self.id in Pin._out:
                return Pin._out[self.id]
            return outside()["pins"].get(str(self.id), 1 if Pin._pull.get(self.id) == Pin.PULL_UP else 0)

        __call__ = value

        def on(self):
            self.value(1)

        def off(self):
            self.value(0)

        def toggle(self):
            self.value(not self.value())

        def irq(self, handler=None, trigger=12, *, hard=False):
            pass

        def __repr__(self):
            return "Pin(" + str(self.id) + ")"

    class PWM:
        def __init__(self, pin, *, freq=0, duty_u16=0, duty_ns=None, invert=False):
            self.id, self._freq, self._duty = pin.id if isinstance(pin, Pin) else pin, freq, duty_u16
            self.init(duty_ns=duty_ns)

        def init(self, *, freq=None, duty_u16=None, duty_ns=None, invert=False):
            if freq is not None:
                self._freq = freq
            if duty_u16 is not None:
                self._duty = duty_u16
            if duty_ns is not None:
                self._duty = duty_ns * self._freq * 65535 // 1000000000
            emit(ev="pwm", id=self.id, hz=self._freq, duty=self._duty)

        def freq(self, freq=None):
            return self._freq if freq is None else self.init(freq=freq)

        def duty_u16(self, duty=None):
            return self._duty if duty is None else self.init(duty_u16=duty)

        def duty_ns(self, duty=None):
            if duty is None:
                return self._duty * 1000000000 // (65535 * self._freq) if self._freq else 0
            self.init(duty_ns=duty)

        def deinit(self):
            self.init(duty_u16=0)

    class ADC:
        ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3

        def __init__(self, pin, *, atten=None):
            self.id = pin.id if isinstance(pin, Pin) else pin

        def read_u16(self):
            return outside()["adc"].get(str(self.id), 0)

        def read_uv(self):
            return self.read_u16() * 3300000 // 65535

    class Timer:
        """A thread sleeps; the callback runs between two steps of the program, as an interrupt's does."""

        ONE_SHOT, PERIODIC = 0, 1

        def __init__(self, id=-1, **how):
            self._turn = 0
            if how:
                self.init(**how)

        def init(self, *, mode=1, period=-1, freq=None, callback=None, hard=False):
            self._turn += 1
            if freq:
                period = int(1000 / freq)
            if callback is not None:
                _thread.start_new_thread(self._sleep, (self._turn, max(period, 1), mode, callback))

        def _sleep(self, turn, period, mode, callback):
            while True:
                time.sleep_ms(period)
                if turn != self._turn:
                    return
                try:
                    micropython.schedule(self._call, (turn, callback))
                except RuntimeError:  # the queue is full: this turn is left out, as on a board
                    pass
                if mode == Timer.ONE_SHOT:
                    return

        def _call(self, what):
            if what[0] == self._turn:
                what[1](self)

        def deinit(self):
            self._turn += 1

    class RTC:
        _ahead = 0

        def datetime(self, when=None):
            if when is not None:
                RTC._ahead = int(time.mktime((when[0], when[1], when[2], when[4], when[5], when[6], 0, 0)) - time.time())
                return None
            now = time.localtime(time.time() + RTC._ahead)
            return (now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0)

    class WDT:
        def __init__(self, id=0, timeout=5000):
            pass

        def feed(self):
            pass

    return {
        "Pin": Pin, "PWM": PWM, "ADC": ADC, "Timer": Timer, "RTC": RTC, "WDT": WDT,
        "freq": lambda *hz: 125000000, "disable_irq": lambda: 0, "enable_irq": lambda state: None,
    }  # fmt: skip
