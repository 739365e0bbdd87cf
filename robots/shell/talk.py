"""A conversation with one board through mpremote, whose errors become ours."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from kanikko.errors import KanikkoError
from robots.shell.screen import plain

ENTER_SECONDS = 5
ANSWER_SECONDS = 10
STOP_SECONDS = 5

UNPLUGGED = "ケーブルを さしなおして、もういちど やってみてね。"
SILENT = "ほかの プログラム（Thonny など）が つかって いたら とじて、リセットボタンを おしてから、もういちど やってみてね。"


class BoardError(KanikkoError):
    """The board cannot be reached, does not answer, or was unplugged."""


class Talk:
    """The raw REPL of one board. Every method raises BoardError."""

    def __init__(self, transport: SerialTransport) -> None:
        self._transport = transport

    def run(self, code: str) -> str:
        """What ``code`` printed."""
        with _ours():
            printed: bytes = self._transport.exec(code)
            return printed.decode(errors="replace")

    def exists(self, path: str) -> bool:
        with _ours():
            return bool(self._transport.fs_exists(path))

    def read(self, path: str) -> bytes:
        with _ours():
            return bytes(self._transport.fs_readfile(path))

    def write(self, path: str, content: bytes) -> None:
        """Write a file, its folder too, and make sure that it arrived."""
        with _ours():
            folder = path.rpartition("/")[0]
            if folder and not self._transport.fs_exists(folder):
                self._transport.fs_mkdir(folder)
            self._transport.fs_writefile(path, content)
            if self._transport.fs_readfile(path) != content:
                raise BoardError(f"{path} が ただしく かきこめませんでした", remedy=UNPLUGGED)

    def remove(self, path: str) -> None:
        with _ours():
            self._transport.fs_rmfile(path)

    def follow(self, code: str, output: Callable[[bytes], object]) -> bool:
        """Run ``code`` and hand on what it prints, as it prints. Ctrl-C here stops it there. Returns whether it came to its end."""

        def without_end(data: bytes) -> None:
            output(data.replace(b"\x04", b""))

        with _ours():
            self._transport.exec_raw_no_follow(code)
            try:
                _, failed = self._transport.follow(timeout=None, data_consumer=without_end)
            except KeyboardInterrupt:
                self._transport.serial.write(b"\x03")
                self._transport.follow(timeout=STOP_SECONDS, data_consumer=without_end)
                return False
            if failed:
                output(failed)
            return not failed


@contextlib.contextmanager
def talk(device: str) -> Iterator[Talk]:
    """Stop what runs on the board and talk to it; in the end it starts anew, as after plugging in. Raises BoardError."""
    with _ours("ボードの ポートが ひらけません"):
        transport = SerialTransport(device, timeout=ANSWER_SECONDS)
    try:
        with _ours("ボードが へんじを しません"), contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it did not expect
            transport.enter_raw_repl(soft_reset=True, timeout_overall=ENTER_SECONDS)
        yield Talk(transport)
        with _ours():
            transport.exit_raw_repl()
            transport.serial.write(b"\x04")  # main.py runs again: the robot waits for its button
    finally:
        with contextlib.suppress(OSError, TransportError):
            transport.close()


@contextlib.contextmanager
def _ours(what: str = "ボードとの はなしが とぎれました") -> Iterator[None]:
    try:
        yield
    except TransportError as error:
        said = plain(str(error).encode())[-300:]
        raise BoardError(f"{what}（{said}）", remedy=SILENT) from None
    except OSError as error:  # pyserial's errors too
        raise BoardError(f"{what}（{error.__class__.__name__}）", remedy=UNPLUGGED) from None
