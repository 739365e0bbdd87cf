"""Boards with folders, SHA-256 and renaming (Pico, ESP32): each file is written aside and then put in its place at once."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping, Sequence

from robots.flash.contents import ASIDE, Contents, Plan, parse_listing
from robots.flash.scripts import HEAD

CHUNK = 12 * 1024
"""Bytes of files in one script: with base64 and compiling it has to fit into a small board's memory twice."""
SMALL_CHUNK = 2 * 1024
"""The same for a board whose memory was too small."""

LISTING = """
try:
    from hashlib import sha256
except ImportError:
    sha256 = None
_b = bytearray(2048)
_v = memoryview(_b)
def _hash(p):
    h = sha256()
    with open(p, "rb") as f:
        while True:
            n = f.readinto(_b)
            if not n:
                break
            h.update(_v[:n])
    return _x(h.digest())
def _list(d, deep):
    for e in os.ilistdir(d or "/"):
        p = d + "/" + e[0]
        if e[1] & 0x4000:
            print("folder", _x(p[1:].encode()))
            if deep < 8:
                _list(p, deep + 1)
        else:
            n = os.stat(p)[6]
            print("file", n, _hash(p) if sha256 and n <= 262144 else "-", _x(p[1:].encode()))
_list("", 0)
_s = os.statvfs("/")
print("free", _s[0], _s[3], _s[2])
print("end")
"""
"""Every folder and file with its SHA-256 as read from flash, and the space: block size, free blocks, all blocks."""

RESET = "import machine, time\ntime.sleep_ms(30)\nmachine.reset()\n"

REMOVER = """
def _rm(p):
    try:
        d = os.stat(p)[0] & 0x4000
    except OSError:
        return
    if d:
        for e in list(os.ilistdir(p)):
            _rm(p + "/" + e[0])
        os.rmdir(p)
    else:
        os.remove(p)
"""

WRITER = """
from binascii import a2b_base64
def _w(b):
    _f.write(a2b_base64(b))
def _done(n, t):
    _f.close()
    os.rename(t, n)
"""

INFLATER = """
import io, deflate
def _z(b):
    d = deflate.DeflateIO(io.BytesIO(a2b_base64(b)), deflate.ZLIB)
    while True:
        p = d.read(512)
        if not p:
            break
        _f.write(p)
"""
WINDOW_BITS = 10
"""A window of 1 kB: what unpacking costs the board in memory."""


class Folders:
    """See ``robots.flash.dialects.Dialect``."""

    chunks = (CHUNK, SMALL_CHUNK)
    listing = HEAD + LISTING
    reset = RESET

    def parse(self, answer: str) -> Contents:
        return parse_listing(answer)

    def arrange(self, todo: Plan) -> Plan:
        return todo  # each file is whole by itself

    def prepare(self, remove: Sequence[str], folders: Sequence[str]) -> str:
        lines = [HEAD, REMOVER]
        lines += [f"_rm({'/' + path!r})" for path in remove]
        lines += [f"os.mkdir({'/' + path!r})" for path in folders]
        return "\n".join(lines)

    def write(self, files: Mapping[str, bytes], chunk: int, *, packed: bool) -> Iterator[tuple[str, int]]:
        """Each aside and then renamed. ``packed``: compressed on the way (a third of the time on a slow line)."""
        lines, filled = [HEAD, WRITER, INFLATER if packed else ""], 0
        for path, content in files.items():
            lines.append(f"_f = open({'/' + path + ASIDE!r}, 'wb')")
            start = 0
            while start < len(content):
                part = content[start : start + chunk - filled]
                lines.append(_piece(part, packed=packed))
                start += len(part)
                filled += len(part)
                if filled >= chunk:
                    yield "\n".join(lines), filled
                    lines, filled = [], 0
            lines.append(f"_done({'/' + path!r}, {'/' + path + ASIDE!r})")
        if lines:
            yield "\n".join(lines), filled


def _piece(part: bytes, *, packed: bool) -> str:
    if not packed:
        return f"_w({base64.b64encode(part)!r})"
    packer = zlib.compressobj(9, wbits=WINDOW_BITS)
    return f"_z({base64.b64encode(packer.compress(part) + packer.flush())!r})"
