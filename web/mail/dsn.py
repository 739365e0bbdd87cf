"""Reading delivery reports (RFC 3464). Pure; what comes in may be anybody's invention."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

MOST_BYTES = 1_000_000
MOST_RECIPIENTS = 20


@dataclass(frozen=True)
class Failure:
    """A recipient whom a mail did not reach. ``message_id``: of the mail that was returned, empty if the report does not say."""

    address: str
    permanent: bool
    reason: str
    message_id: str


def failures(raw: bytes) -> list[Failure]:
    """The recipients that a report says were not reached. Empty for delays, for successes and for all that is no report."""
    report = message_from_bytes(raw[:MOST_BYTES])
    parts = list(report.walk())
    original = next((_original_id(part) for part in parts if part.get_content_type() in ("message/rfc822", "text/rfc822-headers")), "")
    found = []
    for part in parts:
        if part.get_content_type() == "message/delivery-status" and isinstance(part.get_payload(), list):
            blocks = [block for block in part.get_payload() if isinstance(block, Message)]
            found += [failure for block in blocks if (failure := _failure(block, original))]
    return found[:MOST_RECIPIENTS]


def _failure(block: Message, original: str) -> Failure | None:
    """One group of fields about one recipient."""
    if _field(block, "Action").lower() != "failed":
        return None
    address = _after_type(_field(block, "Original-Recipient")) or _after_type(_field(block, "Final-Recipient"))
    if "@" not in address:
        return None
    status = _field(block, "Status")
    reason = f"{status} {_after_type(_field(block, 'Diagnostic-Code'))}".strip()
    return Failure(address.strip("<>"), not status.startswith("4."), reason or "failed", original)


def _original_id(part: Message) -> str:
    """The Message-ID of the returned mail, whole or headers only."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return _field(payload[0], "Message-ID") if payload and isinstance(payload[0], Message) else ""
    decoded = part.get_payload(decode=True)
    return _field(message_from_bytes(decoded), "Message-ID") if isinstance(decoded, bytes) else ""


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _after_type(field: str) -> str:
    """``rfc822; a@b.jp`` → ``a@b.jp``."""
    return field.partition(";")[2].strip()
