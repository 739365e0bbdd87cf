"""What proves who a member of staff is: a password (argon2), one-time codes (TOTP) and recovery codes.

Nothing here counts wrong answers: that is :mod:`web.staff.limits`, which the pages ask first.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import InvalidToken
from sqlite_utils import Database

from kanikko.settings import Settings
from web.clock import now, stamp
from web.data import Row, value, writing
from web.ids import ALPHABET
from web.language import Text
from web.seal import seal, unseal

HASHER = PasswordHasher()
"""argon2-cffi's default cost (RFC 9106, low memory)."""
SHORTEST, LONGEST = 12, 200
STEP_SECONDS = 30
ISSUER = "Kanikko"
RECOVERY_CODES = 10

_COMMON = ("password", "passw0rd", "qwerty", "asdfgh", "zxcvbn", "letmein", "welcome", "kanikko", "kanazawa", "programming", "パスワード")
_LINES = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p")


# ---------------------------------------------------------------------- passwords
def password_fault(password: str, names: Iterable[str] = ()) -> Text | None:
    """What is wrong with a password (pure), or None. ``names``: the person's login and name, which it must not be made of."""
    if len(password) < SHORTEST:
        return Text(f"{SHORTEST}文字以上にしてください。いくつかの言葉をつなげると、長くて覚えやすくなります")
    if len(password) > LONGEST:
        return Text(f"{LONGEST}文字までにしてください")
    bare = re.sub(r"[\W_]", "", password.casefold())
    rest = bare
    for word in (*_COMMON, *(part for name in names for part in re.split(r"[\W_]+", name.casefold()) if len(part) >= 3)):
        rest = rest.replace(word, "")
    if len(rest) < SHORTEST // 2:
        return Text("よくある言葉やお名前が大部分です。ほかの言葉をつなげてください")
    if len(set(rest)) < 5 or any(rest in line * 3 or rest in line[::-1] * 3 for line in _LINES):
        return Text("同じ文字やキーの並びは、すぐに見破られます。いくつかの言葉をつなげてください")
    return None


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def right_password(stored: str | None, password: str) -> bool:
    """Is this the password? Takes the same time where there is none (an unknown login)."""
    try:
        return HASHER.verify(stored or _nobody(), password[: LONGEST + 1]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return HASHER.hash(secrets.token_hex(16))


# ---------------------------------------------------------------------- one-time codes
def new_totp() -> str:
    return str(pyotp.random_base32())


def totp_address(secret: str, login: str) -> str:
    """What an authenticator app reads from the QR code."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER))


def matching_step(secret: str, code: str, at: float) -> int | None:
    """The 30 s step, of the one before, this one and the next, whose code this is; None for none of them. Pure."""
    totp, current, found = pyotp.TOTP(secret, interval=STEP_SECONDS), int(at // STEP_SECONDS), None
    for step in (current - 1, current, current + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode(errors="replace")):
            found = step
    return found


def seal_totp(settings: Settings, staff: str, secret: str) -> str:
    """Sealed for this account: moved to another row it is worth nothing."""
    return seal(settings, f"{staff}:{secret}")


def open_totp(settings: Settings, staff: str, sealed: str | None) -> str | None:
    """The secret that :func:`seal_totp` sealed; None where there is none or it is not this account's."""
    try:
        owner, _, secret = unseal(settings, sealed or "").partition(":")
    except InvalidToken:
        return None
    return secret if owner == staff else None


def use_totp(db: Database, settings: Settings, staff: Row, code: str) -> bool:
    """Is this a code of now (or one step away), not used before? A right code is used up by asking. ``staff``: the table's row."""
    secret = open_totp(settings, staff["id"], staff["totp_sealed"])
    step = matching_step(secret, code, now().timestamp()) if secret else None
    if step is None:
        return False
    with writing(db):
        used = db.execute("update staff set totp_step = ? where id = ? and totp_step < ?", (step, staff["id"], step))
        return int(used.rowcount) == 1


# ---------------------------------------------------------------------- recovery codes
def new_recovery_codes(db: Database, settings: Settings, staff: str) -> list[str]:
    """Fresh codes, to be shown once; those before are worth nothing."""
    codes = ["-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)]
    with writing(db):
        db.execute("delete from staff_recovery where staff = ?", (staff,))
        db.table("staff_recovery").insert_all({"staff": staff, "code_hash": _recovery_hash(settings, staff, code)} for code in codes)
    return codes


def use_recovery_code(db: Database, settings: Settings, staff: str, code: str) -> bool:
    """Is this an unused recovery code? A right one is used up by asking."""
    with writing(db):
        used = db.execute(
            "update staff_recovery set used_at = ? where staff = ? and code_hash = ? and used_at is null",
            (stamp(), staff, _recovery_hash(settings, staff, code)),
        )
        return int(used.rowcount) == 1


def recovery_codes_left(db: Database, staff: str) -> int:
    return int(value(db, "select count(*) from staff_recovery where staff = ? and used_at is null", (staff,)))


def _recovery_hash(settings: Settings, staff: str, code: str) -> str:
    """With the site's secret: 50 bits alone could be tried out by who holds the database."""
    letters = re.sub(r"[\s-]", "", code.lower()).encode(errors="replace")
    return hmac.new(settings.secret("site").encode(), staff.encode() + b":" + letters, hashlib.sha256).hexdigest()
