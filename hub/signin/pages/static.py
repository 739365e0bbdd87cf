"""Our style sheet, scripts and pictures, at ``/hub/kanikko/static/``; with ``?v=`` a browser keeps them."""

from __future__ import annotations

from pathlib import Path

from tornado.web import StaticFileHandler

STATIC_ROUTE = (r"/kanikko/static/(.*)", StaticFileHandler, {"path": str(Path(__file__).parent.parent / "static")})
