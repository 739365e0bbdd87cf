"""Our style sheet, scripts and pictures, at ``/hub/kanikko/static/``, and the shared look's tokens; with ``?v=`` a browser keeps them."""

from __future__ import annotations

from pathlib import Path

from tornado.web import StaticFileHandler

from kanikko import look

STATIC_ROUTES = [
    (r"/kanikko/static/(.*)", StaticFileHandler, {"path": str(Path(__file__).parent.parent / "static")}),
    (r"/kanikko/look/(tokens\.css)", StaticFileHandler, {"path": str(look.STATIC)}),
]
