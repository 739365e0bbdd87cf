# ruff: noqa: S102, PTH107, PTH123, PTH208, BLE001, SIM115, I001 - MicroPython has no pathlib, and this is no module of CPython's
"""Runs on MicroPython: makes a virtual board of it. Started by robots.virtual.child; then the REPL follows.

The one argument is the descriptor from which answers come; the first line there says how this board is to be.
"""

import io
import json
import os
import select
import sys
import time

import __main__
import disguise
import flash
import machine
import micropython
import pins
import pipes
import termios

_answers = open(int(sys.argv[1]), "rb")
_how = json.loads(_answers.readline())
_events = open(_how["events"], "wb")
_world = open(_how["outside"], "rb")
ISIG = 1
FULL = "full.log"


def emit(**event):
    _events.write(json.dumps(event) + "\n")


def halt(why):
    """The supervisor does the rest: it ends this process."""
    emit(ev=why)
    while True:
        time.sleep(9)


def outside():
    while True:
        _world.seek(0)
        try:
            return json.loads(_world.read())
        except ValueError:  # caught while it was being written
            pass


class Faults:
    """What goes wrong when flash is written. ``armed`` counts how often the supervisor has set it: each time the count begins anew."""

    armed = writes = 0
    rotten = None

    def before(self, block, offset, data):
        want = outside()
        if want["armed"] != self.armed:
            self.armed, self.writes, self.rotten = want["armed"], 0, None
        if self.rotten is not None and self.rotten[0] != block:  # littlefs looks at what it has just written: not at once
            self.flash.put(*self.rotten)
            emit(ev="flip", block=self.rotten[0])
            self.rotten = None
        self.writes += 1
        if self.writes == want["cut"]:
            self.flash.put(block, offset, bytes(data)[: len(data) // 2])
            halt("power")
        if self.writes == want["flip"]:
            wrong = bytearray(data)
            wrong[len(wrong) // 2] ^= 1
            self.rotten = (block, offset, wrong)


def kbd_intr(char):
    """``mpremote mount`` wants every byte, 3 included: Ctrl-C is the terminal's doing here."""
    emit(ev="clean", on=char != 3)
    attributes = termios.tcgetattr(0)
    attributes[3] = attributes[3] | ISIG if char == 3 else attributes[3] & ~ISIG
    termios.tcsetattr(0, termios.TCSANOW, attributes)


def _bootloader(*arguments):
    halt("bootloader")


def _dress(onboard, flat):
    """The modules of a board."""
    if flat is not None:
        flat.put_on(_how["kind"], bytes(_how["uid"]), outside, emit, halt)
        return
    names = {"reset": lambda: halt("reset"), "bootloader": _bootloader, "unique_id": lambda: bytes(_how["uid"]), "reset_cause": lambda: 1}
    if onboard is None:
        names.update(pins.modules(outside, emit))
        board = disguise.Module(machine, **names)
    else:
        board, clock = onboard.connect(pipes.operations(_events, _answers), machine, time)
        for name in names:
            setattr(board, name, names[name])
        disguise.replace("time", clock)
    disguise.replace("machine", board)
    disguise.replace("micropython", disguise.Module(micropython, kbd_intr=kbd_intr))
    disguise.put_on(_how["kind"])


def _fill():
    """Not one block is left. What grows needs one more meanwhile: the second file takes that."""
    for size, name in ((65536, FULL), (4096, FULL), (2048, FULL + "2")):
        try:
            while True:
                with open(name, "ab") as file:  # what does not fit is taken back, but no more
                    file.write(bytes(size))
        except OSError:
            pass


def _empty():
    """What filled the disk is gone with the fault."""
    for name in os.listdir():
        if name.startswith(FULL):
            os.remove(name)


def _complain(error):
    """Without the lines that say where we are."""
    text = io.StringIO()
    sys.print_exception(error, text)
    print("\n".join([line for line in text.getvalue().split("\n") if "/onboard/board.py" not in line]), end="")


def _run(name):
    try:
        with open(name) as file:
            source = file.read()
    except OSError:
        return
    try:
        exec(compile(source, name, "exec"), __main__.__dict__)
    except SystemExit:
        halt("soft_reset")
    except BaseException as error:
        _complain(error)


def _start():
    onboard = __import__("onboard") if _how["hardware"] else None
    flat = __import__("flat") if _how["kind"]["platform"] == "microbit" else None
    faults = Faults()
    faults.flash = flash.Flash(_how["image"], _how["flash_kb"], faults.before)
    flash.mount(faults.flash)
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    (_fill if _how["full"] else _empty)()
    _dress(onboard, flat)
    for module in ("board", "disguise", "flash", "flat", "pins", "pipes", "onboard"):
        sys.modules.pop(module, None)


_start()
try:
    print(_how["mark"], end="")  # from here on somebody may type: only now, when all that this process is has become a board
    _run("boot.py")
    if _how["main"]:
        _run("main.py")
except KeyboardInterrupt:  # too early for a program
    pass
# No Ctrl-C may come while this process has no handler for it: the supervisor holds back what is typed from the mark on, and says when to
# go on. A Ctrl-C in the very moment of the mark has it said twice.
_said, _go = False, bytearray(1)
while True:
    try:
        if not _said:
            print(_how["mark"], end="")
            _said = True
        while not _go[0]:
            _answers.readinto(_go)
        # The REPL begins by throwing away what was typed before. On a board it would read it: it gets it once more.
        _typed, _poll = [], select.poll()
        _poll.register(sys.stdin, select.POLLIN)
        while _poll.poll(0):
            _typed.append(sys.stdin.buffer.read(1)[0])
        emit(ev="typed", bytes=_typed)
        break
    except KeyboardInterrupt:
        pass
