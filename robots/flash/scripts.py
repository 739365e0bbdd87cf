"""What the station runs on a board, as MicroPython source. Several things a script: each script is one round trip.

They run in the raw REPL of a board whose files are anybody's: ``HEAD`` makes sure that ``import os`` is MicroPython's own and not
an ``os.py`` that somebody left there (``/-`` is no folder; an empty path would also pass by what a board put in place of built-in modules).
Answers are lines of plain words and hexadecimal digits, so that no file name can fake one.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping, Sequence

CHUNK = 12 * 1024
"""Bytes of files in one script: with base64 and compiling it has to fit into a small board's memory twice."""
SMALL_CHUNK = 2 * 1024
"""The same for a board whose memory was too small."""
ASIDE = ".kanikko~"
"""Suffix of a file that is being written."""

HEAD = """
import sys
sys.path[:] = ["/-"]
for _n in ("os", "io", "binascii", "hashlib", "machine", "deflate", "gc"):
    if hasattr(sys.modules.get(_n), "__file__"):
        del sys.modules[_n]
import os, gc
from binascii import hexlify, a2b_base64
gc.collect()
def _x(b):
    return hexlify(b).decode() or "-"
"""

IDENTIFY = """
import machine
_i = sys.implementation
print("name", _x(_i.name.encode()))
print("version", ".".join(str(_n) for _n in _i.version[:3]))
print("machine", _x(getattr(_i, "_machine", "").encode()))
print("mpy", getattr(_i, "_mpy", 0) & 255)
try:
    print("uid", _x(machine.unique_id()))
except AttributeError:
    print("uid -")
print("marked", int("_kanikko_mark" in globals()))
try:
    import deflate
    print("deflate", 1)
except ImportError:
    print("deflate", 0)
"""
"""Who is there."""

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

MARK = "_kanikko_mark = 1\n"
"""Left in memory before a reset: a board that still has it was not reset."""

RESET = "import machine, time\ntime.sleep_ms(30)\nmachine.reset()\n"
BOOTLOADER = "import machine, time\ntime.sleep_ms(30)\nmachine.bootloader()\n"
"""Both wait a moment, for the word that the script was heard to get out."""

SELF_TEST = """
import json, kani
print("self-test " + json.dumps(kani.self_test()))
"""

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


def prepare(remove: Sequence[str], folders: Sequence[str]) -> str:
    """Remove files and whole folders, then make ``folders`` (parents first)."""
    lines = [HEAD, REMOVER]
    lines += [f"_rm({'/' + path!r})" for path in remove]
    lines += [f"os.mkdir({'/' + path!r})" for path in folders]
    return "\n".join(lines)


def write(files: Mapping[str, bytes], chunk: int = CHUNK, *, packed: bool = False) -> Iterator[tuple[str, int]]:
    """Scripts that write ``files`` one after another, each aside and then renamed; with each script, how many bytes it brings.

    ``packed``: compressed on the way, for boards that can unpack (a third of the time on a slow line).
    """
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
