"""Pages of this room."""

from __future__ import annotations

from web.dispatch import desk  # noqa: F401 (it puts its views on the blueprint)
from web.dispatch.blueprint import blueprint

__all__ = ["blueprint"]
