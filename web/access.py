"""Who may do what: one table from every endpoint to those whom it serves. An endpoint that is missing here stops the start.

``ANYONE``: the public. ``LINK``: whoever holds a signed link; the page itself asks :mod:`web.links` whose it is. A set of roles:
staff who signed in with password and TOTP. Each room keeps its own section; tests read this table and try every role on every route.
"""

from __future__ import annotations

from typing import Literal

Role = Literal["director", "clerk", "reviewer", "duty", "mentor", "reader"]
ROLES: tuple[Role, ...] = ("director", "clerk", "reviewer", "duty", "mentor", "reader")
ROLE_WORDS: dict[Role, str] = {
    "director": "責任者", "clerk": "事務", "reviewer": "選考委員", "duty": "当日の係", "mentor": "メンター", "reader": "閲覧のみ",
}  # fmt: skip
Access = Literal["anyone", "link"] | frozenset[Role]

ANYONE: Access = "anyone"
LINK: Access = "link"
ALL_STAFF: Access = frozenset(ROLES)
DIRECTOR: Access = frozenset({"director"})
DESK: Access = frozenset({"director", "clerk"})
FIGURES: Access = frozenset({"director", "clerk", "reader"})
SELECTION: Access = frozenset({"director", "reviewer"})
DOOR: Access = frozenset({"director", "clerk", "duty"})

ACCESS: dict[str, Access] = {
    "look.static": ANYONE,
    # front
    "front.static": ANYONE,
    "front.home": ANYONE,
    "front.health": ANYONE,
    # staff
    "staff.static": ANYONE,
    "staff.sign_in": ANYONE,
    # programmes
    "programmes.static": ANYONE,
    # classes
    "classes.static": ANYONE,
    # outreach
    "outreach.static": ANYONE,
    # apply
    "apply.static": ANYONE,
    # selection
    "selection.static": ANYONE,
    # lottery
    "lottery.static": ANYONE,
    # mentors
    "mentors.static": ANYONE,
    # dispatch
    "dispatch.static": ANYONE,
    # kits
    "kits.static": ANYONE,
    # door
    "door.static": ANYONE,
    # figures
    "figures.static": ANYONE,
    # opendata
    "opendata.static": ANYONE,
    # mail
    "mail.static": ANYONE,
}


def may(role: str | None, endpoint: str) -> bool:
    """May somebody of this staff role (None: not signed in) open this endpoint? For showing or hiding links; the gate asks it too."""
    access = ACCESS[endpoint]
    return isinstance(access, str) or role in access
