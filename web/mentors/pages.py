"""The room's pages: joining, a mentor's own, and the desk's."""

from __future__ import annotations

from web.mentors import desk, desk_allowance, desk_course, desk_mentor, join, own, own_details
from web.mentors.room import blueprint

__all__ = ["blueprint", "desk", "desk_allowance", "desk_course", "desk_mentor", "join", "own", "own_details"]
