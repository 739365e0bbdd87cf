"""A lesson's source notebook, made ready for one class. Pure."""

from __future__ import annotations

import json
from typing import Any

from lessons.furigana import ruby_markdown


def render(source: bytes, grade: int) -> bytes:
    """``source`` (nbformat 4 as JSON) with furigana for ``grade`` in its explanations, which a pupil cannot edit by accident.

    Raises FuriganaError for bad markup.
    """
    notebook: dict[str, Any] = json.loads(source)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = ruby_markdown("".join(cell["source"]), grade)
            cell["source"] = text.splitlines(keepends=True)
            # A double tap on an explanation would otherwise open its HTML in front of a child.
            cell["metadata"] |= {"editable": False, "deletable": False}
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
