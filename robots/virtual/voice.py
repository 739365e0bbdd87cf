"""The unix port's output made to sound like a board's: lines end with two bytes, and the banner names the board."""

from __future__ import annotations

import re

_BANNER = re.compile(rb"MicroPython [^\r\n]*; linux [^\r\n]*\r\n")
_BEGINNING = b"MicroPython "


class Voice:
    """``clean``: bytes are bytes for now (``mpremote mount``). ``banner``: the board's own, one line."""

    def __init__(self, banner: bytes) -> None:
        self.clean = False
        self._banner = banner
        self._kept = b""  # perhaps the beginning of a banner
        self._after_return = False

    def say(self, data: bytes) -> bytes:
        """What a board would have sent for ``data``; an unfinished banner waits for its rest."""
        if self.clean:
            data, self._kept = self._kept + data, b""
            return data
        head, data = (data[:1], data[1:]) if self._after_return and data[:1] == b"\n" else (b"", data)
        self._after_return = (head + data).endswith(b"\r")
        data = self._kept + head + data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        at = max(data.rfind(b"\n") + 1, 0)
        self._kept = data[at:] if data[at:].startswith(_BEGINNING) else b""
        return _BANNER.sub(lambda _: self._banner, data[: len(data) - len(self._kept)])
