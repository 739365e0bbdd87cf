"""How fast is the station beside a loop of mpremote commands? Run by hand: ``python tests/robots/flash/measure.py [BOARDS]``.

Both put the same four files (about 18 kB) on every board, make each board hash what it holds, compare, and reset it. The station does more:
it looks for stale files, hashes once more after the reset, and writes the log. Flash is erased between the two.
"""

# ruff: noqa: E402 (run by hand: the path comes first)
from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[3])]

from rig import Beside, Table, big_program, expected

from robots.board import Payload
from robots.flash.package import TeamProgram
from robots.flash.teams import Programs
from robots.virtual.board import VirtualBoard


def by_commands(boards: list[VirtualBoard], wanted: Payload, folder: Path) -> float:
    """Seconds that one mpremote command after another takes."""
    for path, content in wanted.files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    began = time.monotonic()
    for board in boards:
        mpremote(board, "mkdir", ":lib")
        for path in wanted.files:
            mpremote(board, "cp", str(folder / path), f":{path}")
        for path, digest in wanted.hashes.items():
            assert digest in mpremote(board, "sha256sum", f":{path}"), "not what was written"
        mpremote(board, "reset")
    return time.monotonic() - began


def mpremote(board: VirtualBoard, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", board.port, *words], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def by_station(table: Table, folder: Path, programs: Programs) -> float:
    """Seconds from the station's start until every board is good."""
    began = time.monotonic()
    beside = Beside(table, folder / "measure.db", programs=programs)
    views = beside.done(len(table.boards), 120)
    took = time.monotonic() - began
    beside.close()
    assert {view.kind for view in views} == {"good"}, [view for view in views if view.kind != "good"]
    return took


def main(number: int) -> None:
    program = big_program(12_000)
    wanted = expected(program)
    with tempfile.TemporaryDirectory(prefix="kanikko-measure-") as place:
        folder = Path(place)
        table = Table(folder / "table")
        for _ in range(number):
            table.add()
        time.sleep(1)
        slow = by_commands(table.boards, wanted, folder)
        for board in table.boards:
            board.unplug()
            board.erase()
            board.plug_in()
        time.sleep(1)
        quick = by_station(table, folder, Programs(common=TeamProgram("", "", program)))
        table.close()
    print(f"{number} boards, {wanted.size} bytes each: mpremote {slow:.1f} s, station {quick:.2f} s: {slow / quick:.1f} times as fast")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
