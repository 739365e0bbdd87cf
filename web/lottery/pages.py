"""Pages of this room: for everybody :mod:`web.lottery.public`, for staff :mod:`web.lottery.desk`."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("lottery", __name__, template_folder="templates", static_folder="static", static_url_path="/static/lottery")

from web.lottery import desk, public  # noqa: E402, F401 (they put their views on the blueprint)
