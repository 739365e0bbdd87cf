"""The computer's end of the pipe to simulated hardware (robots/virtual/onboard/pipes.py is the board's)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kanikko.errors import KanikkoError

PIECE = 32
"""Bytes: answers are filled up to whole pieces, as the board's end wants them."""

_encode = json.JSONEncoder(separators=(",", ":")).encode

Operation = Callable[..., tuple[int, tuple[str, ...]]]


def answer(operation: Operation, asked: list[Any]) -> bytes:
    """Do what the board asked for, ``[name, argument, …]``, and answer it. A KanikkoError becomes an exception in the board's program."""
    try:
        reply: object = operation(*asked)
    except KanikkoError as error:
        reply = error.message
    return piece(reply)


def piece(reply: object) -> bytes:
    """A reply as one line, in whole pieces."""
    line = _encode(reply).encode()
    return line.ljust(-(-(len(line) + 1) // PIECE) * PIECE - 1) + b"\n"
