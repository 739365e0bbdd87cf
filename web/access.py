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
    "front.accessibility": ANYONE,
    "front.privacy": ANYONE,
    "front.contact": ANYONE,
    "front.robots": ANYONE,
    # staff
    "staff.static": ANYONE,
    "staff.sign_in": ANYONE,
    "staff.sign_in_code": ANYONE,  # the page itself asks for a session in which the password was given
    "staff.invitation": LINK,
    "staff.sign_out": ALL_STAFF,
    "staff.desk": ALL_STAFF,
    "staff.me": ALL_STAFF,
    "staff.new_password": ALL_STAFF,
    "staff.new_codes": ALL_STAFF,
    "staff.end_own_sessions": ALL_STAFF,
    "staff.accounts": DIRECTOR,
    "staff.account_page": DIRECTOR,
    "staff.account_role": DIRECTOR,
    "staff.account_close": DIRECTOR,
    "staff.account_invite": DIRECTOR,
    "staff.log": DIRECTOR,
    "staff.log_csv": DIRECTOR,
    "staff.records": DIRECTOR,
    "staff.find_person": DIRECTOR,
    "staff.erase": DIRECTOR,
    "staff.export": DIRECTOR,
    "staff.take_in": DIRECTOR,
    # programmes
    "programmes.static": ANYONE,
    "programmes.listing": ANYONE,
    "programmes.show": ANYONE,
    "programmes.desk": FIGURES,
    "programmes.manage": FIGURES,
    "programmes.set_target": DESK,
    "programmes.add_figure": DESK,
    "programmes.withdraw_figure": DESK,
    # classes
    "classes.static": ANYONE,
    "classes.search": ANYONE,
    "classes.show": ANYONE,
    "classes.class_feed": ANYONE,
    "classes.whole_feed": ANYONE,
    "classes.this_month": ANYONE,
    "classes.month": ANYONE,
    "classes.desk": DESK,
    "classes.make": DESK,
    "classes.manage": DESK,
    "classes.edit": DESK,
    "classes.preview": DESK,
    "classes.copy": DESK,
    "classes.publish": DESK,
    "classes.cancel": DESK,
    "classes.discard": DESK,
    "classes.add_session": DESK,
    "classes.add_series": DESK,
    "classes.make_series": DESK,
    "classes.edit_session": DESK,
    "classes.cancel_session": DESK,
    "classes.remove_session": DESK,
    "classes.add_question": DESK,
    "classes.edit_question": DESK,
    "classes.remove_question": DESK,
    "classes.needs": DESK,
    "classes.places": DESK,
    "classes.add_place": DESK,
    "classes.edit_place": DESK,
    # outreach
    "outreach.static": ANYONE,
    "outreach.ask": ANYONE,
    "outreach.thanks": ANYONE,
    "outreach.desk": DESK,
    "outreach.show": DESK,
    "outreach.send_answer": DESK,
    "outreach.set_state": DESK,
    "outreach.become_class": DESK,
    # apply
    "apply.static": ANYONE,
    "apply.start": ANYONE,
    "apply.sent": ANYONE,
    "apply.form": LINK,
    "apply.my_ask": ANYONE,
    "apply.my": LINK,
    "apply.done": LINK,
    "apply.my_offer": LINK,
    "apply.my_withdraw": LINK,
    "apply.my_family": LINK,
    "apply.my_child": LINK,
    "apply.my_answers": LINK,
    "apply.my_link": LINK,
    "apply.my_erase": LINK,
    "apply.desk": DESK,
    "apply.listing": DESK,
    "apply.as_csv": DESK,
    "apply.application": DESK,
    "apply.slip": DESK,
    "apply.change": DESK,
    "apply.same_child": DESK,
    "apply.phone": DESK,
    # selection
    "selection.static": ANYONE,
    "selection.desk": frozenset({"director", "clerk", "reviewer"}),
    "selection.manage": DIRECTOR,
    "selection.reviewers": DIRECTOR,
    "selection.add_criterion": DIRECTOR,
    "selection.edit_criterion": DIRECTOR,
    "selection.remove_criterion": DIRECTOR,
    "selection.reviewing": SELECTION,  # the page itself asks whether the class is theirs to review
    "selection.review": SELECTION,
    "selection.ranking": DIRECTOR,
    "selection.entry": DIRECTOR,
    "selection.decide": DIRECTOR,
    # lottery
    "lottery.static": ANYONE,
    "lottery.show": ANYONE,
    "lottery.publication": ANYONE,
    "lottery.desk": DESK,
    "lottery.manage": DESK,
    "lottery.commit": DESK,
    "lottery.name": DESK,
    "lottery.no_name": DESK,
    "lottery.freeze": DESK,
    "lottery.number": DESK,
    "lottery.preview": DESK,
    "lottery.confirm": DIRECTOR,
    # mentors
    "mentors.static": ANYONE,
    # dispatch
    "dispatch.static": ANYONE,
    # kits
    "kits.static": ANYONE,
    "kits.listing": ANYONE,
    "kits.kind": ANYONE,
    "kits.desk": DOOR,  # whoever is on duty hands out and takes back
    "kits.desk_kind": DOOR,
    "kits.unit": DOOR,
    "kits.labels": DOOR,
    "kits.reservations": DOOR,
    "kits.reservation": DOOR,
    "kits.out": DOOR,
    "kits.back": DOOR,
    "kits.short": DOOR,
    "kits.new_kind": DESK,
    "kits.change_kind": DESK,
    "kits.new_reservation": DESK,
    "kits.change_reservation": DESK,
    "kits.answer": DESK,
    "kits.cancel": DESK,
    # door
    "door.static": ANYONE,
    "door.worker": ANYONE,  # what a tablet keeps for when there is no connection; holds nobody
    "door.shell": ANYONE,
    "door.desk": DOOR,
    "door.session": DOOR,
    "door.now_at": DOOR,
    "door.check_in": DOOR,
    "door.mark": DOOR,
    "door.walk_in": DOOR,
    "door.head_counts": DOOR,
    "door.close": DOOR,
    "door.reopen": DOOR,
    "door.emergency": frozenset({"director", "duty"}),
    # figures
    "figures.static": ANYONE,
    "figures.overview": ANYONE,
    "figures.desk": FIGURES,
    "figures.programme_year": FIGURES,
    "figures.session": FIGURES,
    "figures.as_csv": FIGURES,
    "figures.sessions_csv": FIGURES,
    "figures.as_pdf": FIGURES,
    # opendata
    "opendata.static": ANYONE,
    "opendata.listing": ANYONE,
    "opendata.as_csv": ANYONE,
    "opendata.as_json": ANYONE,
    # mail
    "mail.static": ANYONE,
    "mail.desk": DESK,
    "mail.show": DESK,
    "mail.resend": DESK,
    "mail.bounce_seen": DESK,
}


def may(role: str | None, endpoint: str) -> bool:
    """May somebody of this staff role (None: not signed in) open this endpoint? For showing or hiding links; the gate asks it too."""
    access = ACCESS[endpoint]
    return isinstance(access, str) or role in access
