"""The gate before every request: finds out who asks and whether the table in :mod:`web.access` lets them in."""

from __future__ import annotations

from flask import Flask, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from kanikko.errors import SettingsError
from web.access import ACCESS, may
from web.staff.sessions import current_staff


def guard(app: Flask) -> None:
    """Put the gate before every request. Raises SettingsError when an endpoint has no line in the table, or a line no endpoint."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    if endpoints != set(ACCESS):
        missing, idle = sorted(endpoints - set(ACCESS)), sorted(set(ACCESS) - endpoints)
        raise SettingsError(f"web/access.py: no line for {missing}, no page for {idle}", remedy="Say there who may open each endpoint.")
    app.before_request(_gate)


def _gate() -> Response | None:
    endpoint = request.endpoint
    if endpoint is None or isinstance(ACCESS[endpoint], str):
        return None
    staff = current_staff()
    if staff is None:
        if request.method in ("GET", "HEAD"):
            return redirect(url_for("staff.sign_in", next=request.full_path.rstrip("?")))
        abort(403)
    if not may(staff["role"], endpoint):
        abort(403)
    return None
