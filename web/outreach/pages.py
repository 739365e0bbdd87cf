"""Pages of this room."""

from __future__ import annotations

from web.outreach import desk, public
from web.outreach.blueprint import blueprint

__all__ = ["blueprint", "desk", "public"]
