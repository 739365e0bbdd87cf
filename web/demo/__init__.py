"""A demo year: an invented city's classes, families, mentors, kits and figures, to look around in. Never for a real site."""

from web.demo.year import ensure_demo

__all__ = ["ensure_demo"]
