# ruff: noqa: RUF005 - MicroPython has no pathlib, and this is no module of CPython's
"""Runs on MicroPython: the way to the simulated hardware, one line of JSON each way.

Answers come in pieces of 32 bytes, filled up with spaces before the line's end: reading byte by byte would cost a system call each.
"""

import json

PIECE = 32


def operations(to, answers):
    """``op(name, *arguments) -> (value, fired)`` over two open files. An answer that is text says what was wrong."""
    dumps, loads, write, read = json.dumps, json.loads, to.write, answers.read

    def op(name, *arguments):
        write(dumps((name,) + arguments) + "\n")
        line = read(PIECE)
        while line and line[-1] != 10:
            line += read(PIECE)
        if not line:
            raise SystemExit
        answer = loads(line)
        if isinstance(answer, str):
            raise ValueError(answer)
        return answer

    return op
