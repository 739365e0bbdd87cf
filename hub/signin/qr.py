"""QR codes as inline SVG."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup


def qr_svg(text: str, css_class: str = "kk-qr") -> Markup:
    """A QR code that scales with its box; the page gives it its size and its words for screen readers."""
    out = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, omitsize=True, border=4, svgclass=css_class, lineclass=None, dark="#000", light="#fff")
    return Markup(out.getvalue().decode())  # noqa: S704 - made by segno: numbers only
