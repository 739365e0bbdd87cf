"""Pages of this room."""

from __future__ import annotations

from web.classes import desk, desk_class, desk_parts, desk_places, desk_sessions, month, public
from web.classes.blueprint import blueprint

__all__ = ["blueprint", "desk", "desk_class", "desk_parts", "desk_places", "desk_sessions", "month", "public"]
