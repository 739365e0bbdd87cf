"""Pages of this room: for families :mod:`web.apply.public` and :mod:`web.apply.own`, for staff :mod:`web.apply.desk`."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, url_for

from web.apply.states import LOOKS, WORDS
from web.classes.words import for_whom
from web.language import moment_words, span_words

blueprint = Blueprint("apply", __name__, template_folder="templates", static_folder="static", static_url_path="/static/apply")


@blueprint.context_processor
def _for_templates() -> dict[str, Any]:
    return {
        "state_words": WORDS,
        "looks": LOOKS,
        "span_words": span_words,
        "moment_words": moment_words,
        "for_whom": for_whom,
        "qr": qr_picture,
        "class_list_url": url_for("classes.search"),
        "class_url": lambda class_id: url_for("classes.show", class_id=class_id),
        "calendar_url": lambda class_id: url_for("classes.class_feed", class_id=class_id),
    }


def qr_picture(code: str) -> str:
    """A check-in code as an address for ``<img>``."""
    return str(segno.make(code, error="m", micro=False).svg_data_uri(scale=6, border=4, dark="#000", light="#fff"))


from web.apply import desk, own, public  # noqa: E402, F401 (they put their views on the blueprint)
