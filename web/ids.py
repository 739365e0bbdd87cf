"""Opaque ids: what stands in paths, logs, tokens and the audit log instead of a name."""

from __future__ import annotations

import secrets
from typing import Literal

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters that are mistaken for each other when read aloud or typed."""

Kind = Literal[
    "staff",
    "class",
    "session",
    "place",
    "question",
    "outreach",
    "family",
    "participant",
    "application",
    "entry",
    "criterion",
    "mentor",
    "qualification",
    "availability",
    "plan",
    "assignment",
    "skill",
    "kit",
    "unit",
    "reservation",
    "loan",
    "headcount",
    "mail",
    "bounce",
    "figure",
]
_PREFIX: dict[Kind, str] = {
    "staff": "st",
    "class": "c",
    "session": "s",
    "place": "p",
    "question": "q",
    "outreach": "o",
    "family": "f",
    "participant": "h",
    "application": "a",
    "entry": "e",
    "criterion": "cr",
    "mentor": "m",
    "qualification": "ql",
    "availability": "av",
    "plan": "pl",
    "assignment": "as",
    "skill": "sk",
    "kit": "k",
    "unit": "u",
    "reservation": "r",
    "loan": "l",
    "headcount": "hc",
    "mail": "ml",
    "bounce": "b",
    "figure": "fg",
}


def new_id(kind: Kind) -> str:
    """A fresh id, e.g. ``c4k9qd7wm2``: 9 letters of 31 after the kind's prefix. Not a secret: see :mod:`web.links` for those."""
    return _PREFIX[kind] + "".join(secrets.choice(ALPHABET) for _ in range(9))


def new_code() -> str:
    """A check-in code, 12 letters (59 bits): ``k7m2-9qfd-wx3a``. Whoever shows it is let in, so it is drawn like a password."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return "-".join(letters[at : at + 4] for at in (0, 4, 8))
