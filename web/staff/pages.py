"""Signing in, the desk's first page, accounts, the audit log."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("staff", __name__, template_folder="templates", static_folder="static", static_url_path="/static/staff")


@blueprint.get("/staff/sign-in")
def sign_in() -> str:
    return ""
