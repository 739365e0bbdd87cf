# ruff: noqa: SIM115, PTH102, PTH123, BLE001, I001 - MicroPython has no pathlib, and this is no module of CPython's
"""Runs on MicroPython: one program on simulated hardware. Started by robots.virtual.program; the REPL does not follow.

The one argument is the descriptor from which answers come; the first line there says what is to be done.
"""

import builtins
import io
import json
import os
import random
import sys
import time

import disguise
import flash
import machine
import onboard
import pipes
import vfs

_answers = open(int(sys.argv[1]), "rb")
_how = json.loads(_answers.readline())
_events = open(_how["events"], "wb")
_real_import, _print_exception = builtins.__import__, sys.print_exception


def emit(**event):
    _events.write(json.dumps(event) + "\n")


def _import(name, *arguments):
    if name in _how["lacks"]:
        raise ImportError("no module named '" + name + "'")
    return _real_import(name, *arguments)


def _complain(error, file=None):
    """What kani would say on the robot: we keep it apart from what the program prints."""
    if file is None:
        text = io.StringIO()
        _print_exception(error, text)
        emit(ev="error", text=text.getvalue())
    else:
        _print_exception(error, file)


def _seed(number=None):
    random.seed(_how["seed"] if number is None else number)


def _load():
    """The files that a board gets, on a flash of their own; then the computer's files are out of reach."""
    disk = flash.Flash(_how["image"], _how["flash_kb"])
    vfs.VfsLfs2.mkfs(disk, progsize=flash.PROGRAM)
    vfs.mount(vfs.VfsLfs2(disk, progsize=flash.PROGRAM), "/board")
    os.mkdir("/board/lib")
    for name, place in _how["files"].items():
        with open(place, "rb") as source, open("/board/" + name, "wb") as file:
            file.write(source.read())
    vfs.umount("/board")
    flash.mount(disk)
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]


def _dress():
    op = pipes.operations(_events, _answers)
    pins, clock = onboard.connect(op, disguise.Module(machine, ("soft_reset", "mem8", "mem16", "mem32")), time)
    disguise.replace("machine", pins)
    disguise.replace("time", clock)
    disguise.replace("random", disguise.Module(random, seed=_seed))
    disguise.put_on(_how["kind"], _complain)
    _seed()
    for module in ("trial", "disguise", "flash", "pipes", "onboard"):
        sys.modules.pop(module, None)
    builtins.__import__ = _import


def _go():
    try:
        import kani

        return kani.run("program", start_button=False)
    except BaseException as error:
        _complain(error)
        return "error"


_load()
_dress()
emit(ev="ended", how=_go())
