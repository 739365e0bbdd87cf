"""Pages of this room: for the director :mod:`web.selection.desk` and :mod:`web.selection.deciding`, for reviewers
:mod:`web.selection.reviewing`."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("selection", __name__, template_folder="templates", static_folder="static", static_url_path="/static/selection")

from web.selection import deciding, desk, reviewing  # noqa: E402, F401 (they put their views on the blueprint)
