"""The ``/etc`` of a room: a few files written for it, and the few of the host that libraries need."""

from __future__ import annotations

import os
from pathlib import Path

UID = 1000
"""User and group inside; outside they are the service's own user."""

HOSTNAME = "room"

FILES = {
    "passwd": f"room:x:{UID}:{UID}::/home/room:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n",
    "group": f"room:x:{UID}:\nnogroup:x:65534:\n",
    "hosts": f"127.0.0.1 localhost {HOSTNAME}\n",
    "hostname": f"{HOSTNAME}\n",
    "resolv.conf": "",  # nobody to ask: names end here, at once
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}

FROM_HOST = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",  # where shared libraries are
    "/etc/alternatives",  # Debian's links in /usr lead through here
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted",  # public certificates
    "/etc/fonts", "/etc/mime.types",
)  # fmt: skip

ZONES = Path("/usr/share/zoneinfo")


def time_zone() -> Path | None:
    """The host's time zone file below ``/usr/share/zoneinfo``, if ``/etc/localtime`` leads there."""
    real = Path(os.path.realpath("/etc/localtime"))
    return real if real.is_relative_to(ZONES) and real.is_file() else None
