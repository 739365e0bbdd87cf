"""The crab's numbers: thirty boards flashed beside a loop of mpremote commands, and how much faster than real time the simulator is."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench.result import Reading, Result, compare
from robots.board import load_profile, payload
from robots.simulator.examples import example_programs
from robots.simulator.field import load_field
from robots.simulator.rules import load_rules
from robots.simulator.run import simulate
from robots.simulator.setup import Setup
from robots.virtual.boards import VirtualBoards

BOARDS = 30
BYTES = 18_000
"""On each board, all files together."""
FLASH, REAL_TIME = "flash_30_s", "crab_times_real_time"
ROBOTS = {FLASH, REAL_TIME}
DRIVES = ("two_eyes", "contest")
"""Example programs: one that follows a line all the time, one whole run of the contest."""
BIN = Path(sys.executable).parent


class FlashError(RuntimeError):
    """A side did not flash, or did not flash right: its time does not count."""


def measure(names: set[str], console: Console) -> list[Result]:
    """All that is ``names`` of this. Never raises for a measurement that failed: its line says why."""
    found: list[Result] = []
    if FLASH in names:
        console.rule(f"{BOARDS} boards: kanikko flash")
        ours = _attempt(lambda: _flash(_by_station), console)
        console.rule(f"{BOARDS} boards: mpremote")
        found += compare(BOARDS, {FLASH: ours}, {FLASH: _attempt(lambda: _flash(_by_mpremote), console)})
    if REAL_TIME in names:
        console.rule("the simulator")
        found += compare(1, {REAL_TIME: _attempt(_times_real_time, console)}, {REAL_TIME: Reading(None, "there is none")})
    return found


def _attempt(act: Callable[[], Reading], console: Console) -> Reading:
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - one line fails, the bench goes on
        console.print(f"failed: {type(error).__name__}: {error}", style="red", highlight=False, markup=False)
        return Reading(None, f"failed: {type(error).__name__}: {str(error)[:300]}")


# ------------------------------------------------------------------ flashing
def _program() -> bytes:
    """A program that makes a board's files ``BYTES`` long, of words that do not repeat."""
    start = b"from kani import *\n\nforward(60, 1)\n"
    left = BYTES - payload(load_profile("pico"), start).size
    dice = random.Random(1)  # noqa: S311
    lines, size = [], 0
    while size < left:
        lines.append(f"# {dice.randbytes(24).hex()}\n".encode())
        size += len(lines[-1])
    return (start + b"".join(lines))[: left + len(start) - 1] + b"\n"


def _flash(side: Callable[[VirtualBoards, Path, bytes], None]) -> Reading:
    """Seconds until every board holds its files and both this side and we have looked."""
    program = _program()
    with tempfile.TemporaryDirectory(prefix="kkbench") as folder, VirtualBoards(Path(folder, "boards"), BOARDS) as boards:
        began = time.monotonic()
        side(boards, Path(folder), program)
        took = time.monotonic() - began
        wanted = payload(load_profile("pico"), program)
        for board in boards:
            board.wait_until("running")
            said = _mpremote(board.port, *_hashes(list(wanted.files)))
            if [line for line in said.splitlines() if len(line) == 64] != list(wanted.hashes.values()):
                raise FlashError(f"{board.folder.name} does not hold what it should: {said}")
    return Reading(took, f"{wanted.size} bytes each, verified on the board")


def _by_station(boards: VirtualBoards, folder: Path, program: bytes) -> None:
    place = folder / "program.py"
    place.write_bytes(program)
    command = [str(BIN / "kanikko"), "flash", str(place), "--virtual", str(folder / "boards"), "--once", "--no-page"]
    environment = {**os.environ, "KANIKKO_VAR": str(folder / "var")}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise FlashError(done.stdout[-300:] + done.stderr[-300:])


def _by_mpremote(boards: VirtualBoards, folder: Path, program: bytes) -> None:
    """As a mentor would by hand: for each board its files, their hashes, a reset; each command a board, hashes compared by him."""
    wanted = payload(load_profile("pico"), program)
    source = folder / "files"
    for name, content in wanted.files.items():
        place = source / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    for board in boards:
        _mpremote(board.port, "fs", "cp", "-r", *map(str, sorted(source.iterdir())), ":")
        said = _mpremote(board.port, *_hashes(list(wanted.files)))
        if [line for line in said.splitlines() if len(line) == 64] != list(wanted.hashes.values()):
            raise FlashError(f"mpremote: {board.folder.name} holds something else: {said}")
        _mpremote(board.port, "reset")
    shutil.rmtree(source)


def _hashes(paths: list[str]) -> list[str]:
    words: list[str] = []
    for path in paths:
        words += ["+", "fs", "sha256sum", f":{path}"] if words else ["fs", "sha256sum", f":{path}"]
    return words


def _mpremote(port: str, *words: str) -> str:
    done = subprocess.run(
        [str(BIN / "mpremote"), "connect", port, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise FlashError(f"mpremote {words[:2]}: {done.stdout[-200:]}{done.stderr[-200:]}")
    return done.stdout


# ------------------------------------------------------------------ the simulator
def _times_real_time() -> Reading:
    """The slower of :data:`DRIVES`; ten runs each, the middle one."""
    known = {program.name: program for program in example_programs()}
    found, notes = [], []
    for name in DRIVES:
        setup = Setup(load_field(known[name].field), load_profile("pico"), seed=1, rules=load_rules("practice"), seconds=60)
        speeds = []
        for _ in range(10):
            began = time.perf_counter()
            run = simulate(known[name].source, setup)
            speeds.append(run.seconds / (time.perf_counter() - began))
        found.append(sorted(speeds)[len(speeds) // 2])
        notes.append(f"{name}: {run.seconds:.0f} s driven, {found[-1]:.0f} times, {_short(run.decisions)}")
    return Reading(min(found), "; ".join(notes))


def _short(decisions: object) -> str:
    """So that two machines can see whether they drove the same way."""
    return hashlib.sha256(repr(decisions).encode()).hexdigest()[:12]
