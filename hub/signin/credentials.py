"""What proves who somebody is: picture PINs and badges for pupils, passwords and one-time codes for staff.

Nothing here counts wrong answers: that is ``hub.signin.gate``, which every page goes through.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken

from hub.signin.errors import SigninError
from hub.signin.limits import Limits
from hub.signin.pictures import check_shape, draw
from hub.signin.store import Store
from kanikko.settings import Settings

PIN_HASHER = PasswordHasher(time_cost=2, memory_cost=8 * 1024, parallelism=1)
"""About 8 ms: forty children at once are done in well under a second. So few PINs exist that no cost would stop who
holds the database; the pepper, which is not in it, does."""

PASSWORD_HASHER = PasswordHasher()
"""argon2-cffi's default cost (RFC 9106, low memory)."""

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
BADGE_BYTES = 16
TOTP_STEP_SECONDS = 30
TOTP_ISSUER = "Kanikko"


class Credentials:
    """All credentials, in ``settings.signin_db``. Safe to use from several threads and beside other processes."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        self.store = Store(settings.signin_db)
        self.limits = Limits(self.store, clock)
        self._clock = clock
        self._pepper = settings.secret("pin-pepper").encode()
        key = hashlib.sha256(settings.secret("totp-key").encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        # Checked where an account has none, so that time does not tell which accounts exist.
        self._no_pin = PIN_HASHER.hash(secrets.token_hex(16))
        self._no_password = PASSWORD_HASHER.hash(secrets.token_hex(16))

    # ------------------------------------------------------------------ picture PINs
    def set_pin(self, account: str, pictures: Sequence[str]) -> None:
        """Give an account this PIN. Raises :class:`SigninError` for anything but four different known pictures."""
        check_shape(pictures)
        digest = PIN_HASHER.hash(self._peppered(account, pictures))
        self._keep("pins", {"account": account, "hash": digest, "set_at": self._clock()})

    def new_pin(self, account: str) -> list[str]:
        """Draw a new PIN, keep its hash and return its pictures: the only time they can be read."""
        pictures = draw()
        self.set_pin(account, pictures)
        self.unlock(account)
        return pictures

    def has_pin(self, account: str) -> bool:
        return self.store.row("SELECT 1 FROM pins WHERE account = ?", account) is not None

    def check_pin(self, account: str, pictures: Sequence[str]) -> bool:
        """Is this the account's PIN?"""
        row = self.store.row("SELECT hash FROM pins WHERE account = ?", account)
        right = _verify(PIN_HASHER, row["hash"] if row else self._no_pin, self._peppered(account, pictures))
        return right and row is not None

    def _peppered(self, account: str, pictures: Sequence[str]) -> str:
        """The account goes in too: a hash moved to another row is worth nothing."""
        message = "\0".join((account, *pictures)).encode()
        return hmac.new(self._pepper, message, hashlib.sha256).hexdigest()

    # ------------------------------------------------------------------ badges
    def issue_badge(self, account: str) -> str:
        """Make a new badge and return its secret, the only time it can be read. The badge before it is worth nothing."""
        secret = secrets.token_urlsafe(BADGE_BYTES)
        self._keep("badges", {"account": account, "digest": _digest(secret), "issued_at": self._clock()})
        return secret

    def check_badge(self, secret: str) -> str | None:
        """The account whose badge holds this secret, or None."""
        digest = _digest(secret)
        row = self.store.row("SELECT account, digest FROM badges WHERE digest = ?", digest)
        if row is None or not hmac.compare_digest(str(row["digest"]), digest):
            return None
        return str(row["account"])

    def has_badge(self, account: str) -> bool:
        return self.store.row("SELECT 1 FROM badges WHERE account = ?", account) is not None

    # ------------------------------------------------------------------ passwords
    def set_password(self, account: str, password: str) -> None:
        """Raises :class:`SigninError` for a password that is too short or too long."""
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise SigninError(
                f"パスワードは {SHORTEST_PASSWORD}文字以上、{LONGEST_PASSWORD}文字以内にしてください。",
                remedy="いくつかの言葉をつなげると、長くて覚えやすくなります。",
            )
        self._keep("passwords", {"account": account, "hash": PASSWORD_HASHER.hash(password), "set_at": self._clock()})

    def has_password(self, account: str) -> bool:
        return self.store.row("SELECT 1 FROM passwords WHERE account = ?", account) is not None

    def check_password(self, account: str, password: str) -> bool:
        """Is this the account's password? Takes the same time where there is none."""
        row = self.store.row("SELECT hash FROM passwords WHERE account = ?", account)
        right = _verify(PASSWORD_HASHER, row["hash"] if row else self._no_password, password[: LONGEST_PASSWORD + 1])
        if right and row is not None and PASSWORD_HASHER.check_needs_rehash(row["hash"]):
            self.set_password(account, password)
        return right and row is not None

    # ------------------------------------------------------------------ one-time codes (TOTP)
    def totp_secret(self, account: str) -> str:
        """The account's TOTP secret (base32); made when there is none yet. Raises :class:`SigninError` if unreadable."""
        row = self.store.row("SELECT secret FROM totps WHERE account = ?", account)
        if row is not None:
            return self.opened(account, row["secret"])
        secret = pyotp.random_base32()
        self.set_totp_secret(account, secret)
        return secret

    def set_totp_secret(self, account: str, secret: str, *, last_step: int = 0) -> None:
        """Replace the account's TOTP secret. ``last_step``: the newest 30 s step whose code is already used up."""
        self._keep("totps", {"account": account, "secret": self.sealed(account, secret), "last_step": last_step})

    def has_totp(self, account: str) -> bool:
        return self.store.row("SELECT 1 FROM totps WHERE account = ?", account) is not None

    def totp_uri(self, account: str) -> str:
        """What an authenticator app reads from a QR code. It names the account, not the person."""
        return pyotp.TOTP(self.totp_secret(account)).provisioning_uri(name=account, issuer_name=TOTP_ISSUER)

    def check_totp(self, account: str, code: str) -> bool:
        """Is this a code of now (or one step away), not used before? A right code is used up by asking."""
        row = self.store.row("SELECT secret FROM totps WHERE account = ?", account)
        if row is None:
            return False
        step = matching_step(self.opened(account, row["secret"]), code, self._clock())
        if step is None:
            return False
        with self.store.write() as db:
            used = db.execute("UPDATE totps SET last_step = ? WHERE account = ? AND last_step < ?", [step, account, step])
            return used.rowcount == 1

    def sealed(self, account: str, secret: str) -> str:
        """A secret encrypted for this account, for keeping at rest."""
        return self._fernet.encrypt(f"{account}:{secret}".encode()).decode()

    def opened(self, account: str, sealed: str) -> str:
        """What :meth:`sealed` closed. Raises :class:`SigninError` if it was sealed for another account or key."""
        try:
            owner, _, secret = self._fernet.decrypt(sealed.encode()).decode().partition(":")
        except InvalidToken:
            owner, secret = "", ""
        if owner != account:
            raise SigninError(
                f"The TOTP secret of {account} cannot be read: the key in var/secrets/totp-key is not the one it was made with.",
                remedy=f"Restore that file from the backup, or run: kanikko staff invite {account}",
            )
        return secret

    # ------------------------------------------------------------------ all of them
    def unlock(self, account: str) -> None:
        """End an account's lock-out."""
        self.limits.unlock(account)

    def revoke(self, account: str) -> None:
        """Forget every credential of an account: it cannot sign in until it gets new ones."""
        with self.store.write() as db:
            for table in ("pins", "badges", "passwords", "totps", "invitations"):
                db.table(table).delete_where("account = ?", [account])

    def _keep(self, table: str, row: dict[str, object]) -> None:
        with self.store.write() as db:
            db.table(table).upsert(row, pk="account")


def matching_step(secret: str, code: str, now: float) -> int | None:
    """The 30 s step, of the one before, this one and the next, whose code this is; None for none of them."""
    totp = pyotp.TOTP(secret, interval=TOTP_STEP_SECONDS)
    current = int(now // TOTP_STEP_SECONDS)
    found = None
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def _digest(secret: str) -> str:
    """Enough for a secret of 128 random bits: nobody can try them all."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _verify(hasher: PasswordHasher, digest: str, secret: str) -> bool:
    try:
        return hasher.verify(digest, secret)
    except (VerificationError, InvalidHashError):
        return False
