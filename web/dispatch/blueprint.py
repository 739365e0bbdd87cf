"""The room's blueprint; its views put themselves on it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("dispatch", __name__, template_folder="templates", static_folder="static", static_url_path="/static/dispatch")
