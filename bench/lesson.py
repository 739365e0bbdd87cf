"""The lesson that both sides open and grade."""

from __future__ import annotations

from kanikko.settings import PROJECT

NAME = "kani-wo-ugokasou"
SOURCE = PROJECT / "lessons" / NAME / f"{NAME}.ipynb"
