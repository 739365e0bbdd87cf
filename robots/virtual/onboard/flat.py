# ruff: noqa: PTH208, RUF005 - MicroPython has no pathlib, and this is no module of CPython's
"""Runs on MicroPython: a stand-in for a micro:bit V2, no likeness of one.

What is there behaves as the station and kani need it, and what a micro:bit's MicroPython has not is not there: no folders, no renaming, no
sums, no JSON. Sizes, times and all other modules of a micro:bit are not played. A file that is opened for writing is emptied at once and
grows in flash with each write: cut off there, it stays cut off.
"""

import builtins
import collections
import os
import sys
import time

import disguise
import machine

MODULES = (
    "array", "builtins", "collections", "errno", "gc", "machine", "math", "microbit", "micropython", "music", "os", "random", "struct",
    "sys", "time", "__main__",
)  # fmt: skip
"""Of a micro:bit's own modules those that are played here."""
PINS = tuple(range(17)) + (19, 20)


class _File:
    """What ``open`` gives: neither seek nor lines to iterate over."""

    def __init__(self, file, writing):
        self._file, self._writing = file, writing
        self.read, self.readinto, self.readline, self.close = file.read, file.readinto, file.readline, file.close

    def write(self, data):
        count = self._file.write(data)
        self._file.flush()
        return count

    def writable(self):
        return self._writing

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def _open(name, mode="r"):
    if not isinstance(name, str):
        raise TypeError("can't convert to str")
    if any(letter not in "rwbt" for letter in mode) or ("r" in mode and "w" in mode):
        raise ValueError("illegal mode")
    if "w" in mode:
        _real_open(name, "wb").close()
    return _File(_real_open(name, mode), "w" in mode)


def _import(name, *more):
    top = name.split(".")[0]
    if (top[1:] if top[:1] == "u" else top) not in MODULES and top + ".py" not in os.listdir():
        raise ImportError("no module named '" + name + "'")
    return _real_import(name, *more)


_real_open, _real_import = builtins.open, builtins.__import__


class _Pin:
    def __init__(self, name, outside, emit):
        self._name, self._outside, self._emit = name, outside, emit

    def read_digital(self):
        return self._outside()["pins"].get(self._name, 0)

    def write_digital(self, value):
        self._emit(ev="pin", id=self._name, value=1 if value else 0)

    def read_analog(self):
        return self._outside()["adc"].get(self._name, 0) >> 6

    def write_analog(self, value):
        self._emit(ev="pwm", id=self._name, duty=value * 64)

    def set_analog_period_microseconds(self, period):
        pass


class _Names:
    """A module with these names and no others."""

    def __init__(self, **names):
        for name in names:
            setattr(self, name, names[name])


def put_on(kind, uid, outside, emit, halt):
    """``kind``: what the board says of itself; ``outside()`` and ``emit(**event)``: see ``pins``; ``halt(why)``: its end."""
    implementation = collections.namedtuple("implementation", ("name", "version"))("micropython", tuple(kind["version"]))
    uname = collections.namedtuple("uname", ("sysname", "nodename", "release", "version", "machine"))
    called = uname(kind["platform"], kind["platform"], kind["firmware"], kind["release"], kind["machine"])
    hidden = ("executable", "atexit", "settrace")
    disguise.replace("sys", disguise.Module(sys, hidden, implementation=implementation, platform=kind["platform"]))
    listdir, remove, stat = os.listdir, os.remove, os.stat
    names = {"listdir": lambda: listdir("/"), "remove": lambda name: remove(name), "size": lambda name: stat(name)[6]}
    disguise.replace("os", _Names(uname=lambda: called, **names))
    disguise.replace("machine", _Names(unique_id=lambda: uid, freq=lambda: 64000000, mem8=machine.mem8))
    silence = _Names(stop=lambda: None, is_playing=lambda: False)
    board = {"pin" + str(number): _Pin("pin" + str(number), outside, emit) for number in PINS}
    started = time.ticks_ms()
    disguise.replace("music", _Names(pitch=lambda hz, duration=-1, pin=None, wait=True: emit(ev="tone", hz=hz), stop=lambda: None))
    disguise.replace(
        "microbit",
        _Names(
            audio=silence,
            reset=lambda: halt("reset"),
            running_time=lambda: time.ticks_diff(time.ticks_ms(), started),
            sleep=time.sleep_ms,
            **board,
        ),
    )
    sys.path[:] = [""]
    builtins.open, builtins.__import__ = _open, _import
