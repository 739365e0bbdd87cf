"""A kernel as the page uses it: over the websocket, by Jupyter's own framing."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import aiohttp
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

PROTOCOL = "v1.kernel.websocket.jupyter.org"
"""Jupyter's newer framing; without it messages are JSON."""


class KernelError(RuntimeError):
    """The kernel's connection ended, or it answered something else than asked."""


class Connection:
    """One open websocket to a kernel."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._session = uuid.uuid4().hex

    async def ready(self) -> None:
        """Ask for the kernel's facts, as the page does first, until they come: early questions may be lost."""
        await self._ask("kernel_info_request", {}, until=("kernel_info_reply",))

    async def calculates(self) -> None:
        """``1+1``, until the 2 has come."""
        content = {
            "code": "1+1",
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": True,
            "stop_on_error": True,
        }
        answer = await self._ask("execute_request", content, until=("execute_result", "error"))
        if answer.get("data", {}).get("text/plain") != "2":
            raise KernelError(f"1+1 gave {str(answer)[:200]}")

    async def _ask(self, kind: str, content: dict[str, Any], until: tuple[str, ...]) -> dict[str, Any]:
        number = uuid.uuid4().hex
        header = {
            "msg_id": number, "msg_type": kind, "username": "", "session": self._session, "version": "5.2",
            "date": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        await self._send(header, content)
        async for message in self._socket:
            said, parent, told = _parts(message)
            if parent.get("msg_id") == number and said.get("msg_type") in until:
                return told
        raise KernelError(f"the connection ended: {self._socket.close_code}")

    async def _send(self, header: dict[str, Any], content: dict[str, Any]) -> None:
        if self._socket.protocol == PROTOCOL:
            parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
            await self._socket.send_bytes(serialize_msg_to_ws_v1(parts, "shell"))  # type: ignore[no-untyped-call]
        else:
            message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
            await self._socket.send_str(json.dumps(message))


def _parts(message: aiohttp.WSMessage) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Header, parent header and content of a message, whichever framing was agreed on; empty ones for what is no message."""
    if message.type is aiohttp.WSMsgType.BINARY:
        _, (header, parent, _, content, *_) = deserialize_msg_from_ws_v1(message.data)  # type: ignore[no-untyped-call]
        return json.loads(header), json.loads(parent), json.loads(content)
    if message.type is aiohttp.WSMsgType.TEXT:
        whole = json.loads(message.data)
        return whole["header"], whole["parent_header"], whole["content"]
    return {}, {}, {}
