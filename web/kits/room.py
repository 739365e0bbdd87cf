"""The room's blueprint; its pages are in ``pages`` (public) and ``desk``, ``desk_loans`` (staff)."""

from __future__ import annotations

from flask import Blueprint, abort

from web.staff.sessions import current_staff

blueprint = Blueprint("kits", __name__, template_folder="templates", static_folder="static", static_url_path="/static/kits")


def actor() -> str:
    """The id of the member of staff who asks."""
    staff = current_staff()
    if staff is None:
        abort(403)
    return str(staff["id"])
