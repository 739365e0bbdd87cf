"""The site's application factory."""

from __future__ import annotations

import importlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Flask, current_app, g, request, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from kanikko import look
from kanikko.settings import Settings
from web import access, language
from web.access import ROLE_WORDS
from web.clock import now
from web.data import migrate, open_database
from web.data.database import close_request_db
from web.faults import show_faults
from web.front.nav import FOOTER, PUBLIC, desk_menu, menu
from web.gate import guard
from web.programmes.plan import ensure_programmes
from web.staff.sessions import current_staff

ROOMS = (
    "front",
    "programmes",
    "classes",
    "outreach",
    "apply",
    "selection",
    "lottery",
    "mentors",
    "dispatch",
    "kits",
    "door",
    "figures",
    "opendata",
    "mail",
    "staff",
)
"""Each is a package ``web.<room>`` whose module ``pages`` has a Flask ``blueprint`` of that name."""

MOST_BODY = 2 * 1024 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

csrf = CSRFProtect()
limiter = Limiter(
    get_remote_address,
    default_limits=["6000 per minute"],
    default_limits_exempt_when=lambda: (request.endpoint or "").endswith(".static"),
    storage_uri="memory://",
)
"""By address; whole schools and mobile networks share one, so limits by address are wide. Narrow ones count by e-mail or account."""


@dataclass(frozen=True)
class Site:
    """What the application knows besides Flask's own: ``app.config["SITE"]``."""

    settings: Settings


def create_app(settings: Settings, *, testing: bool = False) -> Flask:
    """The application; its database is brought to this version's shape first."""
    prepare(settings)
    app = build()
    configure(app, settings, testing=testing)
    return app


def prepare(settings: Settings) -> None:
    """Bring the database to this version's shape."""
    db = open_database(settings.site_db)
    try:
        migrate(db)
        ensure_programmes(db)
    finally:
        db.close()


def build() -> Flask:
    """The rooms with their routes and templates, of no site yet."""
    app = Flask("web", static_folder=None)
    app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    csrf.init_app(app)
    app.register_blueprint(_look())
    for room in ROOMS:
        app.register_blueprint(importlib.import_module(f"web.{room}.pages").blueprint)
    _teach_templates(app)
    guard(app)
    show_faults(app)
    app.after_request(_add_headers)
    app.teardown_appcontext(close_request_db)
    return app


def configure(app: Flask, settings: Settings, *, testing: bool = False) -> None:
    """Make it the application of this site."""
    app.config.update(
        SITE=Site(settings),
        SECRET_KEY=settings.secret("site"),
        TESTING=testing,
        MAX_CONTENT_LENGTH=MOST_BODY,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="kanikko-site",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.site_public_url.startswith("https:"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_ENABLED=True,
        WTF_CSRF_TIME_LIMIT=None,  # a form left open over lunch is not lost; the token ends with the session
        WTF_CSRF_SSL_STRICT=False,  # families' privacy tools leave the Referer out; SameSite and the token remain
        RATELIMIT_ENABLED=not testing,
    )
    limiter.init_app(app)
    app.wsgi_app = language.LanguageInPath(partial(Flask.wsgi_app, app))  # type: ignore[method-assign]
    if settings.site_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.site_proxies, x_proto=settings.site_proxies, x_host=settings.site_proxies)  # type: ignore[method-assign]


def _look() -> Blueprint:
    return Blueprint(
        "look", "kanikko.look", static_folder=str(look.STATIC), static_url_path=f"/look/{look.VERSION}", template_folder=str(look.TEMPLATES)
    )


def _teach_templates(app: Flask) -> None:
    app.jinja_env.globals.update(
        say=language.say, say_plain=language.say_plain, text_of=language.text_of, new_key=lambda: secrets.token_urlsafe(16)
    )
    app.jinja_env.filters.update(day=language.day_words, time=language.time_words, when=language.moment_words)
    app.context_processor(_every_page)


def _every_page() -> dict[str, Any]:
    chosen = language.current_language()
    staff = current_staff()
    return {
        "language": chosen,
        "html_lang": language.HTML_LANG[chosen],
        "languages": _language_links(chosen),
        "staff": staff,
        "settings": current_app.config["SITE"].settings,
        "may": lambda endpoint: access.may(staff["role"] if staff else None, endpoint),
        "now": now,
        "asset": _asset,
        "site_name": current_app.config["SITE"].settings.site_name,
        "home_url": url_for("front.home"),
        "nav": menu(PUBLIC),
        "footer_links": menu(FOOTER),
        "staff_nav": desk_menu(staff["role"]) if staff else [],
        "role_words": ROLE_WORDS,
    }


def _language_links(chosen: language.Language) -> list[dict[str, Any]]:
    """This page in each language, for the switch: ``{code, name, url, current}``."""
    root = request.root_path.removesuffix(f"/{chosen}") if chosen != "ja" else request.root_path
    rest = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return [
        {
            "code": code,
            "name": name,
            "url": root + ("" if code == "ja" else f"/{code}") + rest,
            "current": code == chosen,
            "lang": language.HTML_LANG[code],
        }
        for code, name in language.LANGUAGE_NAMES.items()
    ]


def _asset(endpoint: str, filename: str) -> str:
    """The address of a static file, the same in every language so that a browser keeps one copy."""
    address = url_for(endpoint, filename=filename)
    chosen = language.current_language()
    prefix = f"/{chosen}"
    return address.replace(prefix, "", 1) if chosen != "ja" and address.startswith(request.root_path) and prefix in address else address


def _add_headers(response: Response) -> Response:
    for name, header in HEADERS.items():
        response.headers.setdefault(name, header)
    if request.endpoint == "look.static":
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif g.get("staff") or request.path.startswith(("/staff", "/my", "/mentor", "/door", "/apply")):
        response.headers["Cache-Control"] = "no-store"
    return response
