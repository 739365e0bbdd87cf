"""The room's blueprint; the modules of views register on it (``pages`` imports them all)."""

from __future__ import annotations

from flask import Blueprint

from web.classes import words
from web.language import span_words

blueprint = Blueprint("classes", __name__, template_folder="templates", static_folder="static", static_url_path="/static/classes")
# Also for other rooms' templates, which show classes with classes/card.html.
blueprint.record_once(lambda state: state.app.jinja_env.globals.update(class_words=words, span=span_words))
