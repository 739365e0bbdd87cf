"""Boards without hardware: the real MicroPython behind a pty, for tests, for practice, and for pupils' programs."""

from robots.virtual.board import VirtualBoard
from robots.virtual.boards import VirtualBoards
from robots.virtual.faults import Faults
from robots.virtual.kinds import VirtualBoardError

__all__ = ["Faults", "VirtualBoard", "VirtualBoardError", "VirtualBoards"]
