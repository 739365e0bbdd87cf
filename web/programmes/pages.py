"""Pages of this room."""

from __future__ import annotations

from web.programmes import desk, public
from web.programmes.blueprint import blueprint

__all__ = ["blueprint", "desk", "public"]
