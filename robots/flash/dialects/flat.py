"""A micro:bit: one flat list of files, no renaming and no SHA-256. Every byte is shown to the computer, which makes the sums.

What was begun there is not undone. So nothing is started until all is there: ``main.py`` goes first of all and comes back last of all. A
file that was being written when the power went is there, cut off somewhere; its sum tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from robots.flash.contents import START, Contents, Plan, parse_bytes
from robots.flash.scripts import HEAD

CHUNK = 512
"""Bytes of files in one script. Written as a literal they may become four times as many characters, and the board's memory is 64 kB."""
SMALL_CHUNK = 128
"""The same for a board whose memory was too small."""

LISTING = """
for _p in os.listdir():
    print("file", _x(_p.encode()))
    with open(_p, "rb") as _f:
        while True:
            _d = _f.read(64)
            if not _d:
                break
            print("data", _x(_d))
print("end")
"""

RESET = "import microbit\nmicrobit.sleep(30)\nmicrobit.reset()\n"

REMOVER = """
def _rm(p):
    if p in os.listdir():
        os.remove(p)
"""


class Flat:
    """See ``robots.flash.dialects.Dialect``."""

    chunks = (CHUNK, SMALL_CHUNK)
    listing = HEAD + LISTING
    reset = RESET

    def parse(self, answer: str) -> Contents:
        return parse_bytes(answer)

    def arrange(self, todo: Plan) -> Plan:
        """What is to be replaced goes before anything is written: its room is needed."""
        if not todo.write:
            return todo
        body = tuple(path for path in todo.write if path != START)
        gone = tuple(path for path in (*todo.remove, *body) if path != START)
        return Plan((START, *gone), todo.folders, (*body, START), todo.others)

    def prepare(self, remove: Sequence[str], folders: Sequence[str]) -> str:
        if folders:
            raise ValueError(f"a micro:bit has no folders: {folders}")
        return "\n".join([HEAD, REMOVER, *(f"_rm({path!r})" for path in remove)])

    def write(self, files: Mapping[str, bytes], chunk: int, *, packed: bool) -> Iterator[tuple[str, int]]:
        """In place, piece by piece: a file grows while it is open, never afterwards."""
        for path, content in files.items():
            yield f"_f = open({path!r}, 'wb')", 0
            for start in range(0, len(content), chunk):
                part = content[start : start + chunk]
                yield f"_f.write({part!r})", len(part)
            yield "_f.close()", 0
