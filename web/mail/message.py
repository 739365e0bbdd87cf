"""A stored mail as a message on the wire. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from kanikko.settings import Settings
from web.data import Row
from web.language import HTML_LANG
from web.mail.outbox import unpacked

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def message(mail: Row, settings: Settings, moment: datetime) -> EmailMessage:
    """The message of a row of ``mails``. Its Message-ID comes from the row, so that one delivered twice is recognised as one."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(settings.site_name, addr_spec=settings.mail_from)
    made["To"] = Address(addr_spec=on_the_wire(mail["recipient"]))
    made["Subject"] = mail["subject"]
    made["Date"] = format_datetime(moment)
    made["Message-ID"] = message_id(mail, settings)
    if found := _ADDRESS.search(settings.site_contact):
        made["Reply-To"] = Address(addr_spec=found[0])
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = HTML_LANG[mail["language"]]
    made.set_content(mail["body"])
    for attached in unpacked(mail["attachments_json"]):
        kind, _, subtype = attached.media_type.partition("/")
        if kind == "text":
            made.add_attachment(attached.content.decode(), subtype=subtype, charset="utf-8", filename=attached.name)
        else:
            made.add_attachment(attached.content, maintype=kind, subtype=subtype, filename=attached.name)
    return made


def message_id(mail: Row, settings: Settings) -> str:
    """``<ml….0@host>``: the row's id, and how often staff had it sent anew."""
    return f"<{mail['id']}.{mail['resent']}@{settings.mail_from.rpartition('@')[2]}>"


def mail_of(message_id: str) -> str | None:
    """The id of the mail whose Message-ID this is."""
    found = re.search(r"<(ml[a-z0-9]{9})\.\d+@", message_id)
    return found[1] if found else None


def on_the_wire(address: str) -> str:
    """The address with its domain as DNS knows it (日本語.jp → xn--…)."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{domain.encode('idna').decode()}"
