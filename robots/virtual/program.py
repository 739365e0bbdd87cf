"""One program on real MicroPython: the same as :func:`robots.simulator.run.simulate`, but as the robot would run it."""

from __future__ import annotations

import codecs
import json
import os
import re
import select
import subprocess
import tempfile
import time
import traceback
from pathlib import Path
from typing import cast

from robots.board.payload import payload
from robots.board.profile import Profile
from robots.simulator.hardware import RunOver
from robots.simulator.modules import Output
from robots.simulator.outcome import Ended, Run, Trial
from robots.simulator.setup import Setup
from robots.virtual import child, operations
from robots.virtual.kinds import FIRMWARE, Kind, introduction, kind_of
from robots.virtual.modules import lacking

FILE = "program.py"
MOST_ERROR = 4_000
"""Letters of a traceback that are kept."""

SHIM_KB = 64
"""Memory that the simulated hardware takes on the board's side; a real board has its own in silicon."""

MOST_FILE = 4 << 20
"""Bytes a file of the computer may have: the flash is the only one."""

GONE = "ボードが とちゅうで さいきどう しました"
_FRAME = re.compile(r'  File "program\.py", line (\d+)(?:, in (.*))?$')


def run_on_board(source: str, setup: Setup, *, wall_seconds: float = 20) -> Run:
    """What comes of the program ``source`` on real MicroPython with the memory of the setup's board.

    Whatever the program does becomes a result; ``wall_seconds``: so long may it take in real time, then it is "endless". At a retry the
    board starts anew, with the files it got. Needs no network, no terminal and no rights: works inside a pupil's room. Raises MachineError
    where MicroPython is missing.
    """
    return _Trial(source, setup).go(time.monotonic() + wall_seconds)


class _Trial:
    def __init__(self, source: str, setup: Setup) -> None:
        self._source, self._setup = source, setup
        self._trial = Trial(setup)
        self._output, self._error = Output(), ""
        self._ended: Ended | None = None

    def go(self, until: float) -> Run:
        """All tries, until ``until`` on the monotonic clock."""
        ended = self._try(until)
        while self._trial.hardware.restart():
            ended = self._try(until)
        return self._trial.finish(ended, error=explain(self._error, self._source), printed=self._output.text())

    def _try(self, until: float) -> Ended:
        """Run the program from its beginning to its end, or to the run's: one life of the board."""
        self._ended, self._error = None, ""
        cpu_seconds = int(max(until - time.monotonic(), 0)) + 2
        with tempfile.TemporaryDirectory(prefix="kanikko-board-") as folder:
            events, to_us = os.pipe()
            for_it, self._answers = os.pipe()
            process = None
            try:
                kind = kind_of(_simulated(self._setup.profile))
                process = child.start(
                    "trial",
                    for_it,
                    heap_kb=kind.heap_kb + SHIM_KB,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    pass_fds=(for_it, to_us),
                    limits=(cpu_seconds, MOST_FILE),
                )
                os.close(for_it)
                os.write(self._answers, json.dumps({**self._how(Path(folder), kind), "events": to_us}).encode() + b"\n")
                os.close(to_us)
                for_it = to_us = -1
                assert process.stdout is not None  # noqa: S101 - asked for above
                return self._follow(process.stdout.fileno(), events, until)
            finally:
                if process is not None:
                    process.kill()
                    process.wait()
                    if process.stdout is not None:
                        process.stdout.close()
                for descriptor in (events, self._answers, for_it, to_us):
                    if descriptor >= 0:
                        os.close(descriptor)

    def _how(self, folder: Path, kind: Kind) -> dict[str, object]:
        profile = _simulated(self._setup.profile)
        files = {}
        for number, (name, content) in enumerate({**payload(profile, None).files, FILE: self._source.encode()}.items()):
            place = folder / f"{number}"
            place.write_bytes(content)
            files[name] = str(place)
        return {
            "image": str(folder / "flash"),
            "flash_kb": kind.flash_kb,
            "files": files,
            "seed": self._setup.seed,
            "kind": introduction(profile, FIRMWARE),
            "lacks": sorted(lacking(kind.platform)),
        }

    def _follow(self, printed: int, events: int, until: float) -> Ended:
        """Serve the program until it ends, or its time does."""
        waiting, still = select.poll(), {printed, events}
        for descriptor in still:
            waiting.register(descriptor, select.POLLIN)
        line, decode = b"", codecs.getincrementaldecoder("utf-8")("replace").decode
        try:
            while still:
                left = until - time.monotonic()
                ready = waiting.poll(left * 1000) if left > 0 else []
                if not ready:
                    self._trial.hardware.stop("endless")
                    return "endless"
                for descriptor, _ in ready:
                    data = os.read(descriptor, 65536)
                    if not data:
                        still.remove(descriptor)
                        waiting.unregister(descriptor)
                    elif descriptor == printed:
                        self._output.write(decode(data))
                    else:
                        *lines, line = (line + data).split(b"\n")
                        for said in lines:
                            self._hear(said)
        except RunOver as over:
            self._error = ""  # the run's end came first
            return cast(Ended, over.reason)
        if self._ended is None:
            self._error = self._error or GONE
            return "error"
        return self._ended

    def _hear(self, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            said = ["?"]
        if isinstance(said, list):
            os.write(self._answers, operations.answer(self._trial.hardware.op, said))
        elif said.get("ev") == "error":
            self._error = str(said["text"])
        elif said.get("ev") == "ended":
            self._ended = said["how"]


def _simulated(profile: Profile) -> Profile:
    """A micro:bit's own module is not simulated; its pins are, by the words that other boards use."""
    if profile.port == "microbit":
        return profile.model_copy(update={"port": "machine", "firmware": "rp2040"})
    return profile


def explain(error: str, source: str) -> str:
    """MicroPython's traceback as a child can use it: the program's own lines only, with what stands there."""
    lines, frames, said = source.splitlines(), [], []
    for line in error.splitlines():
        frame = _FRAME.match(line)
        if frame is not None:
            number = min(int(frame[1]), max(len(lines), 1))  # what is missing at the end is missed one line later
            text = lines[number - 1] if lines else ""
            frames.append(traceback.FrameSummary(FILE, number, frame[2] or "<module>", lookup_line=False, line=text))
        elif not line.startswith(("  File ", "Traceback ")):
            said.append(line)
    head = "Traceback (most recent call last):\n" + "".join(traceback.StackSummary.from_list(frames).format()) if frames else ""
    return (head + "".join(f"{line}\n" for line in said))[-MOST_ERROR:]
