# ruff: noqa: SIM115, PTH123, RET503 - MicroPython has no pathlib, and this is no module of CPython's
"""Runs on MicroPython: a board's flash in a file, as littlefs2 wants it, and the file system on it."""

import vfs

BLOCK = 4096
PROGRAM = 256


class Flash:
    """``before(block, offset, data)`` is called before each write."""

    def __init__(self, path, kb, before=None):
        self._blocks, self._before = kb * 1024 // BLOCK, before
        try:
            self._file = open(path, "r+b")
        except OSError:
            self._file = open(path, "w+b")

    def readblocks(self, block, into, offset=0):
        self._file.seek(block * BLOCK + offset)
        for rest in range(self._file.readinto(into), len(into)):
            into[rest] = 255

    def writeblocks(self, block, data, offset=0):
        if self._before is not None:
            self._before(block, offset, data)
        self.put(block, offset, data)

    def put(self, block, offset, data):
        self._file.seek(block * BLOCK + offset)
        self._file.write(data)

    def ioctl(self, request, argument):
        if request == 4:
            return self._blocks
        if request == 5:
            return BLOCK
        if request == 6:
            self.put(argument, 0, b"\xff" * BLOCK)
            return 0


def mount(flash):
    """The file system on ``flash`` becomes the root. One that is no file system is made anew, as a board does at its first start."""
    vfs.umount("/")
    try:
        system = vfs.VfsLfs2(flash, progsize=PROGRAM)
    except OSError:
        vfs.VfsLfs2.mkfs(flash, progsize=PROGRAM)
        system = vfs.VfsLfs2(flash, progsize=PROGRAM)
    vfs.mount(system, "/")
