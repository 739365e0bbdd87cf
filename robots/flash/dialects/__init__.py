"""How the station writes files on a board and reads them back: what one family of MicroPythons has, another lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from robots.board import Profile
from robots.flash.contents import Contents, Plan
from robots.flash.dialects.flat import Flat
from robots.flash.dialects.folders import Folders


class Dialect(Protocol):
    """Scripts for one family of boards, and what their answers mean. Scripts that need ``scripts.HEAD`` bring it."""

    @property
    def chunks(self) -> tuple[int, ...]:
        """Bytes of files that one script may bring; the next is tried where memory was too small."""

    @property
    def listing(self) -> str:
        """Shows every file as it is in flash."""

    @property
    def reset(self) -> str:
        """Restarts the whole board."""

    def parse(self, answer: str) -> Contents:
        """What ``listing`` printed. Raises FlashError (GARBLED) for anything else."""

    def arrange(self, todo: Plan) -> Plan:
        """The same plan in such an order that a board cut off anywhere starts either what is whole, or nothing."""

    def prepare(self, remove: Sequence[str], folders: Sequence[str]) -> str:
        """Remove files and whole folders, then make ``folders`` (parents first)."""

    def write(self, files: Mapping[str, bytes], chunk: int, *, packed: bool) -> Iterator[tuple[str, int]]:
        """Scripts that write ``files`` in their order; with each, how many bytes it brings. ``packed``: this board can unpack."""


_DIALECTS: Mapping[str, Dialect] = {"machine": Folders(), "microbit": Flat()}


def dialect_of(profile: Profile) -> Dialect:
    """The one that boards of this profile understand."""
    return _DIALECTS[profile.port]
