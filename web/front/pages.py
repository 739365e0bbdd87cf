"""The first page and the pages about the site itself."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from web.access import ACCESS
from web.classes.queries import upcoming
from web.clock import now
from web.data import request_db
from web.front.nav import MORE
from web.language import LANGUAGES
from web.staff.retention import PERIODS

SHOWN = 6
"""Classes on the first page."""

blueprint = Blueprint("front", __name__, template_folder="templates", static_folder="static", static_url_path="/static/front")


@blueprint.get("/")
def home() -> str:
    moment = now()
    more = [card for card in MORE if card[2] in ACCESS]
    return render_template("front/home.html", classes=upcoming(request_db(), moment)[:SHOWN], moment=moment, more=more, endpoints=ACCESS)


@blueprint.get("/accessibility")
def accessibility() -> str:
    return render_template("front/accessibility.html")


@blueprint.get("/privacy")
def privacy() -> str:
    return render_template("front/privacy.html", periods=PERIODS.values())


@blueprint.get("/contact")
def contact() -> str:
    return render_template("front/contact.html")


@blueprint.get("/health")
def health() -> Response:
    """For the supervisor and monitors."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Search engines find the classes, not the forms and people's own pages."""
    closed = ("/staff", "/door", "/my", "/mentor/", "/apply")
    prefixes = ["" if language == "ja" else f"/{language}" for language in LANGUAGES]
    lines = [f"Disallow: {prefix}{path}" for prefix in prefixes for path in closed]
    return Response("User-agent: *\n" + "\n".join(lines) + "\n", mimetype="text/plain")
