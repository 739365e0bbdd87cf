"""A check that must fail, run before each graded cell: where it does not fail, no check can be believed.

The judge sits outside the room and looks for a nonce the program could not know. A verdict is shown to the teacher;
it never changes a score.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Literal

SOURCE = """\
try:
    assert "{nonce}" == "{other}", "{nonce}"
except AssertionError as error:
    error._render_traceback_ = lambda: []
    raise"""
"""IPython's own rendering of a traceback, which nobody reads here, would take longer than most of a lesson's cells."""

Verdict = Literal["failed", "passed", "silent"]
"""``failed`` is the good one; ``passed``: the check did not fail; ``silent``: no answer in time."""


def make() -> tuple[str, str]:
    """A cell that must fail, and the nonce its error must carry."""
    nonce = secrets.token_hex(8)
    return SOURCE.format(nonce=nonce, other=secrets.token_hex(8)), nonce


def judge(nonce: str, messages: Sequence[dict[str, Any]]) -> Verdict:
    """Judge the messages that answered the canary, as nbgrader would look at them."""
    shown: list[dict[str, Any]] = []
    for message in messages:
        if message["msg_type"] == "clear_output":
            shown.clear()
        elif message["msg_type"] in ("error", "execute_result", "display_data"):
            shown.append(message)
    only_error = len(shown) == 1 and shown[0]["msg_type"] == "error"
    content = shown[0]["content"] if only_error else {}
    return "failed" if content.get("ename") == "AssertionError" and content.get("evalue") == nonce else "passed"
