"""Imported once by the fork server, so that every grading process is born with it: the imports, and what is made once."""

from __future__ import annotations

# ruff: noqa: E402 (what is left out must be so before the first import)
import logging
from contextlib import suppress

from kanikko.quickly import leave_out

leave_out()

from grading.marks.notebook import mark
from grading.sandbox.executor import execute
from hub import room
from kanikko.errors import MachineError
from kanikko.notebook_format import compile_checkers

logging.getLogger("traitlets").setLevel(logging.CRITICAL)  # nbgrader's parts log pupils' text

compile_checkers()
with suppress(MachineError):  # said again, with the remedy, by the first room
    room.check_machine()

__all__ = ["execute", "mark"]
