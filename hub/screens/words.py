"""Furigana in templates: the reader's grade decides, bad markup never breaks a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from hub.screens.classroom import Classroom
from kanikko.errors import KanikkoError
from lessons.furigana import FuriganaError, plain, ruby

YOUNGEST = 1
"""Grade for readers we know nothing of: every marked word gets its reading."""
GROWN_UP = 10
"""Grade for teachers and operators: no readings at all."""


def ruby_for(grade: int) -> Callable[[str], Markup]:
    """The template function ``ruby(text)``: furigana markup to HTML for one reader."""

    def rendered(text: str) -> Markup:
        try:
            return Markup(ruby(text, grade))  # noqa: S704 - lessons.furigana escapes
        except FuriganaError:
            return escape(text)

    return rendered


def unmarked(text: str) -> str:
    """``text`` without its readings, for teachers; as it is if the markup is broken."""
    try:
        return plain(text)
    except FuriganaError:
        return text


def template_words(classroom: Classroom) -> Callable[[Any], Callable[[str], Markup]]:
    """For ``JupyterHub.template_vars``: called with the user of the request (or None), on error pages too."""

    def for_user(user: Any) -> Callable[[str], Markup]:
        try:
            person = classroom.person(user.name) if user is not None else None
        except (KanikkoError, sqlite3.Error):
            person = None  # this may be the page that tells of that very error
        if person is None:
            return ruby_for(YOUNGEST)
        return ruby_for(person.grade or YOUNGEST) if person.role == "student" else ruby_for(GROWN_UP)

    return for_user
