"""Many virtual boards at once, and the list by which the flashing station finds them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from robots.shell.find import LOCK_FILE, PORTS_FILE
from robots.virtual.board import VirtualBoard
from robots.virtual.faults import NO_FAULTS, Faults
from robots.virtual.folder import take
from robots.virtual.kinds import uid_for


class VirtualBoards:
    """``count`` boards in folders of their own under ``folder`` (``01``, ``02``, …), and ``folder/ports.json``, kept while they run.

    ``faults``: what goes wrong with which board (counted from 0). Works as a context manager; may be iterated and indexed.
    """

    def __init__(
        self,
        folder: Path,
        count: int,
        profile: str = "pico",
        *,
        firmware: str = "",
        faults: Mapping[int, Faults] | None = None,
        on_bootloader: Callable[[VirtualBoard], None] | None = None,
    ) -> None:
        self.list = folder.absolute() / PORTS_FILE
        folder.mkdir(parents=True, exist_ok=True)
        self._held = take(folder / LOCK_FILE)
        self._lock = threading.Lock()
        self._boards: list[VirtualBoard] = []
        try:
            self._write()
            for number in range(count):
                board = VirtualBoard(
                    folder / f"{number + 1:02}",
                    profile,
                    uid=uid_for(number),
                    firmware=firmware,
                    faults=(faults or {}).get(number, NO_FAULTS),
                    on_bootloader=on_bootloader,
                    on_change=lambda board: self._write(),
                    wait=False,
                )
                self._boards.append(board)
            for board in self._boards:
                if board.plugged:
                    board.wait_until("running")
            self._write()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Iterator[VirtualBoard]:
        return iter(self._boards)

    def __getitem__(self, number: int) -> VirtualBoard:
        return self._boards[number]

    def __len__(self) -> int:
        return len(self._boards)

    def close(self) -> None:
        """All boards are gone, and the list with them."""
        for board in self._boards:
            board.on_change = None
            board.close()
        self.list.unlink(missing_ok=True)
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def _write(self) -> None:
        with self._lock:
            write_ports(self.list, [board for board in self._boards if board.plugged])


def write_ports(path: Path, boards: Sequence[VirtualBoard]) -> None:
    """The list that :mod:`robots.shell.find` reads. Whoever reads meanwhile gets the old one or the new one."""
    rows = [
        {"port": board.port, "profile": board.profile.name, "vid": board.vid, "pid": board.pid, "serial": board.serial} for board in boards
    ]
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(rows, indent=1) + "\n")
    fresh.replace(path)
