"""The room's blueprint; the modules of views register on it (``pages`` imports them all)."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("outreach", __name__, template_folder="templates", static_folder="static", static_url_path="/static/outreach")
