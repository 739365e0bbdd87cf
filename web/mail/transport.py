"""A connection to the mail server, and what its answers mean for one mail."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from kanikko.errors import KanikkoError
from kanikko.settings import Settings

SECONDS = 30.0
"""Longest wait for one answer of the server."""
LONGEST_REASON = 300
_ABOUT_ADDRESS = re.compile(r"\b5\.[12]\.\d")
"""Enhanced status codes (RFC 3463) that speak of the address or its mailbox."""


class NoServer(KanikkoError):
    """The mail server cannot be used now: not reached, no TLS, login refused."""


@dataclass(frozen=True)
class Verdict:
    """What became of one try. ``refused``: never by this server; ``bounced``: no such recipient; ``lost``: the connection is gone."""

    result: Literal["sent", "later", "refused", "bounced"]
    reason: str = ""
    lost: bool = False


@contextmanager
def connection(settings: Settings) -> Iterator[smtplib.SMTP]:
    """One connection, protected and logged in as the settings say. Raises NoServer, whose message holds no password."""
    context = ssl.create_default_context()
    try:
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SECONDS)
    except (OSError, smtplib.SMTPException) as error:
        raise _no_server(settings, "cannot be reached", error) from None
    try:
        try:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        except (OSError, smtplib.SMTPException) as error:
            raise _no_server(settings, "does not let us in", error) from None
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


def send(server: smtplib.SMTP, message: EmailMessage, sender: str, recipient: str) -> Verdict:
    """Try to hand over one message to one recipient."""
    try:
        server.send_message(message, sender, [recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        return _of_code(code, answer, "bounced")
    except smtplib.SMTPSenderRefused as error:  # our settings are wrong, not the family's address: staff has days to put it right
        return Verdict("later", _words(error.smtp_code, error.smtp_error), lost=error.smtp_code == 421)
    except smtplib.SMTPNotSupportedError as error:
        return Verdict("refused", str(error))
    except smtplib.SMTPResponseException as error:
        words = _words(error.smtp_code, error.smtp_error)
        return _of_code(error.smtp_code, error.smtp_error, "bounced" if _ABOUT_ADDRESS.search(words) else "refused")
    except (OSError, smtplib.SMTPException) as error:
        return Verdict("later", f"connection lost: {_kind(error)}", lost=True)
    return Verdict("sent")


def _of_code(code: int, answer: bytes | str, permanent: Literal["refused", "bounced"]) -> Verdict:
    return Verdict(permanent if 500 <= code < 600 else "later", _words(code, answer), lost=code == 421)


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(f"{code} {text}".split())[:LONGEST_REASON]


def _no_server(settings: Settings, what: str, error: Exception) -> NoServer:
    return NoServer(
        f"connection: {settings.smtp_host}:{settings.smtp_port} {what}: {_kind(error)}"[:LONGEST_REASON], remedy="See KANIKKO_SMTP_…"
    )


def _kind(error: Exception) -> str:
    """A server's answer, or the system's words; never what we sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"
