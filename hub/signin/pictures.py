"""The sixteen pictures of a picture PIN: each differs in shape, not only in colour, and has a Japanese name."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from hub.signin.errors import SigninError

LENGTH = 4
"""Pictures in a PIN, in order and each at most once: 16·15·14·13 = 43,680 PINs."""


@dataclass(frozen=True)
class Picture:
    """``id`` is what travels, ``name`` what a child and a screen reader say, ``shape`` the SVG inside a 64×64 box."""

    id: str
    name: str
    shape: str


_RAYS = "M32 4v9M32 51v9M4 32h9M51 32h9M12 12l7 7M45 45l7 7M52 12l-7 7M19 45l-7 7"

PICTURES: tuple[Picture, ...] = (
    Picture(
        "crab",
        "かに",
        '<g fill="#c8371f" stroke="#6b1408" stroke-width="2.5" stroke-linejoin="round">'
        '<path d="M14 30C4 28 2 14 12 8l1 8 7-5c3 8 0 15-4 17zM50 30c10-2 12-16 2-22l-1 8-7-5c-3 8 0 15 4 17z"/>'
        '<path fill="none" stroke-width="4" d="M14 44 5 48M17 50l-8 7M50 44l9 4M47 50l8 7"/>'
        '<ellipse cx="32" cy="41" rx="20" ry="14"/></g>'
        '<circle cx="25" cy="36" r="4" fill="#fff"/><circle cx="39" cy="36" r="4" fill="#fff"/>'
        '<circle cx="25" cy="36" r="2"/><circle cx="39" cy="36" r="2"/>'
        '<path d="M26 46q6 5 12 0" fill="none" stroke="#fff" stroke-width="2.5"/>',
    ),
    Picture(
        "boat",
        "ふね",
        '<path d="M6 42h52l-9 14H15z" fill="#8a4b1f"/><path d="M31 6v32H11z" fill="#1f66b0"/>'
        '<path d="M35 14v24h17z" fill="#5b9bdc"/><path d="M33 4v40" stroke="#3b2412" stroke-width="3"/>',
    ),
    Picture(
        "sun",
        "おひさま",
        f'<circle cx="32" cy="32" r="15" fill="#f2a900" stroke="#8a5a00" stroke-width="2.5"/>'
        f'<path d="{_RAYS}" stroke="#8a5a00" stroke-width="4.5" stroke-linecap="round"/>',
    ),
    Picture(
        "moon",
        "おつきさま",
        '<path d="M42 6a27 27 0 1 0 16 37A23 23 0 0 1 42 6z" fill="#e8c34a" stroke="#6e5400" stroke-width="2.5"/>',
    ),
    Picture(
        "tree",
        "き",
        '<path d="M28 40h8v20h-8z" fill="#7a4a1e"/>'
        '<path d="M32 4 12 28h9L8 46h48L43 28h9z" fill="#2c7a3a" stroke="#12401b" stroke-width="2.5"/>',
    ),
    Picture(
        "flower",
        "はな",
        '<path d="M32 34v27M32 52c-8 0-12-4-13-9M32 52c8 0 12-4 13-9" fill="none" stroke="#2c7a3a" stroke-width="4"/>'
        '<g fill="#d84d8b" stroke="#7c1d4a" stroke-width="2"><circle cx="32" cy="10" r="7.5"/><circle cx="44" cy="19" r="7.5"/>'
        '<circle cx="39" cy="32" r="7.5"/><circle cx="25" cy="32" r="7.5"/><circle cx="20" cy="19" r="7.5"/></g>'
        '<circle cx="32" cy="22" r="7" fill="#f2c200"/>',
    ),
    Picture(
        "fish",
        "さかな",
        '<path d="M44 32 60 18v28z" fill="#17808a"/>'
        '<path d="M4 32c8-15 30-20 44 0-14 20-36 15-44 0z" fill="#2fa8b5" stroke="#0c4a50" stroke-width="2.5"/>'
        '<circle cx="17" cy="29" r="3"/><path d="M27 21q7 11 0 22" fill="none" stroke="#0c4a50" stroke-width="2.5"/>',
    ),
    Picture(
        "car",
        "くるま",
        '<path d="M4 44V33l10-3 8-13h22l9 13 7 3v11z" fill="#7a3fa0" stroke="#3c1455" stroke-width="2.5"/>'
        '<path d="M25 21h8v9H20zM37 21h6l6 9H37z" fill="#e4f3fb"/><g stroke="#fff" stroke-width="3" fill="#222">'
        '<circle cx="18" cy="46" r="7.5"/><circle cx="47" cy="46" r="7.5"/></g>',
    ),
    Picture(
        "house",
        "いえ",
        '<path d="M12 30h40v29H12z" fill="#f0dcae" stroke="#5c3d12" stroke-width="2.5"/>'
        '<path d="M32 5 4 32h56z" fill="#a33b1f"/><path d="M27 41h11v18H27z" fill="#6a4420"/>',
    ),
    Picture(
        "star",
        "ほし",
        '<path d="m32 4 8.5 18.5L60 25 45.5 38.5 49.5 59 32 48.5 14.5 59l4-20.5L4 25l19.5-2.5z" fill="#f5c518" '
        'stroke="#7a5c00" stroke-width="2.5"/>',
    ),
    Picture(
        "umbrella",
        "かさ",
        '<path d="M4 33a28 27 0 0 1 56 0q-7-6-14 0-7-6-14 0-7-6-14 0-7-6-14 0z" fill="#1d74c4" stroke="#0b355e" stroke-width="2.5"/>'
        '<path d="M32 30v22q0 7 7 7 6 0 6-6" fill="none" stroke="#333" stroke-width="4" stroke-linecap="round"/>',
    ),
    Picture(
        "apple",
        "りんご",
        '<path d="M32 20c-7-6-24-3-24 15 0 14 10 25 17 25 4 0 4-2 7-2s3 2 7 2c7 0 17-11 17-25 0-18-17-21-24-15z" '
        'fill="#cf2435" stroke="#6b0c17" stroke-width="2.5"/>'
        '<path d="M32 20c0-7 1-11 4-15" fill="none" stroke="#4b2e12" stroke-width="4"/><path d="M35 14c4-8 12-9 17-8-2 7-9 11-17 8z" '
        'fill="#2c7a3a"/>',
    ),
    Picture(
        "cat",
        "ねこ",
        '<path d="M10 6l15 11h14L54 6v30c0 13-10 22-22 22S10 49 10 36z" fill="#777" stroke="#2a2a2a" stroke-width="2.5"/>'
        '<ellipse cx="23" cy="34" rx="3.5" ry="5" fill="#d9f28a"/><ellipse cx="41" cy="34" rx="3.5" ry="5" fill="#d9f28a"/>'
        '<path d="M29 43h6l-3 4z" fill="#f5a3b5"/><path d="M16 44 2 41M16 48 3 51M48 44l14-3M48 48l13 3" stroke="#2a2a2a" '
        'stroke-width="2"/>',
    ),
    Picture(
        "key",
        "かぎ",
        '<g fill="none" stroke="#9a6b00" stroke-width="7"><circle cx="18" cy="32" r="12"/><path d="M30 32h29M46 32v13M56 32v10"/></g>',
    ),
    Picture(
        "cup",
        "コップ",
        '<path d="M44 24h7a8 8 0 0 1 0 20h-8" fill="none" stroke="#0d5c4c" stroke-width="5"/>'
        '<path d="M8 18h37v27q0 13-13 13H21Q8 58 8 45z" fill="#2aa58a" stroke="#0d5c4c" stroke-width="2.5"/>'
        '<path d="M18 12q4-4 0-9M27 12q4-4 0-9M36 12q4-4 0-9" fill="none" stroke="#555" stroke-width="2.5"/>',
    ),
    Picture(
        "rocket",
        "ロケット",
        '<path d="M22 40 10 50l1 8 12-6zM42 40l12 10-1 8-12-6z" fill="#b3261e"/>'
        '<path d="M32 2c10 8 13 20 13 30l-4 20H23l-4-20C19 22 22 10 32 2z" fill="#dfe6ee" stroke="#2d3b4a" stroke-width="2.5"/>'
        '<circle cx="32" cy="25" r="6" fill="#1f66b0"/><path d="M26 53h12l-6 10z" fill="#f08a00"/>',
    ),
)

BY_ID: dict[str, Picture] = {picture.id: picture for picture in PICTURES}


def draw() -> list[str]:
    """A PIN drawn at random: :data:`LENGTH` different pictures, in order."""
    return secrets.SystemRandom().sample(list(BY_ID), LENGTH)


def check_shape(pictures: Sequence[str]) -> None:
    """Raise :class:`SigninError` unless this could be a PIN."""
    if len(pictures) != LENGTH or len(set(pictures)) != LENGTH or not set(pictures) <= BY_ID.keys():
        raise SigninError(
            f"A picture PIN is {LENGTH} different pictures of: {', '.join(BY_ID)}.",
            remedy="Let new_pin() draw one.",
        )
