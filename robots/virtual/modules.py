"""Which modules a program finds on each kind of board, and which of those that the computer's MicroPython has it does not."""

from __future__ import annotations

EVERYWHERE = frozenset(
    "__main__ _asyncio _thread array asyncio binascii builtins cmath collections deflate errno framebuf gc hashlib heapq io json kani "  # noqa: SIM905
    "kani_board machine math micropython os platform program random re select struct sys time uasyncio uctypes vfs".split()
)
"""On every board that runs kani."""

COMPUTER_ONLY = frozenset(["argparse", "cryptolib", "ffi", "mip", "requests", "socket", "ssl", "termios", "tls", "websocket"])
"""What MicroPython has on a computer, but not on each board."""

_SOME = {
    "rp2": {"cryptolib"},
    "esp32": {"cryptolib", "mip", "requests", "socket", "ssl", "tls", "websocket"},
}


def lacking(platform: str) -> frozenset[str]:
    """Modules that must be hidden so that the computer's MicroPython is like a board of this platform (``sys.platform``)."""
    gone = COMPUTER_ONLY - _SOME.get(platform, set())
    return gone | {f"u{name}" for name in gone}
