"""Pages of this room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("lottery", __name__, template_folder="templates", static_folder="static", static_url_path="/static/lottery")
