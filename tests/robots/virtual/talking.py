"""How the tests talk to virtual boards: by mpremote's program, and by its transport."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

from mpremote.transport_serial import SerialTransport

from robots.board import load_profile, payload
from robots.virtual import VirtualBoard


def mpremote(board: VirtualBoard, *words: str, code: int = 0, cwd: Path | None = None) -> str:
    """The real program, as a mentor calls it; what it printed. Fails the test when it ends otherwise than with ``code``."""
    command = [sys.executable, "-m", "mpremote", "connect", board.port, *words]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd=cwd, check=False)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout


class Link:
    """A board's raw REPL, in this process: quick."""

    def __init__(self, board: VirtualBoard) -> None:
        self.transport = SerialTransport(board.port)
        self.transport.enter_raw_repl(soft_reset=False)

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # the port may be gone
            self.transport.close()

    def do(self, code: str) -> str:
        printed: bytes = self.transport.exec(code)
        return printed.decode()

    def put(self, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            if "/" in name and not self.transport.fs_exists(name.partition("/")[0]):
                self.transport.fs_mkdir(name.partition("/")[0])
            self.transport.fs_writefile(name, content, chunk_size=2048)

    def get(self, name: str) -> bytes:
        return bytes(self.transport.fs_readfile(name, chunk_size=2048))

    def leave(self) -> None:
        """Back to the ordinary prompt, and a soft reset: main.py runs."""
        self.transport.exit_raw_repl()
        self.transport.read_until(1, b">>> ")
        self.transport.serial.write(b"\x04")

    def after_leaving(self) -> str:
        """What the board says from there to the ordinary prompt."""
        self.leave()
        said: bytes = self.transport.read_until(1, b">>> ")
        return said.decode()


def give_kani(board: VirtualBoard, program: bytes | None = None) -> None:
    """Library, start and program, as the station writes them; then the board starts anew."""
    with Link(board) as link:
        link.put(dict(payload(load_profile(board.profile.name), program).files))
        link.leave()
