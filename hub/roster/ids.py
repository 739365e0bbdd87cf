"""Opaque ids, drawn at random: nothing about a person or a class can be read off them."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Container

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Lower case (ids become host and file names), without the look-alikes i, l, o, 0 and 1."""

SIGNIN_CODE_LENGTH = 6
"""31 to the 6th: with 1,200 classes one guess in 740,000 hits."""


def draw(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_account(taken: Container[str] = ()) -> str:
    """``u`` and nine characters, none of ``taken``."""
    return _untaken("u", 9, taken)


def new_course(taken: Container[str] = ()) -> str:
    """``c`` and seven characters, none of ``taken``."""
    return _untaken("c", 7, taken)


def new_signin_code(taken: Container[str] = ()) -> str:
    """What a class types to reach its list of names."""
    return _untaken("", SIGNIN_CODE_LENGTH, taken)


def tidy_signin_code(typed: str) -> str:
    """A code as it was meant: full-width letters, capitals, spaces and hyphens do not matter."""
    plain = unicodedata.normalize("NFKC", typed).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def _untaken(prefix: str, length: int, taken: Container[str]) -> str:
    while (drawn := prefix + draw(length)) in taken:
        pass
    return drawn
