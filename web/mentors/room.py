"""The room's blueprint, who acts, and whose link it is."""

from __future__ import annotations

from flask import Blueprint, abort

from web.data import Row, request_db
from web.links import mentor_of
from web.staff.sessions import current_staff

blueprint = Blueprint("mentors", __name__, template_folder="templates", static_folder="static", static_url_path="/static/mentors")


def actor() -> str:
    """The id of the member of staff who asks."""
    staff = current_staff()
    if staff is None:
        abort(403)
    return str(staff["id"])


def own_mentor(token: str) -> Row:
    """Whose link this is; else 404."""
    return mentor_of(request_db(), token) or abort(404)


def actor_of(mentor: Row) -> str:
    """How the audit log names a mentor who acts."""
    return f"mentor:{mentor['id']}"
