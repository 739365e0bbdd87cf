"""Asking a warm process (:mod:`hub.warm`) for a child that walks into a room."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 10.0
"""A warm process that was killed is back within five seconds; a class had rather wait for it than start cold."""

PAUSE_SECONDS = 0.05
ANSWER_SECONDS = 20.0
TAKEN = b"taken"
LONGEST_HEADER = 1 << 14
MOST_DESCRIPTORS = 16


class WarmAwayError(Exception):
    """No warm process has taken the wish: nothing has begun."""


def knock(place: Path) -> socket.socket:
    """A connection to the warm process that listens at ``place``. Raises WarmAwayError if none does
    (for ten seconds, where one has been)."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection.connect(str(place))
        except OSError as error:
            # Where one has been it comes back; where no socket ever was there is none to wait for.
            if place.exists() and time.monotonic() < deadline:
                time.sleep(PAUSE_SECONDS)
                continue
            connection.close()
            raise WarmAwayError(f"nobody listens at {place.name}: {error.strerror}") from error
        connection.settimeout(ANSWER_SECONDS)
        return connection


def wish(connection: socket.socket, header: dict[str, Any], descriptors: list[int]) -> None:
    """Tell a child of the warm process what to do; returns when it has begun. Raises WarmAwayError if it never heard it."""
    try:
        socket.send_fds(connection, [json.dumps(header).encode()], descriptors)
        answer = connection.recv(len(TAKEN))
    except OSError as error:
        raise WarmAwayError(f"no answer: {error}") from error
    if answer != TAKEN:
        raise WarmAwayError("it ended before it took the wish")


def hear(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The other side of :func:`wish`: its header and descriptors. Raises EOFError if who knocked has gone."""
    text, descriptors, _, _ = socket.recv_fds(connection, LONGEST_HEADER, MOST_DESCRIPTORS)
    if not text:
        raise EOFError("who knocked has gone")
    connection.send(TAKEN)
    header: dict[str, Any] = json.loads(text)
    return header, descriptors
