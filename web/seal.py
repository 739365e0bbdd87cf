"""Secrets that must be read again (a lottery's seed before it is published, TOTP keys) are kept sealed, with a key outside the database."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet

from kanikko.settings import Settings


def _box(settings: Settings) -> Fernet:
    key = hashlib.sha256(b"kanikko.site.seal:" + settings.secret("site").encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(settings: Settings, secret: str) -> str:
    return _box(settings).encrypt(secret.encode()).decode()


def unseal(settings: Settings, sealed: str) -> str:
    """Raises cryptography.fernet.InvalidToken when it was changed or the site's secret was replaced."""
    return _box(settings).decrypt(sealed.encode()).decode()
