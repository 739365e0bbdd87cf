"""Pages of this room."""

from __future__ import annotations

from web.classes import month, public
from web.classes.blueprint import blueprint

__all__ = ["blueprint", "month", "public"]
