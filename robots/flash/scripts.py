"""What the station runs on every board, as MicroPython source, whatever that board is. Several things a script: each is one round trip.

They run in the raw REPL of a board whose files are anybody's: ``HEAD`` makes sure that ``import os`` is MicroPython's own and not
an ``os.py`` that somebody left there (``/-`` is no folder; an empty path would also pass by what a board put in place of built-in modules).
Answers are lines of plain words and hexadecimal digits (made by hand: not every board has ``binascii``), so that no file name can fake one.
How files are written and read differs from board to board: see ``robots.flash.dialects``.
"""

from __future__ import annotations

HEAD = """
import sys
sys.path[:] = ["/-"]
for _n in ("os", "io", "binascii", "hashlib", "machine", "microbit", "deflate", "gc"):
    if hasattr(sys.modules.get(_n), "__file__"):
        del sys.modules[_n]
import os, gc
gc.collect()
def _x(b):
    return "".join(["%02x" % n for n in b]) or "-"
"""

IDENTIFY = """
import machine
_i, _u = sys.implementation, os.uname()
print("name", _x(_i.name.encode()))
print("version", _x(_u.release.encode()))
print("machine", _x(_u.machine.encode()))
print("mpy", getattr(_i, "_mpy", 0) & 255)
try:
    print("uid", _x(machine.unique_id()))
except AttributeError:
    print("uid -")
print("marked", int("_kanikko_mark" in globals()))
try:
    import deflate
    print("deflate", 1)
except ImportError:
    print("deflate", 0)
"""
"""Who is there. The version is the firmware's: a micro:bit's counts its own (2.1.2), not MicroPython's."""

MARK = "_kanikko_mark = 1\n"
"""Left in memory before a reset: a board that still has it was not reset."""

BOOTLOADER = "import machine, time\ntime.sleep_ms(30)\nmachine.bootloader()\n"
"""Waits a moment, for the word that the script was heard to get out. (So do the dialects' resets.)"""

SELF_TEST = """
import kani, kani_board
_t = kani.self_test()
_v = "-" if kani_board.BATTERY is None else _t["battery"]
print("self-test", _t["left_eye"], _t["right_eye"], _v, int(_t["button"]))
"""
"""A ``-`` for a battery that cannot be measured."""
