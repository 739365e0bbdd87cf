"""Signed links: what a guardian or a mentor without an account gets by mail, and what a staff form hands on.

A link names an opaque id and the version of the person's link: raising the version (``link_version``) ends all links sent before.
"""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from sqlite_utils import Database

from web.data import Row, one
from web.language import Language


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SITE"].settings.secret("site"), salt=f"kanikko.site.{purpose}")


def family_token(family: Row) -> str:
    """The token in the address of a family's own pages."""
    return str(_signer("family").dumps([family["id"], family["link_version"]]))


def family_of(db: Database, token: str) -> Row | None:
    """The family whose link this is; None when it is no link of ours, was replaced, or the family was erased."""
    return _owner(db, "families", "family", token)


def mentor_token(mentor: Row) -> str:
    """The token in the address of a mentor's own pages."""
    return str(_signer("mentor").dumps([mentor["id"], mentor["link_version"]]))


def mentor_of(db: Database, token: str) -> Row | None:
    """The mentor whose link this is, or None."""
    return _owner(db, "mentors", "mentor", token)


def _owner(db: Database, table: str, purpose: str, token: str) -> Row | None:
    try:
        owner, version = _signer(purpose).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    return one(db, f"select * from {table} where id = ? and link_version = ? and erased_at is null", (owner, version))  # noqa: S608 (ours)


def sign(purpose: str, value: str) -> str:
    """A short value signed for one purpose, e.g. an answer's link in a mail."""
    return str(_signer(purpose).dumps(value))


def signed(purpose: str, token: str) -> str | None:
    """The value that :func:`sign` signed for this purpose, or None."""
    try:
        value = _signer(purpose).loads(token)
    except BadData:
        return None
    return value if isinstance(value, str) else None


def address(endpoint: str, language: Language = "ja", **values: str) -> str:
    """The full address of a page in that language, for mail and files: it needs no request."""
    path = current_app.url_map.bind("").build(endpoint, values)
    public: str = current_app.config["SITE"].settings.site_public_url
    return public + ("" if language == "ja" else f"/{language}") + path
