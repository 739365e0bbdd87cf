"""The notebook format's checkers, built before they are needed: the first use costs 40 ms and 11 MB, its imports as much again."""

from __future__ import annotations

FORMATS = ((4, 4), (4, 5))
"""That of our lessons, and that of older notebooks which people bring."""


def compile_checkers() -> None:
    """Have ready what reading, checking and writing a notebook takes. May be called again, in any thread."""
    import nbformat  # half a second that most programs do without
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
    from nbformat.validator import get_validator

    for version, minor in FORMATS:
        get_validator(version, minor)
        get_validator(version, minor, relax_add_props=True)
    # The whole way once, as a save and an opening go it.
    nbformat.reads(nbformat.writes(new_notebook(cells=[new_markdown_cell("a"), new_code_cell("1")])), as_version=4)
