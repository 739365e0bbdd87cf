"""One-time invitations: how a teacher or operator sets password and one-time codes the first time."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import pyotp

from hub.signin.credentials import Credentials, matching_step
from hub.signin.errors import Refused, SigninError

VALID_SECONDS = 7 * 24 * 3600.0
"""An invitation not used within a week is worth nothing."""


@dataclass(frozen=True)
class Invitation:
    """An open invitation: for whom, and the TOTP secret that its QR code shows."""

    account: str
    totp: str


class Invitations:
    """Open invitations. Only the newest of an account is valid; used ones are gone."""

    def __init__(self, credentials: Credentials, *, clock: Callable[[], float] = time.time) -> None:
        self._credentials = credentials
        self._clock = clock

    def invite(self, account: str) -> str:
        """Make an invitation and return its code (128 random bits), the only time it can be read."""
        code = secrets.token_urlsafe(16)
        row = {
            "digest": _digest(code),
            "account": account,
            "totp": self._credentials.sealed(account, pyotp.random_base32()),
            "expires_at": self._clock() + VALID_SECONDS,
        }
        with self._credentials.store.write() as db:
            db.table("invitations").delete_where("account = ? OR expires_at < ?", [account, self._clock()])
            db.table("invitations").insert(row)
        return code

    def find(self, code: str) -> Invitation:
        """The open invitation with this code. Raises :class:`Refused` when there is none (used, too old, mistyped)."""
        row = self._credentials.store.row(
            "SELECT account, totp FROM invitations WHERE digest = ? AND expires_at > ?", _digest(code), self._clock()
        )
        if row is None:
            raise Refused("no such invitation", remedy="ask for a new one: kanikko staff invite ACCOUNT")
        return Invitation(row["account"], self._credentials.opened(row["account"], row["totp"]))

    def accept(self, code: str, password: str, totp_code: str) -> str:
        """Use the invitation up and set password and TOTP. Returns the account.

        Raises :class:`Refused` (no such invitation) or :class:`SigninError` (password too short, code wrong): then the
        invitation stays open.
        """
        invitation = self.find(code)
        step = matching_step(invitation.totp, totp_code, self._clock())
        if step is None:
            raise SigninError("アプリに出ている6けたの数字と合いません。", remedy="新しい数字が出るのを待って、もう一度入力してください。")
        with self._credentials.store.write() as db:
            self._credentials.set_password(invitation.account, password)
            self._credentials.set_totp_secret(invitation.account, invitation.totp, last_step=step)
            if db.execute("DELETE FROM invitations WHERE digest = ?", [_digest(code)]).rowcount != 1:
                raise Refused("this invitation was used a moment ago")
        self._credentials.unlock(invitation.account)
        return invitation.account


def _digest(code: str) -> str:
    return hashlib.sha256(code.strip().encode()).hexdigest()
