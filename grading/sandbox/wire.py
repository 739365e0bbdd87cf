"""Checks what comes out of a room. A line is either one well-formed kernel message or noise; it is never trusted."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_DEPTH = 40
"""Deepest nesting of a message: an honest one needs about six; later steps recurse over what we let through."""

MAX_COUNT = 2**31
SHELL_TYPES = frozenset({"execute_reply", "kernel_info_reply"})


class Garbled(Exception):
    """A line that no honest kernel sends."""


@dataclass(frozen=True)
class Message:
    """One checked kernel message; ``parent`` is the id of the request it answers."""

    type: str
    parent: str | None
    content: dict[str, Any]
    buffers: tuple[bytes, ...] = ()

    @property
    def on_shell(self) -> bool:
        """Whether a kernel sends it on its shell channel (all others go to everyone, on iopub)."""
        return self.type in SHELL_TYPES

    def as_jupyter(self) -> dict[str, Any]:
        """The form nbclient works on."""
        return {
            "msg_type": self.type,
            "header": {"msg_type": self.type},
            "parent_header": {"msg_id": self.parent},
            "metadata": {},
            "content": self.content,
            "buffers": list(self.buffers),
        }


def parse(line: bytes) -> Message:
    """Read one line. Raises :class:`Garbled` for anything malformed, unknown, too deep or not finite."""
    try:
        raw = json.loads(line.decode("utf-8", "replace"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Garbled("not JSON") from error
    raw = _plain(raw, 0)
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise Garbled("no message")
    check = _CHECKS.get(raw["type"])
    if check is None:
        raise Garbled("unknown type")
    content = raw.get("content", {})
    parent = raw.get("parent")
    if not isinstance(content, dict) or not (parent is None or isinstance(parent, str)):
        raise Garbled("no content")
    try:
        return Message(raw["type"], parent, check(content), _buffers(raw.get("buffers", [])))
    except (KeyError, TypeError, AttributeError) as error:
        raise Garbled(f"bad {raw['type']}") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _plain(value: Any, depth: int) -> Any:
    """The same value with lone surrogates replaced; refuses what JSON or UTF-8 cannot hold, and deep nesting."""
    if depth > MAX_DEPTH:
        raise Garbled("too deep")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, float) and not math.isfinite(value):
        raise Garbled("not finite")
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_plain(key, depth + 1): _plain(item, depth + 1) for key, item in value.items()}
    return value


def _buffers(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > 1000:
        raise Garbled("bad buffers")
    try:
        return tuple(base64.b64decode(item, validate=True) for item in value)
    except (TypeError, ValueError, binascii.Error) as error:
        raise Garbled("bad buffers") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("list expected")
    return [_text(item) for item in value]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("object expected")
    return value


def _count(value: Any) -> int | None:
    if value is None or (type(value) is int and 0 <= value < MAX_COUNT):
        return value
    raise TypeError("count expected")


def _bundle(value: Any) -> dict[str, Any]:
    """A MIME bundle; what should be text is text (a notebook with a number there breaks the teacher's pages)."""
    bundle = _object(value)
    return {mime: item if _fits(mime, item) else json.dumps(item, ensure_ascii=False) for mime, item in bundle.items()}


def _fits(mime: str, item: Any) -> bool:
    if mime == "application/json" or mime.endswith("+json"):
        return True
    return isinstance(item, str) or (isinstance(item, list) and all(isinstance(part, str) for part in item))


def _stream(content: dict[str, Any]) -> dict[str, Any]:
    if content["name"] not in ("stdout", "stderr"):
        raise TypeError("unknown stream")
    return {"name": content["name"], "text": _text(content["text"])}


def _display(content: dict[str, Any]) -> dict[str, Any]:
    transient = _object(content.get("transient") or {})
    checked: dict[str, Any] = {"data": _bundle(content["data"]), "metadata": _object(content.get("metadata") or {})}
    if isinstance(transient.get("display_id"), str):
        checked["transient"] = {"display_id": transient["display_id"]}
    return checked


def _result(content: dict[str, Any]) -> dict[str, Any]:
    return {**_display(content), "execution_count": _count(content["execution_count"])}


def _error(content: dict[str, Any]) -> dict[str, Any]:
    return {"ename": _text(content["ename"]), "evalue": _text(content["evalue"]), "traceback": _texts(content["traceback"])}


def _status(content: dict[str, Any]) -> dict[str, Any]:
    return {"execution_state": _text(content["execution_state"])}


def _clear(content: dict[str, Any]) -> dict[str, Any]:
    return {"wait": bool(content.get("wait", False))}


def _input(content: dict[str, Any]) -> dict[str, Any]:
    return {"code": _text(content["code"]), "execution_count": _count(content["execution_count"])}


def _reply(content: dict[str, Any]) -> dict[str, Any]:
    if content["status"] == "error":
        return {"status": "error", **_error(content)}
    if content["status"] in ("ok", "aborted"):
        return {"status": content["status"]}
    raise TypeError("unknown status")


def _comm(content: dict[str, Any]) -> dict[str, Any]:
    checked = {"comm_id": _text(content["comm_id"]), "data": _object(content.get("data") or {})}
    if "target_name" in content:
        checked["target_name"] = _text(content["target_name"])
    return checked


def _info(content: dict[str, Any]) -> dict[str, Any]:
    return {"language_info": _object(content["language_info"])}


def _anything(content: dict[str, Any]) -> dict[str, Any]:
    return {}


_CHECKS = {
    "ready": _anything,
    "stream": _stream,
    "display_data": _display,
    "update_display_data": _display,
    "execute_result": _result,
    "error": _error,
    "status": _status,
    "clear_output": _clear,
    "execute_input": _input,
    "execute_reply": _reply,
    "kernel_info_reply": _info,
    "comm_open": _comm,
    "comm_msg": _comm,
    "comm_close": _comm,
}
