"""What sign-in may refuse. The words a child or a teacher reads are made in ``hub.signin.words``."""

from __future__ import annotations

from kanikko.errors import KanikkoError


class SigninError(KanikkoError):
    """A credential that cannot be set (unknown picture, too short a password, no such account …)."""


class Refused(KanikkoError):
    """Nobody was signed in: the answer was wrong, or the account is not (or no longer) in the roster."""


class MustWait(Refused):
    """Too many wrong answers; ``seconds`` until the next try is looked at."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many wrong answers", remedy=f"wait {seconds:.0f} s, or ask a teacher to unlock")
        self.seconds = seconds
