"""The first page and the pages about the site itself."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

blueprint = Blueprint("front", __name__, template_folder="templates", static_folder="static", static_url_path="/static/front")


@blueprint.get("/")
def home() -> str:
    return render_template("front/home.html")


@blueprint.get("/health")
def health() -> Response:
    """For the supervisor and monitors."""
    return Response("ok\n", mimetype="text/plain")
