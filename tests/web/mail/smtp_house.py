"""A real SMTP server that does what a test tells it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Handler:
    """Keeps what arrives. ``answers``: a recipient's answer to RCPT; ``after_data``: the answer to the message."""

    def __init__(self) -> None:
        self.inbox: list[EmailMessage] = []
        self.senders: list[str] = []
        self.answers: dict[str, str] = {}
        self.after_data: Callable[[Envelope], str] = lambda envelope: "250 kept"
        self.on_mail = "250 OK"
        self.drop_in_data = 0
        self.drop_after_data = 0
        self.connections = 0

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:
        session.host_name = hostname
        self.connections += not session.ssl
        return responses

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.on_mail.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options = options
        return self.on_mail

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.after_data(envelope)
        if answer.startswith("250"):
            self.inbox.append(message_from_bytes(envelope.content, policy=default))
            self.senders.append(envelope.mail_from or "")
        if self.drop_after_data:
            self.drop_after_data -= 1
            server.transport.abort()
        return answer


class DroppingSMTP(SMTP):
    """Hangs up in the middle of DATA as often as the handler says."""

    async def smtp_DATA(self, arg: str) -> None:
        if self.event_handler.drop_in_data:
            self.event_handler.drop_in_data -= 1
            await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class House(Controller):
    """The server in a thread of its own, on a port that the system chooses."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, user: str = "", password: str = "") -> None:
        self.kept = Handler()

        def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
            good = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
            return AuthResult(success=good, handled=False)

        more: dict[str, Any] = {"tls_context": tls, "require_starttls": True} if tls else {}
        if user:
            more |= {"authenticator": check, "auth_required": True, "auth_require_tls": bool(tls)}
        super().__init__(self.kept, hostname="127.0.0.1", port=0, **more)
        self.port_open = threading.Event()

    def factory(self) -> SMTP:
        return DroppingSMTP(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        """aiosmtpd would connect to port 0."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
