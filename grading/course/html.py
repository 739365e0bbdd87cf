"""The extension points through which nbconvert shows a pupil's notebook: each makes it harmless."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from grading.marks.harmless import harmless, hypertext

WORD = re.compile(r"[\w.-]{1,200}")


class Harmless(Preprocessor):
    """First before any page is made of a notebook: drops scripts, foreign pictures and odd metadata."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        clean = harmless(nb)
        for cell in clean.cells:
            _plain_metadata(cell)
            if cell.cell_type == "raw":  # templates put raw cells on the page as they are
                cell.source = hypertext(cell.source)
        return clean, resources


def _plain_metadata(cell: NotebookNode) -> None:
    """Templates put tags and grade ids into attributes as they are, so only plain words may stay."""
    cell.metadata["tags"] = [tag for tag in cell.metadata.get("tags", ()) if WORD.fullmatch(str(tag))]
    if not WORD.fullmatch(str(cell.metadata.get("nbgrader", {}).get("grade_id", "none"))):
        del cell.metadata["nbgrader"]


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Markdown as HTML of which only text, tables, links and pictures it carries itself are left."""
    attachments = (context.get("cell") or {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    return hypertext(MarkdownWithMath(renderer=renderer).render(source))


def clean_html(text: str) -> str:
    """HTML of an output, as far as it is harmless."""
    return hypertext(text)
